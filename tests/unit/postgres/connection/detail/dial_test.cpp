// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/dial.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>

#include <catch2/catch_test_macros.hpp>

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
    CHECK_THROWS_AS(gs::PostgresConnectionManager("host=h", gs::PoolOptions{.max_reply_bytes = 65'535}),
                    gs::InvalidInputError);
}

TEST_CASE("a parameter of another library in a connection string is refused by its name, without its value") {
    const auto refusal = [](const std::string& dsn) {
        try {
            const gs::PostgresConnectionManager manager{dsn};
        } catch (const gs::InvalidInputError& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    for (const std::string dsn :
         {"postgresql://u:p@h/d?schema=canary", "postgresql://u:p@h/d?sslmode=require&schema=canary",
          "host=h schema=canary", "schema=canary host=h"}) {
        CAPTURE(dsn);
        CHECK(refusal(dsn).find("\"schema\"") != std::string::npos);
        CHECK(refusal(dsn).find("canary") == std::string::npos);
    }
    CHECK(refusal("postgresql://u:p@h/d?pgbouncer=true").find("\"pgbouncer\"") != std::string::npos);
    CHECK(refusal("postgresql://u:p@h/d?options=-c%20search_path%3Dx&canary=1").find("search_path") ==
          std::string::npos);
    CHECK(refusal("host=h options='-c search_path=x' canary=1").find("search_path") == std::string::npos);
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
