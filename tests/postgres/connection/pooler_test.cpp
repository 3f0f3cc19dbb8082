// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/hostile_settings.hpp"
#include "postgres/pgbouncer.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// A server that logs every statement, and a PgBouncer in front of it.
struct PooledServer {
    gs::testing::PostgresServer server{{.settings = {{"log_statement", "all"}}}};
    PgBouncer pgbouncer;

    explicit PooledServer(const std::map<std::string, std::string>& settings = {}) : pgbouncer{server, settings} {}
};

PooledServer& shared_pooled_server() {
    static PooledServer server;
    return server;
}

/// A database of such a server.
struct Pooled {
    std::string url;
    std::string pooled;
    gs::PostgresConnectionManager manager{pooled, {.pooler = gs::Pooler::transaction}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};

    explicit Pooled(PooledServer& place = shared_pooled_server())
        : url{place.server.create_database()}, pooled{place.pgbouncer.in_front_of(url)} {
        by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    }

    /// What the library runs on the server and waits for a lock.
    [[nodiscard]] int waiting_backend() const {
        const auto found = by_hand(url,
                                   "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                   "application_name = 'gridone_storage' AND wait_event_type = 'Lock'");
        return found.empty() ? 0 : found[0][0].as<int>();
    }
};

bool no_pgbouncer() {
    return PgBouncer::program().empty();
}

constexpr const char* not_installed = "the program pgbouncer is not installed";

}  // namespace

TEST_CASE("the PostgreSQL backend conforms behind PgBouncer in transaction mode") {
    if (no_pgbouncer()) SKIP(not_installed);
    using Document = gs::testing::ConformanceDocument;
    static Pooled here;
    static int tables = 0;
    gs::testing::conformance([&] {
        const auto table = gs::document_table<Document>("documents_" + std::to_string(++tables));
        gs::BaseSchemaManager{here.manager, {table}}.ensure_schema();
        return gs::PostgresStorageBackend<Document>{here.manager, table};
    });
}

TEST_CASE("the PostgreSQL backend conforms behind PgBouncer whatever role and database set for their sessions") {
    if (no_pgbouncer()) SKIP(not_installed);
    using Document = gs::testing::ConformanceDocument;
    static PooledServer place;
    static const std::string url = place.server.create_database();
    set_hostile_settings(url);
    gs::PostgresConnectionManager manager{place.pgbouncer.in_front_of(url), {.pooler = gs::Pooler::transaction}};
    static int tables = 0;
    gs::testing::conformance([&] {
        const auto table = gs::document_table<Document>("documents_" + std::to_string(++tables));
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        return gs::PostgresStorageBackend<Document>{manager, table};
    });
}

TEST_CASE("threads on eight connections to a pooler share its two to the server, and every write is there") {
    if (no_pgbouncer()) SKIP(not_installed);
    Pooled here;
    constexpr int writes = 100;
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < writes; ++i) {
                const std::string id = std::to_string(thread) + "-" + std::to_string(i);
                here.widgets.write(id, {id, i});
                if (here.widgets.read(id) != Widget{id, i}) ++wrong;
            }
        });
    }
    threads.clear();
    CHECK(wrong == 0);
    CHECK(here.widgets.count() == 8 * writes);
    CHECK(
        by_hand(here.url,
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            [0][0]
                .as<int>() <= 2);
}

TEST_CASE("behind a pooler nothing is set in a session, prepared in it or cleared away from it") {
    if (no_pgbouncer()) SKIP(not_installed);
    PooledServer place;
    Pooled here{place};
    gs::BaseSchemaManager{here.manager, {gs::document_table<Widget>("widgets")}}.ensure_schema();
    here.widgets.write("a", {"bolt", 1});
    CHECK(here.widgets.read("a") == Widget{"bolt", 1});
    here.manager.with_connection([](pqxx::connection& connection) {
        pqxx::work work{connection};
        CHECK(work.exec("SELECT count(*) FROM pg_prepared_statements")[0][0].as<int>() == 0);
        CHECK(work.exec("SHOW statement_timeout")[0][0].as<std::string>() == "0");
        CHECK(work.exec("SHOW client_encoding")[0][0].as<std::string>() == "UTF8");
    });
    CHECK(here.widgets.remove("a"));
    const std::string log = place.server.log();
    CHECK(log.find("execute <unnamed>: INSERT INTO") != std::string::npos);
    for (const std::string trace : {"execute gs", "SET statement_timeout",
                                    "client_connection_check_interval = ", "DISCARD", "pg_control_system"}) {
        CAPTURE(trace);
        CHECK(log.find(trace) == std::string::npos);
    }
}

TEST_CASE("behind a pooler a connection left in a transaction is closed, which rolls it back") {
    if (no_pgbouncer()) SKIP(not_installed);
    Pooled here;
    here.manager.with_connection([](pqxx::connection& connection) {
        pqxx::nontransaction work{connection};
        work.exec("BEGIN; INSERT INTO widgets VALUES ('a', '{}')");
    });
    CHECK(here.manager.pool()->counters().size == 0);
    CHECK_FALSE(here.widgets.contains("a"));
}

