// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <thread>

namespace gs = gridone::storage;
using gs::detail::Effect;
using namespace std::chrono_literals;

namespace {

/// Borrows a connection as an operation does, and runs SQL while it is held.
void run(gs::PostgresConnectionManager& manager, const std::string& sql) {
    gs::detail::ManagerAccess::state(manager)->with_lease(
        {.operation = "test"}, Effect::reads,
        [&](gs::detail::Lease& lease, const auto& until) { lease->run_text(sql, until); });
}

/// Runs `f` while every connection of a pool of one is in use.
void while_in_use(gs::PostgresConnectionManager& manager, auto&& f) {
    gs::detail::ManagerAccess::state(manager)->with_lease({.operation = "test"}, Effect::reads,
                                                          [&](gs::detail::Lease&, const auto&) { f(); });
}

void check_sums(const gs::PoolStats& stats) {
    CHECK(stats.connects.succeeded - stats.retirements.all() == stats.size);
    for (const gs::DurationStats& times : {stats.waits, stats.holds}) {
        CHECK(std::accumulate(times.histogram.begin(), times.histogram.end(), std::uint64_t{0}) == times.count);
        CHECK(times.longest <= times.total);
    }
    CHECK(stats.waits.count - stats.holds.count == stats.leased);
}

}  // namespace

TEST_CASE("a new pool has counted nothing, and its statistics open no connection") {
    gs::PostgresConnectionManager manager{"host=/nonexistent", {.max_size = 3}};
    const gs::PoolStats stats = manager.stats();
    CHECK(stats.max_size == 3);
    CHECK(stats.size == 0);
    CHECK(stats.waits.count == 0);
    CHECK(stats.connects.succeeded + stats.connects.failed == 0);
    CHECK(stats.timeouts.all() + stats.retirements.all() == 0);
    CHECK(stats.retries + stats.unknown_outcomes_raised + stats.unknown_outcomes_resolved == 0);
}

TEST_CASE("statistics count what callers waited for a connection and how long they held it") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    std::jthread waiting;
    std::chrono::nanoseconds waited{};
    while_in_use(manager, [&] {
        CHECK(manager.stats().leased == 1);
        CHECK(manager.stats().waits.count == 1);
        CHECK(manager.stats().holds.count == 0);
        waiting = std::jthread{[&] { manager.check(); }};
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (manager.stats().waiting == 0 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
        const auto since = std::chrono::steady_clock::now();
        while (waited < 20ms) waited = std::chrono::steady_clock::now() - since;
    });
    waiting.join();
    const gs::PoolStats stats = manager.pool()->stats();
    CHECK(stats.idle == 1);
    CHECK(stats.waits.count == 2);
    CHECK(stats.waits.longest >= waited);
    CHECK(stats.waits.total >= stats.waits.longest);
    CHECK(stats.holds.count == 2);
    CHECK(stats.holds.longest >= waited);
    CHECK(stats.holds.histogram[gs::DurationStats::bucket_of(stats.holds.longest)] >= 1);
    CHECK(stats.connects.succeeded == 1);
    check_sums(stats);
}

TEST_CASE("statistics tell timeouts by cause") {
    gs::PostgresConnectionManager exhausted{shared_server().create_database(),
                                            {.max_size = 1, .acquire_timeout = 500ms}};
    while_in_use(exhausted,
                 [&] { std::jthread{[&] { CHECK_THROWS_AS(exhausted.check(), gs::AcquireTimeoutError); }}.join(); });
    CHECK(exhausted.stats().timeouts.pool_exhausted == 1);
    CHECK(exhausted.stats().timeouts.all() == 1);

    gs::PostgresConnectionManager full{shared_server().create_database(), {.max_size = 1, .max_waiting = 0}};
    while_in_use(full, [&] { std::jthread{[&] { CHECK_THROWS_AS(full.check(), gs::AcquireTimeoutError); }}.join(); });
    CHECK(full.stats().timeouts.queue_full == 1);
    CHECK(full.stats().timeouts.all() == 1);

    gs::PostgresConnectionManager down{"host=/nonexistent user=u", {.acquire_timeout = 120ms}};
    CHECK_THROWS_AS(down.check(), gs::ConnectionError);
    const gs::PoolStats stats = down.stats();
    CHECK(stats.timeouts.no_server == 1);
    CHECK(stats.timeouts.all() == 1);
    CHECK(stats.connects.failed >= 2);
    CHECK(stats.connects.succeeded == 0);
    CHECK(stats.waits.count == 0);
    check_sums(stats);
}

TEST_CASE("a login that is refused is a failed connect and no timeout") {
    gs::PostgresConnectionManager manager{shared_server().url("no_such_database")};
    CHECK_THROWS_AS(manager.check(), gs::ConnectionError);
    CHECK(manager.stats().connects.failed == 1);
    CHECK(manager.stats().timeouts.all() == 0);
}

