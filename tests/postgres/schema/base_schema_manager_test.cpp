// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/race.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

struct Database {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};

    [[nodiscard]] int tables() const {
        return by_hand(url,
                       "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', "
                       "'information_schema')")[0][0]
            .as<int>();
    }
};

class DeviceSchema final : public gs::BaseSchemaManager {
public:
    using BaseSchemaManager::BaseSchemaManager;
    [[nodiscard]] std::vector<std::string> schema_statements() const override {
        return {"CREATE SCHEMA IF NOT EXISTS plant",
                "CREATE TABLE IF NOT EXISTS plant.devices (id text PRIMARY KEY, "
                "data jsonb NOT NULL)"};
    }
};

}  // namespace

TEST_CASE_METHOD(Database, "tables and statements are applied in their order, and again without harm") {
    const gs::BaseSchemaManager schema{
        manager,
        {"CREATE SCHEMA IF NOT EXISTS plant", gs::document_table<Widget>({.table_name = "w", .schema_name = "plant"}),
         "CREATE INDEX IF NOT EXISTS by_name ON plant.w ((data->>'name'))"}};
    schema.ensure_schema();
    schema.ensure_schema();
    gs::PostgresStorageBackend<Widget> widgets{manager, {.table_name = "w", .schema_name = "plant"}};
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.list_all() == std::vector<std::string>{"a"});
}

TEST_CASE_METHOD(Database, "a derived schema manager gives its own statements") {
    DeviceSchema{manager}.ensure_schema();
    CHECK(tables() == 1);
}

TEST_CASE_METHOD(Database, "an empty schema is fine and needs no server") {
    CHECK_NOTHROW(gs::BaseSchemaManager{manager}.ensure_schema());
    gs::PostgresConnectionManager nowhere{"host=/nonexistent"};
    CHECK_NOTHROW(gs::BaseSchemaManager(nowhere).ensure_schema());
}