TEST_CASE("behind a pooler a write whose backend is ended is not guessed at, and a read is run again") {
    if (no_pgbouncer()) SKIP(not_installed);
    Pooled here;
    here.widgets.write("a", {"bolt", 0});
    pqxx::connection other{here.url};
    pqxx::work work{other};
    work.exec("LOCK TABLE widgets");
    const auto end_backend = [&] {
        await([&] { return here.waiting_backend() != 0; });
        const int pid = here.waiting_backend();
        by_hand(here.url, "SELECT pg_terminate_backend(" + std::to_string(pid) + ", 10000)");
        return pid;
    };
    auto writing = std::async(std::launch::async, [&] { here.widgets.write("a", {"bolt", 1}); });
    end_backend();
    const auto error = error_of<gs::OutcomeUnknownError>([&] { writing.get(); });
    CHECK(error.outcome() == gs::Outcome::unknown);
    auto reading = std::async(std::launch::async, [&] { return here.widgets.read("a"); });
    const int first = end_backend();
    await([&] { return here.waiting_backend() != 0 && here.waiting_backend() != first; });
    work.commit();
    CHECK(reading.get() == Widget{"bolt", 0});
}

TEST_CASE("a pooler that gives up on a statement proves nothing: it may still be applied, and is not run again") {
    if (no_pgbouncer()) SKIP(not_installed);
    PooledServer place{{{"query_timeout", "1"}}};
    Pooled here{place};
    by_hand(here.url,
            "CREATE SEQUENCE calls;"
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  PERFORM nextval('calls'); PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;"
            "CREATE TRIGGER note BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION note()");
    const auto through = [&](gs::Pooler pooler) {
        gs::PostgresConnectionManager manager{here.pooled, {.pooler = pooler}};
        gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
        const std::string id = pooler == gs::Pooler::none ? "not told of it" : "told of it";
        pqxx::connection other{here.url};
        pqxx::work work{other};
        work.exec("SELECT pg_advisory_xact_lock(1)");
        const auto error = error_of<gs::OutcomeUnknownError>([&] { widgets.insert(id, {"bolt", 1}); });
        CHECK(error.outcome() == gs::Outcome::unknown);
        work.commit();
        await([&] { return here.widgets.contains(id); });  // the server went on with it
    };
    through(gs::Pooler::transaction);
    CHECK(by_hand(here.url, "SELECT last_value FROM calls")[0][0].as<int>() == 1);
    through(gs::Pooler::none);
    CHECK(by_hand(here.url, "SELECT last_value FROM calls")[0][0].as<int>() == 2);
}

TEST_CASE("behind a pooler nobody knows which backend has the statement, whatever number it is told") {
    if (no_pgbouncer()) SKIP(not_installed);
    Pooled here;
    gs::PostgresConnectionManager direct{here.url};
    gs::PostgresConnectionManager said_to_be_pooled{here.url, {.pooler = gs::Pooler::transaction}};
    const auto is_known = [](gs::PostgresConnectionManager& manager) {
        return gs::detail::ManagerAccess::state(manager)->with_lease(
            {.operation = "test"}, gs::detail::Effect::reads,
            [](gs::detail::Lease& lease, const gs::detail::Until&) { return lease->trace().backend.is_known(); });
    };
    CHECK(is_known(direct));
    CHECK_FALSE(is_known(here.manager));
    CHECK_FALSE(is_known(said_to_be_pooled));
}

TEST_CASE(
    "a migrator takes its turn with each transaction behind a pooler, and refuses steps outside of transactions") {
    if (no_pgbouncer()) SKIP(not_installed);
    for (const gs::Pooler pooler : {gs::Pooler::transaction, gs::Pooler::none}) {  // the second was not told of it
        Pooled here;
        gs::PostgresConnectionManager manager{here.pooled, {.pooler = pooler}};
        gs::Migrator migrator{manager};
        migrator.add(1, "steps", "CREATE TABLE steps (number int); INSERT INTO steps VALUES (1)", "DROP TABLE steps");
        migrator.add(2, "two", "INSERT INTO steps VALUES (2)", "DELETE FROM steps WHERE number = 2");
        std::atomic<int> applied = 0;
        {
            std::vector<std::jthread> programs;
            for (int i = 0; i < 4; ++i) {
                programs.emplace_back([&] { applied += static_cast<int>(migrator.apply().size()); });
            }
        }
        CHECK(applied == 2);
        CHECK(by_hand(here.url, "SELECT string_agg(number::text, ' ') FROM steps")[0][0].as<std::string>() == "1 2");
        CHECK(migrator.rollback(1).size() == 1);
        migrator.add(3, "index", gs::outside_transaction("CREATE INDEX CONCURRENTLY i ON steps (number)"));
        const auto error = error_of<gs::MigrationError>([&] { migrator.apply(); });
        CHECK(error.problems() ==
              std::vector<gs::MigrationProblem>{{gs::MigrationProblem::Kind::needs_session, 3, "index"}});
        CHECK(by_hand(here.url, "SELECT count(*) FROM steps")[0][0].as<int>() == 1);
        CHECK(by_hand(here.url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0].as<int>() == 0);
        if (pooler == gs::Pooler::none) continue;  // such a pool has settings of its own in the session
        CHECK(by_hand(here.pooled, "SHOW statement_timeout")[0][0].as<std::string>() == "0");
    }
}
