// SPDX-License-Identifier: MIT

#include "postgres/hostile_settings.hpp"
#include "postgres/server.hpp"
#include <gridone/storage/postgres/postgres_storage_backend.hpp>
#include <gridone/storage/postgres/schema/base_schema_manager.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace gs = gridone::storage;

TEST_CASE("the PostgreSQL backend conforms") {
    using Document = gs::testing::ConformanceDocument;
    static const std::string database = shared_server().create_database();
    static int tables = 0;
    gs::PostgresConnectionManager manager{database};
    gs::testing::conformance([&] {
        const auto table = gs::document_table<Document>("documents_" + std::to_string(++tables));
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        return gs::PostgresStorageBackend<Document>{manager, table};
    });
}

TEST_CASE("the PostgreSQL backend conforms whatever role and database set for their sessions") {
    using Document = gs::testing::ConformanceDocument;
    static const std::string database = shared_server().create_database();
    set_hostile_settings(database);
    CHECK(by_hand(database, "SHOW extra_float_digits")[0][0].as<int>() == -15);
    CHECK(by_hand(database, "SHOW default_transaction_isolation")[0][0].as<std::string>() == "serializable");
    static int tables = 0;
    gs::PostgresConnectionManager manager{database};
    gs::testing::conformance([&] {
        const auto table = gs::document_table<Document>("documents_" + std::to_string(++tables));
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        return gs::PostgresStorageBackend<Document>{manager, table};
    });
}
