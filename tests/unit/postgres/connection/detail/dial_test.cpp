// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/dial.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace gs = gridone::storage;

TEST_CASE("a malformed connection string is refused at once, and nothing of it is quoted") {
    for (const std::string dsn : {"canary", "host=h password='canary", "mysql://u:canary@h/d",
                                  "postgresql://u:p%zzcanary@h/d", "host=h canary=1", "postgresql://h/d?canary=1"}) {
        try {
            const gs::PostgresConnectionManager manager{dsn};
            FAIL("accepted: " << dsn);
        } catch (const gs::InvalidInputError& error) {
            CHECK(std::string_view{error.what()}.find("canary") == std::string_view::npos);
            CHECK(error.details().find("canary") == std::string::npos);
        }
    }
    CHECK_THROWS_AS(gs::PostgresConnectionManager(std::string{"host=h\0password=x", 17}), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::PostgresConnectionManager("host=h", gs::PoolOptions{.max_size = 0}), gs::InvalidInputError);
}

TEST_CASE("the SQLSTATE of a refused connection is read from the end of the server's line") {
    using gs::detail::sqlstate_of_attempt;
    CHECK(sqlstate_of_attempt("connection to server on socket \"/x/.s.PGSQL.5432\" failed: FATAL:  3D000\n") ==
          "3D000");
    CHECK(sqlstate_of_attempt("a failed: FATAL:  57P03\nb failed: FATAL:  28P01\npassword retrieved from file\n") ==
          "28P01");
    CHECK(sqlstate_of_attempt("could not translate host name \"FATAL:  XYZ12\" to address\n").empty());
    CHECK(sqlstate_of_attempt("connection refused\n").empty());
    CHECK(sqlstate_of_attempt("").empty());
}

TEST_CASE("no error of an attempt to connect holds a piece of the password, however the string is garbled") {
    // Six characters of the canary in a row would be a leak.
    ::setenv("PGPORT", "1", 1);  // for strings whose port got lost: no server of this machine is asked
    const std::string canary = "k9Qz7vX2mW4tB8";
    std::mt19937 random{20240501};
    std::size_t attempts = 0;
    for (int round = 0; round < 500; ++round) {
        std::string dsn = round % 2 == 0
                              ? "postgresql://user:" + canary + "@127.0.0.1:1/db?connect_timeout=1&hostaddr=127.0.0.1"
                              : "host=127.0.0.1 hostaddr=127.0.0.1 port=1 user=u password=" + canary + " dbname=d";
        for (int change = std::uniform_int_distribution{0, 3}(random); change > 0; --change) {
            const auto at = std::uniform_int_distribution<std::size_t>{0, dsn.size() - 1}(random);
            const char put = "@:/?=&% '\\"[std::uniform_int_distribution{0, 9}(random)];
            if (change % 2 == 0) {
                dsn.insert(at, 1, put);
            } else {
                dsn[at] = put;
            }
        }
        // A host name would be looked up; the string is only tried where it names none but the loopback address.
        std::string text;
        try {
            const gs::PoolOptions quick{.acquire_timeout = std::chrono::milliseconds{200}};
            gs::PostgresConnectionManager manager{dsn, quick};
            if (dsn.find("hostaddr=127.0.0.1") == std::string::npos) continue;
            manager.check();
        } catch (const gs::StorageError& error) {
            text = std::string{error.what()} + error.details() + error.id() + error.table();
        }
        ++attempts;
        for (std::size_t at = 0; at + 6 <= canary.size(); ++at) {
            CAPTURE(dsn, text);
            REQUIRE(text.find(canary.substr(at, 6)) == std::string::npos);
        }
    }
    ::unsetenv("PGPORT");
    CHECK(attempts > 300);
}
