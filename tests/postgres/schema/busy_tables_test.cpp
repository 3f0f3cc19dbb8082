// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <chrono>
#include <future>
#include <string>

// ensure_schema on tables that other clients use.

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// A table with a document, and an open transaction of another client.
struct BusyTable {
    BusyTable() {
        gs::BaseSchemaManager{manager, {gs::document_table<Widget>("w")}}.ensure_schema();
        gs::PostgresStorageBackend<Widget>{manager, "w"}.write("a", {"bolt", 1});
    }

    /// Whether a statement that begins so waits for a lock.
    [[nodiscard]] bool waits_for_lock(const std::string& statement) const {
        return by_hand(url,
                       "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
                       "current_database() AND query LIKE '" +
                           statement + "%'")[0][0]
                   .as<int>() == 1;
    }

    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    pqxx::connection other{url};
    pqxx::nontransaction in_other{other};
};

const auto with_column = gs::document_table<Widget>("w").with_column(gs::path<std::string>("name"));
const auto with_index = gs::document_table<Widget>("w").index(gs::path<std::string>("name"));
const auto with_unique = gs::document_table<Widget>("w").unique(gs::path<std::string>("name"));

}  // namespace

TEST_CASE_METHOD(BusyTable, "a schema change that waits for a lock lets other clients read, and succeeds later") {
    in_other.exec("BEGIN; SELECT * FROM w");
    auto changed = std::async(std::launch::async, [&] {
        gs::BaseSchemaManager{manager, {with_column}}.ensure_schema({.lock_timeout = 100ms});
    });
    await([&] { return waits_for_lock("/* gridone_storage: column name"); });
    // Behind a waiting ALTER TABLE a reader waits as well, until the ALTER TABLE gives up.
    CHECK(by_hand(url, "SET statement_timeout = '10s'; SELECT count(*) FROM w")[0][0].as<int>() == 1);
    in_other.exec("COMMIT");
    CHECK_NOTHROW(changed.get());
    CHECK(gs::BaseSchemaManager{manager, {with_column}}.verify_schema().empty());
}

TEST_CASE_METHOD(BusyTable, "a schema change that gets no lock in time says so, and changes nothing") {
    in_other.exec("BEGIN; SELECT * FROM w");
    try {
        gs::BaseSchemaManager{manager, {with_column}}.ensure_schema({.timeout = 500ms, .lock_timeout = 10ms});
        FAIL("it succeeded under the lock of another client");
    } catch (const gs::TransientError& error) {
        CHECK(error.sqlstate() == "55P03");
        CHECK(error.retry() == gs::Retry::new_transaction);
        CHECK(std::string{error.what()}.starts_with(
            "ensure_schema: statement 2 of 2 (column name of table public.w): a lock was not available"));
    } catch (const gs::DeadlineExceededError&) {
        SUCCEED("the deadline passed during a statement");
    }
    in_other.exec("COMMIT");
    CHECK(gs::BaseSchemaManager{manager, {with_column}}.verify_schema().size() == 1);
}

TEST_CASE_METHOD(BusyTable, "indexes built concurrently do not block writers") {
    in_other.exec("BEGIN; UPDATE w SET data = data");
    auto built = std::async(std::launch::async, [&] {
        gs::BaseSchemaManager{manager, {with_index}}.ensure_schema({.concurrent_indexes = true});
    });
    await([&] { return waits_for_lock("CREATE INDEX CONCURRENTLY"); });
    by_hand(url, "SET statement_timeout = '10s'; INSERT INTO w VALUES ('b', '{}')");
    in_other.exec("COMMIT");
    CHECK_NOTHROW(built.get());
    CHECK(gs::BaseSchemaManager{manager, {with_index}}.verify_schema().empty());
    CHECK_NOTHROW(gs::BaseSchemaManager{manager, {with_index}}.ensure_schema({.concurrent_indexes = true}));
}

TEST_CASE_METHOD(BusyTable, "an index that could not be built concurrently is built by the next call") {
    by_hand(url, "INSERT INTO w SELECT 'b', data FROM w");
    const gs::BaseSchemaManager schema{manager, {with_unique}};
    const auto error = error_of<gs::SchemaError>([&] { schema.ensure_schema({.concurrent_indexes = true}); });
    CHECK(std::string{error.what()} == "ensure_schema: index w_name_key of table public.w failed [SQLSTATE 23505]");
    const auto differences = schema.verify_schema();
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().kind == gs::SchemaDifference::Kind::invalid);
    by_hand(url, "DELETE FROM w WHERE id = 'b'");
    schema.ensure_schema({.concurrent_indexes = true});
    CHECK(schema.verify_schema().empty());
    CHECK_NOTHROW(manager.check());
}

TEST_CASE_METHOD(BusyTable, "the indexes of a new table are there when its transaction commits") {
    const auto table = gs::document_table<Widget>("fresh").unique(gs::path<std::string>("name"));
    const gs::BaseSchemaManager schema{
        manager, {table, "DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_class WHERE relname = 'fresh_name_key'); END $$"}};
    CHECK_NOTHROW(schema.ensure_schema({.concurrent_indexes = true}));
}
