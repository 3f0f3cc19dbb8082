// SPDX-License-Identifier: MIT

#include <gridone/storage/core/identifier.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;
using namespace std::string_view_literals;

TEST_CASE("names that PostgreSQL keeps as they are when quoted are accepted") {
    for (const auto name : {"a"sv, "select"sv, "Mixed Case"sv, "semi;colon"sv, "quo\"te"sv, "--"sv, "größe"sv}) {
        CHECK_NOTHROW(gs::check_identifier(name, "table name"));
    }
    CHECK_NOTHROW(gs::check_identifier(std::string(63, 'x'), "table name"));
}

TEST_CASE("names that PostgreSQL would refuse or cut are refused by role, without being quoted") {
    using Catch::Matchers::ContainsSubstring;
    const auto message = [](std::string_view name) {
        try {
            gs::check_identifier(name, "schema name");
        } catch (const gs::InvalidInputError& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    CHECK_THAT(message(""), ContainsSubstring("schema name is empty"));
    CHECK_THAT(message(std::string(64, 'x')), ContainsSubstring("63 bytes"));
    CHECK_THAT(message("a\0b"sv), ContainsSubstring("NUL"));
    CHECK_THAT(message("caf\xe9"), ContainsSubstring("UTF-8"));
    CHECK_THAT(message("caf\xe9"), !ContainsSubstring("caf"));
}

TEST_CASE("quoting doubles the quotes within a name and changes nothing else") {
    CHECK(gs::detail::quote_identifier("plain") == "\"plain\"");
    CHECK(gs::detail::quote_identifier("a\"; DROP TABLE x; --") == "\"a\"\"; DROP TABLE x; --\"");
    CHECK(gs::detail::qualified_name({.table_name = "t", .schema_name = "S"}) == "\"S\".\"t\"");
}
