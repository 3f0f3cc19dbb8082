// SPDX-License-Identifier: MIT

#include "widget.hpp"
#include <gridone/storage/postgres/schema/schema_part.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/on_delete.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

TEST_CASE("a table name with a dot is refused, with the way to name the schema") {
    try {
        (void)gs::document_table<Widget>("plant.widgets");
        FAIL("the name was accepted");
    } catch (const gs::InvalidInputError& error) {
        CHECK(std::string_view{error.what()}.find(".schema_name = ") != std::string_view::npos);
        CHECK(std::string_view{error.what()}.find("plant.widgets") == std::string_view::npos);
    }
    CHECK_THROWS_AS(gs::document_table<Widget>("widgets").references(gs::path<std::string>("owner"), "plant.users",
                                                                     gs::OnDelete::refuse),
                    gs::InvalidInputError);
}

TEST_CASE("document_table names schema and columns as the Python package does") {
    const auto table = gs::document_table<Widget>("widgets");
    CHECK(table.names() == gs::TableNames{"widgets", "public", "id", "data"});
    CHECK(table.limits().max_depth == 512);
}

TEST_CASE("document_table gives the DDL of the two-column form") {
    const auto statements = gs::schema_statements(gs::document_table<Widget>("w"));
    REQUIRE(statements.size() == 1);
    CHECK(statements.front().find("CREATE TABLE IF NOT EXISTS \"public\".\"w\" (\"id\" text COLLATE \"C\" PRIMARY KEY, "
                                  "\"data\" jsonb NOT NULL);") != std::string::npos);
}

TEST_CASE("a table description with a name that cannot be kept is refused when it is made") {
    CHECK_THROWS_AS(gs::document_table<Widget>(std::string(64, 'w')), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::document_table<Widget>({.table_name = "w", .schema_name = ""}), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::document_table<Widget>({.table_name = "w", .id_column = ""}), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::document_table<Widget>({.table_name = "w", .data_column = "id"}), gs::InvalidInputError);
}