TEST_CASE_METHOD(Database, "a failing statement is named by its position and nothing of the list is applied") {
    const gs::BaseSchemaManager schema{
        manager, {gs::document_table<Widget>("first"), "CREATE TABEL oops ()", gs::document_table<Widget>("last")}};
    const auto error = error_of<gs::SchemaError>([&] { schema.ensure_schema(); });
    CHECK(std::string{error.what()} == "ensure_schema: statement 2 of 3 failed [SQLSTATE 42601]");
    CHECK(error.sqlstate() == "42601");
    CHECK(error.details().find("TABEL") != std::string::npos);
    CHECK(tables() == 0);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE_METHOD(Database, "a failing statement of a table description is named with the object that it makes") {
    by_hand(url, "CREATE TABLE w (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT NULL)");
    by_hand(url, "INSERT INTO w VALUES ('a', '{\"name\": \"bolt\"}'), ('b', '{\"name\": \"bolt\"}')");
    const gs::BaseSchemaManager schema{manager,
                                       {gs::document_table<Widget>("w").unique(gs::path<std::string>("name"))}};
    const auto error = error_of<gs::SchemaError>([&] { schema.ensure_schema(); });
    CHECK(std::string{error.what()} ==
          "ensure_schema: statement 2 of 2 (unique index w_name_key of table public.w) failed [SQLSTATE 23505]");
}

TEST_CASE_METHOD(Database, "a table name with the end of a comment in it is created as it is") {
    gs::BaseSchemaManager{manager, {gs::document_table<Widget>("w*/; SELECT 1/0; /*")}}.ensure_schema();
    CHECK(by_hand(url, "SELECT relname FROM pg_class WHERE relname LIKE 'w*%' AND relkind = 'r'")[0][0]
              .as<std::string>() == "w*/; SELECT 1/0; /*");
}

TEST_CASE_METHOD(Database,
                 "a resource limit or a cancelled statement is an error that may be retried, with its place") {
    const auto raising = [&](const std::string& sqlstate) {
        return gs::BaseSchemaManager{manager,
                                     {"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '" + sqlstate + "'; END $$"}};
    };
    for (const char* const sqlstate : {"53100", "53200", "53400", "58030"}) {
        CAPTURE(sqlstate);
        const auto error = error_of<gs::TransientError>([&] { raising(sqlstate).ensure_schema(); });
        CHECK(error.sqlstate() == sqlstate);
        CHECK(std::string{error.what()}.starts_with("ensure_schema: statement 1 of 1: "));
    }
    CHECK(error_of<gs::CancelledError>([&] { raising("57014").ensure_schema(); }).retry() == gs::Retry::caller_decides);
}

TEST_CASE_METHOD(Database, "schema changes run in read committed, whatever the default isolation of the role is") {
    by_hand(url, "CREATE TABLE seen (isolation text)");
    for (const std::string isolation : {"repeatable read", "serializable"}) {
        by_hand(url, "ALTER DATABASE " + by_hand(url, "SELECT current_database()")[0][0].as<std::string>() +
                         " SET default_transaction_isolation = '" + isolation + "'");
        gs::PostgresConnectionManager hostile{url};
        const std::string record = "INSERT INTO seen SELECT pg_catalog.current_setting('transaction_isolation')";
        gs::BaseSchemaManager{hostile, {record}}.ensure_schema();
        gs::MigratorOptions options;
        options.journal.table_name = "history_" + isolation.substr(0, 6);
        gs::Migrator migrator{hostile, options};
        migrator.add({.number = 1, .name = "one", .up = record});
        migrator.apply();
    }
    CHECK(by_hand(url,
                  "SELECT count(*) FILTER (WHERE isolation = 'read committed') || ' of ' || count(*) FROM seen")[0][0]
              .as<std::string>() == "4 of 4");
}

TEST_CASE_METHOD(Database, "a statement that ends the transaction itself is an error that says so") {
    const gs::BaseSchemaManager schema{manager, {"COMMIT", gs::document_table<Widget>("later")}};
    const auto error = error_of<gs::SchemaError>([&] { schema.ensure_schema(); });
    CHECK(std::string{error.what()}.find("statement 1 of 2 ended the transaction") != std::string::npos);
    CHECK(tables() == 0);
}

TEST_CASE_METHOD(Database, "a statement that cannot run in a transaction is refused by the server and named") {
    const gs::BaseSchemaManager schema{
        manager, {gs::document_table<Widget>("w"), "CREATE INDEX CONCURRENTLY by_data ON w USING gin (data)"}};
    CHECK(error_of<gs::SchemaError>([&] { schema.ensure_schema(); }).sqlstate() == "25001");
    CHECK(tables() == 0);
}

TEST_CASE_METHOD(Database, "COPY and NUL in a statement are errors, not hangs") {
    CHECK_THROWS_AS(gs::BaseSchemaManager(manager, {"CREATE TABLE t (a int)", "COPY t FROM STDIN"}).ensure_schema(),
                    gs::SchemaError);
    CHECK_THROWS_AS(gs::BaseSchemaManager(manager, {std::string{"SELECT 1\0 FROM", 14}}).ensure_schema(),
                    gs::InvalidInputError);
    CHECK(tables() == 0);
}

TEST_CASE_METHOD(Database, "a setting that a schema statement leaves behind reaches no later caller") {
    gs::BaseSchemaManager{manager, {"SET search_path = nowhere", "SET statement_timeout = 1"}}.ensure_schema();
    const auto state = gs::detail::ManagerAccess::state(manager);
    const auto result = state->run({.sql = "SHOW search_path", .parameters = {}}, {}, {.operation = "test"});
    CHECK(result.text(0, 0).find("nowhere") == std::string_view::npos);
}

TEST_CASE_METHOD(Database, "a deferred rule that fails at the commit is an error and nothing is applied") {
    const gs::BaseSchemaManager schema{
        manager,
        {"CREATE TABLE p (id int PRIMARY KEY)",
         "CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1)"}};
    CHECK_THROWS_AS(schema.ensure_schema(), gs::ConstraintError);
    CHECK(tables() == 0);
}

TEST_CASE_METHOD(Database, "a service that waits for another's schema work gives up at its deadline") {
    pqxx::connection other{url};
    pqxx::nontransaction work{other};
    work.exec("BEGIN");
    work.exec("SELECT pg_advisory_xact_lock(" + std::string{gs::detail::schema_lock_key} + ")");
    gs::PostgresConnectionManager hasty{url, {.operation_timeout = 200ms}};
    const gs::BaseSchemaManager schema{hasty, {gs::document_table<Widget>("w")}};
    CHECK_THROWS_AS(schema.ensure_schema(), gs::TimeoutError);
    CHECK(tables() == 0);
    work.exec("ROLLBACK");
    CHECK_NOTHROW(gs::BaseSchemaManager(manager, {gs::document_table<Widget>("w")}).ensure_schema());
}

TEST_CASE_METHOD(Database, "a deadlock with somebody who locks the tables in another order is run again") {
    by_hand(url, "CREATE TABLE a (id text); CREATE TABLE b (id text)");
    pqxx::connection other{url};
    pqxx::connection gate{url};
    pqxx::nontransaction by_other{other};
    pqxx::nontransaction by_gate{gate};
    const auto waiting = [this](const std::string& lock) {
        return by_hand(url, "SELECT count(*) FROM pg_locks WHERE NOT granted AND " + lock)[0][0].as<int>() == 1;
    };
    by_other.exec("SET deadlock_timeout = '10min'");  // so that it is the schema that the server rolls back
    by_other.exec("BEGIN");
    by_other.exec("LOCK TABLE b");
    by_gate.exec("SELECT pg_advisory_lock(7)");
    const gs::BaseSchemaManager schema{
        manager,
        {"SET LOCAL deadlock_timeout = '1ms'", "ALTER TABLE a ADD COLUMN IF NOT EXISTS more text",
         "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7); END $$", "ALTER TABLE b ADD COLUMN IF NOT EXISTS more text"}};
    auto ensured = std::async(std::launch::async, [&] { schema.ensure_schema(); });
    await([&] { return waiting("locktype = 'advisory' AND objid = 7"); });
    auto locked = std::async(std::launch::async, [&] { by_other.exec("LOCK TABLE a"); });
    await([&] { return waiting("relation = 'a'::regclass"); });
    by_gate.exec("SELECT pg_advisory_unlock(7)");
    locked.get();  // which the schema's rollback allows
    by_other.exec("COMMIT");
    CHECK_NOTHROW(ensured.get());
    CHECK(by_hand(url, "SELECT count(*) FROM pg_attribute WHERE attname = 'more'")[0][0].as<int>() == 2);
}

TEST_CASE_METHOD(Database, "eight processes that start the same schema at once, fifty times, do not collide") {
    int failures = 0;
    for (int round = 0; round < 50; ++round) {
        const std::string suffix = std::to_string(round);
        failures += failures_of_race(8, [&] {
            gs::PostgresConnectionManager own{url};
            gs::BaseSchemaManager{own,
                                  {"CREATE SCHEMA IF NOT EXISTS s" + suffix,
                                   gs::document_table<Widget>({.table_name = "w", .schema_name = "s" + suffix}),
                                   "CREATE INDEX IF NOT EXISTS i ON s" + suffix + ".w ((data->>'name'))"}}
                .ensure_schema();
        });
    }
    CHECK(failures == 0);
    CHECK(tables() == 50);
}

TEST_CASE_METHOD(Database, "an index whose name something else has is an error, and not taken for there") {
    const auto of_a = gs::document_table<Widget>("a").unique(gs::path<std::string>("b_c"));
    const auto of_a_b = gs::document_table<Widget>("a_b").unique(gs::path<std::string>("c"));
    gs::BaseSchemaManager{manager, {of_a}}.ensure_schema();
    gs::BaseSchemaManager{manager, {of_a}}.ensure_schema();
    CHECK(error_of<gs::SchemaError>([&] { gs::BaseSchemaManager{manager, {of_a_b}}.ensure_schema(); }).sqlstate() ==
          "42P07");
    CHECK(tables() == 1);
}

TEST_CASE_METHOD(Database, "a schema with COPY from or to the client is refused before anything runs") {
    for (const std::string copy : {"COPY t FROM stdin", "copy t (id) from STDOUT with (format csv)", "COPY t TO STDOUT",
                                   "CREATE TABLE u (); COPY t TO stdin"}) {
        CAPTURE(copy);
        const gs::BaseSchemaManager schema{manager, {"CREATE TABLE t (id text)", copy}};
        const std::string text = error_of<gs::SchemaError>([&] { schema.ensure_schema(); }).what();
        CHECK(text.find("statement 2 of 2 has COPY FROM STDIN or TO STDOUT; write INSERT") != std::string::npos);
    }
    CHECK(manager.stats().connects.succeeded == 0);
    const gs::BaseSchemaManager from_file{
        manager, {"CREATE TABLE t (id text)", "COPY t FROM '/dev/null'", "INSERT INTO t VALUES ('COPY t FROM stdin')"}};
    CHECK_NOTHROW(from_file.ensure_schema());
}
