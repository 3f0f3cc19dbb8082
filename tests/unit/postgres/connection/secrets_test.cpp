// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/connect_diagnosis.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>

#include <catch2/catch_test_macros.hpp>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace gs = gridone::storage;

namespace {

constexpr std::size_t leak = 6;  // so many bytes of a password in a row are one

constexpr std::array<std::string_view, 3> passwords{"k9Qz7vX2mW4tB8", "zP4@wN:8rK/2qV?6", "hJ5 gD'3 fS\\7%aL=1&"};

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        ((encoded += '%') += digits[byte >> 4U]) += digits[byte & 15U];
    }
    return encoded;
}

std::string quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) (c == '\'' || c == '\\' ? result += '\\' : result) += c;
    return result + "'";
}

std::string everything_in(const gs::StorageError& error) {
    std::string text = std::string{error.what()} + '\n' + error.details() + '\n' + error.id() + '\n' + error.table() +
                       '\n' + error.operation() + '\n' + error.sqlstate();
    if (const auto* input = dynamic_cast<const gs::InvalidInputError*>(&error)) text += '\n' + input->pointer();
    return text;
}

std::optional<std::string_view> leaked(std::string_view secret, std::string_view text) {
    for (std::size_t at = 0; at + leak <= secret.size(); ++at) {
        if (text.find(secret.substr(at, leak)) != std::string_view::npos) return secret.substr(at, leak);
    }
    return std::nullopt;
}

/// Connection strings with the password in them, and a few things wrong.
class Garbler {
public:
    std::string garbled(std::string_view password) {
        std::string dsn = whole(password);
        for (std::size_t change = below(5); change > 0; --change) garble(dsn);
        return dsn;
    }

private:
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(random_); }

    std::string whole(std::string_view password) {
        const std::string raw{password};
        const std::string written = below(2) == 0 ? raw : percent_encoded(password);
        switch (below(6)) {
            case 0:
                return "postgresql://user:" + written + "@127.0.0.1:1/db";
            case 1:
                return "postgres://user@127.0.0.1:1/db?password=" + written + "&connect_timeout=1";
            case 2:
                return "postgresql://user:" + written + "@127.0.0.1:1,127.0.0.1:1/db?sslmode=require";
            case 3:
                return "host=127.0.0.1 port=1 user=user password=" + quoted(password) + " dbname=db";
            case 4:
                return "password = " + raw + " host = 127.0.0.1 port = 1";
            default:
                return "hostaddr=127.0.0.1 port=1 password=" + written + " sslmode=prefer";
        }
    }

    void garble(std::string& dsn) {
        static constexpr std::array<std::string_view, 20> pieces{"@", ":", "/",          "?",   "=",     "&",   "%",
                                                                 " ", "'", "\\",         "%zz", "%00",   "\t",  "[",
                                                                 "]", ",", "?password=", "@@",  "user=", "\xff"};
        const std::size_t at = below(dsn.size());
        switch (below(5)) {
            case 0:
                dsn.erase(at, 1);
                break;
            case 1:
                if (const auto equals = dsn.find('=', at); equals != std::string::npos) dsn.erase(equals, 1);
                break;
            case 2:
                dsn.replace(at, 1, pieces[below(pieces.size())]);
                break;
            case 3:
                dsn.replace(at, 1, percent_encoded(dsn.substr(at, 1)));
                break;
            default:
                dsn.insert(at, pieces[below(pieces.size())]);
        }
        if (dsn.empty()) dsn = "=";
    }

    std::mt19937 random_{20240501};
};

/// Whether an attempt would go to 127.0.0.1:1 only, where nobody listens, and look no name up.
bool goes_nowhere(const std::string& dsn) {
    const gs::detail::ConnectionOptions options{PQconninfoParse(dsn.c_str(), nullptr)};
    std::string place;
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if (option->val == nullptr) continue;
        if (keyword == "service" || keyword == "passfile") return false;
        if (keyword == "host" || keyword == "hostaddr" || keyword == "port") place += option->val + std::string{";"};
    }
    return place == "127.0.0.1;1;" || place == "127.0.0.1,127.0.0.1;1,1;" || place == "127.0.0.1;127.0.0.1;1;";
}

}  // namespace

TEST_CASE("no error holds a piece of the password, however the connection string is garbled") {
    Garbler garbler;
    const gs::PoolOptions quick{.acquire_timeout = std::chrono::milliseconds{20}};
    std::size_t refused = 0;
    std::size_t attempts = 0;
    for (std::size_t round = 0; round < 20'000; ++round) {
        const std::string_view password = passwords[round % passwords.size()];
        const std::string dsn = garbler.garbled(password);
        std::string text;
        try {
            gs::PostgresConnectionManager manager{dsn, quick};
            if (attempts == 300 || !goes_nowhere(dsn)) continue;
            ++attempts;
            manager.check();
            FAIL("connected to nobody");
        } catch (const gs::InvalidInputError& error) {
            ++refused;
            text = everything_in(error);
        } catch (const gs::StorageError& error) {
            text = everything_in(error);
        }
        for (const std::string& secret : {std::string{password}, percent_encoded(password)}) {
            if (const auto piece = leaked(secret, text)) FAIL(*piece << " of " << dsn << " is in: " << text);
        }
    }
    CHECK(refused > 5'000);
    CHECK(attempts == 300);
}

TEST_CASE("no error holds a piece of a password that comes from the environment") {
    ::setenv("PGPASSWORD", std::string{passwords[0]}.c_str(), 1);
    gs::PostgresConnectionManager manager{"host=127.0.0.1 port=1 user=u",
                                          {.acquire_timeout = std::chrono::milliseconds{20}}};
    std::string text;
    try {
        manager.check();
    } catch (const gs::ConnectionError& error) {
        text = everything_in(error);
    }
    ::unsetenv("PGPASSWORD");
    CHECK_FALSE(text.empty());
    CHECK_FALSE(leaked(passwords[0], text).has_value());
}