TEST_CASE("statistics count statements that were run again, and writes whose outcome stayed unknown") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto first_call = [&](const std::string& statement) {
        by_hand(url,
                "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
                "CREATE SEQUENCE calls;"
                "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  IF nextval('calls') = 1 THEN " +
                    statement +
                    "; END IF; RETURN NEW; END $$;"
                    "CREATE TRIGGER first BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION first()");
    };
    SECTION("rolled back by the server") {
        first_call("RAISE EXCEPTION 'rolled back' USING ERRCODE = '40001'");
        widgets.insert("a", {"bolt", 1});
        CHECK(manager.stats().retries == 1);
        CHECK(manager.stats().unknown_outcomes_raised == 0);
        CHECK(manager.stats().unknown_outcomes_resolved == 0);
    }
    SECTION("ended with its backend") {
        first_call("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(20)");
        widgets.insert("a", {"bolt", 1});
        CHECK(manager.stats().retries == 1);
        CHECK(manager.stats().unknown_outcomes_raised == 0);
        CHECK(manager.stats().retirements.broken == 1);
    }
    SECTION("no verdict") {
        first_call("RAISE EXCEPTION 'who knows' USING ERRCODE = '40003'");
        CHECK_THROWS_AS(widgets.insert("a", {"bolt", 1}), gs::OutcomeUnknownError);
        CHECK(manager.stats().retries == 0);
        CHECK(manager.stats().unknown_outcomes_raised == 1);
        CHECK(manager.stats().unknown_outcomes_resolved == 0);
    }
    check_sums(manager.stats());
}

TEST_CASE("statistics tell why connections were closed") {
    const std::string url = shared_server().create_database();
    const auto only = [](const gs::PoolStats& stats, std::uint64_t gs::PoolStats::Retirements::* reason) {
        CHECK(stats.retirements.*reason == 1);
        CHECK(stats.retirements.all() == 1);
        check_sums(stats);
    };
    using Reasons = gs::PoolStats::Retirements;
    SECTION("beyond its lifetime") {
        gs::PostgresConnectionManager manager{url, {.max_lifetime = 0ms}};
        manager.check();
        only(manager.stats(), &Reasons::max_lifetime);
    }
    SECTION("idle for too long") {
        gs::PostgresConnectionManager manager{url, {.idle_timeout = 0ms}};
        manager.check();
        only(manager.stats(), &Reasons::idle);
    }
    SECTION("closed by the server while it was idle") {
        gs::PostgresConnectionManager manager{url};
        manager.check();
        by_hand(url,
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
                "datname = current_database()");
        manager.check();
        only(manager.stats(), &Reasons::failed_check);
        CHECK(manager.stats().connects.succeeded == 2);
    }
    SECTION("lost in use") {
        gs::PostgresConnectionManager manager{url};
        CHECK_THROWS_AS(run(manager, "SELECT pg_terminate_backend(pg_backend_pid())"), gs::ConnectionError);
        only(manager.stats(), &Reasons::broken);
    }
    SECTION("given back before the server had answered") {
        gs::PostgresConnectionManager manager{url, {.operation_timeout = 2s}};
        CHECK_THROWS_AS(run(manager, "SET statement_timeout = 0; SELECT pg_sleep(20)"), gs::DeadlineExceededError);
        only(manager.stats(), &Reasons::broken);
    }
    SECTION("left in a transaction") {
        gs::PostgresConnectionManager manager{url};
        run(manager, "BEGIN");
        only(manager.stats(), &Reasons::left_in_transaction);
    }
    SECTION("left in a failed transaction by a user of plain libpqxx") {
        gs::PostgresConnectionManager manager{url};
        manager.with_connection([](pqxx::connection& connection) {
            pqxx::nontransaction work{connection};
            work.exec("BEGIN");
            CHECK_THROWS_AS(work.exec("SELECT 1/0"), pqxx::data_exception);
        });
        only(manager.stats(), &Reasons::left_in_transaction);
    }
    SECTION("refused a write") {
        gs::PostgresConnectionManager manager{url};
        CHECK_THROWS_AS(run(manager, "SET transaction_read_only = on; CREATE TABLE t (x int)"), gs::ConnectionError);
        only(manager.stats(), &Reasons::read_only);
    }
    SECTION("became read-only while it was idle") {
        gs::PostgresConnectionManager manager{url, {.check_after_idle = 0ms}};
        run(manager, "SET default_transaction_read_only = on");
        manager.check();
        only(manager.stats(), &Reasons::read_only);
    }
    SECTION("ran a schema") {
        gs::PostgresConnectionManager manager{url};
        gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets")}}.ensure_schema();
        only(manager.stats(), &Reasons::session_changed);
    }
    SECTION("its pool was closed while it was idle") {
        gs::PostgresConnectionManager manager{url};
        manager.check();
        manager.close();
        only(manager.stats(), &Reasons::pool_closed);
    }
    SECTION("its pool was closed while it was in use") {
        gs::PostgresConnectionManager manager{url};
        while_in_use(manager, [&] { manager.close(); });
        only(manager.stats(), &Reasons::pool_closed);
    }
}
