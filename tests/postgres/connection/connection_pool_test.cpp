// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <latch>
#include <mutex>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using gs::detail::Effect;
using namespace std::chrono_literals;

namespace {

/// Borrows a connection as an operation does, and runs `f` while it is held.
template <class F>
void with_connection(gs::PostgresConnectionManager& manager, F&& f) {
    gs::detail::ManagerAccess::state(manager)->with_lease(
        {.operation = "test"}, Effect::reads,
        [&](gs::detail::Lease& lease, const gs::detail::Until& until) { f(*lease.operator->(), until); });
}

std::string backends(const std::string& what) {
    return "SELECT " + what +
           " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gridone_storage'";
}

}  // namespace

TEST_CASE("a pool opens no connection until one is needed and never more than its maximum") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 3}};
    CHECK(manager.pool()->counters().size == 0);
    std::vector<std::jthread> callers;
    std::atomic<int> most = 0;
    for (int i = 0; i < 12; ++i) {
        callers.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                with_connection(manager, [&](auto&, auto) {
                    const int leased = static_cast<int>(manager.pool()->counters().leased);
                    for (int seen = most; leased > seen && !most.compare_exchange_weak(seen, leased);) {
                    }
                });
            }
        });
    }
    callers.clear();
    CHECK(most <= 3);
    CHECK(manager.pool()->counters().size <= 3);
    CHECK(manager.pool()->counters().leased == 0);
    CHECK(by_hand(url, backends("count(*)"))[0][0].as<int>() == static_cast<int>(manager.pool()->counters().size));
}

TEST_CASE("connections, and room for new ones, go to callers in the order in which they came") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    const bool comes_back_broken = GENERATE(false, true);
    std::vector<std::size_t> order;
    std::vector<std::jthread> callers;
    with_connection(manager, [&](auto& connection, const auto& deadline) {
        for (std::size_t i = 0; i < 8; ++i) {
            callers.emplace_back([&, i] { with_connection(manager, [&](auto&, auto) { order.push_back(i); }); });
            await([&] { return manager.pool()->counters().waiting == i + 1; });
        }
        if (comes_back_broken) connection.run_text("BEGIN", deadline);
    });
    callers.clear();
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a caller that finds no connection in time is told so, with the pool's state") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1, .acquire_timeout = 50ms}};
    with_connection(manager, [&](auto&, auto) {
        const auto error = std::async(std::launch::async, [&] {
                               return error_of<gs::AcquireTimeoutError>([&] { manager.check(); });
                           }).get();
        CHECK(error.counters().leased == 1);
        CHECK(error.counters().max_size == 1);
        CHECK(error.last_connect_failure().empty());
        CHECK(error.outcome() == gs::Outcome::not_applied);
        CHECK(error.retry() == gs::Retry::same_call);
        CHECK(std::string{error.what()} ==
              "check: no connection became free in time (1 of 1 in use, 0 other callers waiting)");
    });
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("idle connections that the server ended are never seen by a caller") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 4}};
    std::latch all{4};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] { with_connection(manager, [&](auto&, auto) { all.arrive_and_wait(); }); });
    }
    callers.clear();
    REQUIRE(manager.pool()->counters().idle == 4);
    by_hand(url, backends("pg_terminate_backend(pid, 10000)"));
    for (int i = 0; i < 4; ++i) CHECK_NOTHROW(manager.check());
    CHECK(manager.pool()->counters().size <= 4);
}

TEST_CASE("a restart of the server between two calls is not noticed by the caller") {
    gs::testing::PostgresServer server;
    gs::PostgresConnectionManager manager{server.create_database()};
    manager.check();
    server.restart(gs::testing::PostgresServer::Stop::immediate);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("a connection that comes back in a transaction is not lent again") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    for (const std::string leave : {"BEGIN", "BEGIN; SELECT 1"}) {
        with_connection(manager, [&](auto& connection, const auto& deadline) { connection.run_text(leave, deadline); });
        CHECK(manager.pool()->counters().size == 0);
        with_connection(manager,
                        [](auto& connection, auto) { CHECK(connection.transaction_status() == PQTRANS_IDLE); });
    }
    CHECK_THROWS_AS(with_connection(manager,
                                    [](auto& connection, const auto& deadline) {
                                        connection.run_text("BEGIN", deadline);
                                        connection.run_text("SELECT 1/0", deadline);
                                    }),
                    gs::InvalidInputError);
    CHECK(manager.pool()->counters().size == 0);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("an exception while a connection is held gives it back") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    CHECK_THROWS_AS(with_connection(manager, [](auto&, auto) { throw std::runtime_error{"from the caller"}; }),
                    std::runtime_error);
    CHECK(manager.pool()->counters().leased == 0);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("a session that was used as a pqxx::connection keeps nothing of that use") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    with_connection(manager, [](auto& connection, const auto& deadline) {
        connection.lend_to(
            [](pqxx::connection& session) {
                pqxx::nontransaction work{session};
                CHECK(work.exec("SHOW client_encoding")[0][0].template as<std::string>() == "UTF8");
                work.exec("SET search_path = nowhere");
            },
            deadline);
        CHECK(connection.run_text("SHOW search_path", deadline).text(0, 0) != "nowhere");
        CHECK(connection.run_text("SHOW statement_timeout", deadline).text(0, 0) == "30s");
    });
}

TEST_CASE("a call ends at its deadline when the server's process stands still") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1, .operation_timeout = 300ms}};
    gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets")}}.ensure_schema();
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto while_stopped = [&](auto&& call) {
        widgets.write("a", {"bolt", 1});
        const auto pid = by_hand(url, backends("pid"))[0][0].as<pid_t>();
        REQUIRE(::kill(pid, SIGSTOP) == 0);
        const auto started = std::chrono::steady_clock::now();
        call();
        CHECK(std::chrono::steady_clock::now() - started >= 300ms);
        REQUIRE(::kill(pid, SIGCONT) == 0);
        await([&] { return by_hand(url, backends("count(*)"))[0][0].as<int>() == 0; });
    };
    while_stopped([&] {
        const auto error = error_of<gs::DeadlineExceededError>([&] { (void)widgets.read("a"); });
        CHECK(error.outcome() == gs::Outcome::not_applied);
    });
    while_stopped([&] {
        const auto error = error_of<gs::OutcomeUnknownError>([&] { widgets.write("a", {"nut", 2}); });
        CHECK(error.outcome() == gs::Outcome::unknown);
        CHECK(error.retry() == gs::Retry::caller_decides);
    });
    CHECK(manager.pool()->counters().size == 0);
    CHECK_NOTHROW(widgets.write("a", {"bolt", 1}));
}

TEST_CASE("a statement that the server ends at its time limit was not applied") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.operation_timeout = 200ms}};
    with_connection(manager, [](auto& connection, auto) {
        // The caller's own deadline is later than the server's.
        const auto later = std::chrono::steady_clock::now() + 20s;
        try {
            connection.run_text("SELECT pg_sleep(20)", later);
            FAIL("the server did not end the statement");
        } catch (const gs::detail::Failure& failure) {
            CHECK(failure.sqlstate == "57014");
            CHECK(failure.statement_timed_out);
        }
    });
}

TEST_CASE("a thread that holds a connection is refused a second one, with the place of the first") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    with_connection(manager, [&](auto&, auto) {
        const auto error = error_of<gs::UsageError>([&] { manager.check(); });
        CHECK(std::string{error.what()} ==
              "check: this thread already holds a connection, for test; with a second one it could wait for itself");
    });
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("a child process after fork is refused, and the parent's connection lives on") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    manager.check();
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 1;
        try {
            manager.check();
        } catch (const gs::UsageError&) {
            manager.close();
            status = 0;
        } catch (...) {
        }
        ::_exit(status);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(manager.pool()->counters().idle == 1);
    with_connection(manager, [](auto& connection, const auto& deadline) { CHECK(connection.answers(deadline)); });
}

TEST_CASE(
    "a connection that was idle for long is asked for a sign of life, and one that became read-only is replaced") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1, .check_after_idle = 0ms}};
    int first = 0;
    with_connection(manager, [&](auto& connection, const auto& deadline) {
        connection.run_text("SET default_transaction_read_only = on", deadline);
        first = by_hand(url, backends("pid"))[0][0].template as<int>();
    });
    with_connection(manager, [&](auto& connection, const auto& deadline) {
        CHECK(connection.run_text("SHOW transaction_read_only", deadline).text(0, 0) == "off");
        CHECK(by_hand(url, backends("pid"))[0][0].template as<int>() != first);
    });
}

TEST_CASE("a connection beyond its lifetime, or idle for too long, is closed") {
    gs::PostgresConnectionManager old{shared_server().create_database(), {.max_size = 1, .max_lifetime = 0ms}};
    old.check();
    CHECK(old.pool()->counters().size == 0);
    gs::PostgresConnectionManager idle{shared_server().create_database(), {.max_size = 1, .idle_timeout = 0ms}};
    idle.check();
    CHECK(idle.pool()->counters().size == 0);
}

TEST_CASE("waiting callers are woken when the pool closes, and connections in use are closed when they come back") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    const auto pool = manager.pool();
    std::atomic<int> told = 0;
    std::vector<std::jthread> callers;
    with_connection(manager, [&](auto& connection, const auto& deadline) {
        for (std::size_t i = 0; i < 3; ++i) {
            callers.emplace_back([&] {
                try {
                    manager.check();
                } catch (const gs::PoolClosedError&) {
                    ++told;
                }
            });
            await([&] { return pool->counters().waiting == i + 1; });
        }
        pool->close();
        callers.clear();
        CHECK(told == 3);
        CHECK_NOTHROW(connection.run_text("SELECT 1", deadline));
    });
    CHECK(pool->counters().size == 0);
    await([&] { return by_hand(url, backends("count(*)"))[0][0].as<int>() == 0; });
}

TEST_CASE("closing with a limit waits for connections in use and cuts off those that do not come back") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    const auto pool = manager.pool();
    auto caller = std::async(std::launch::async, [&] {
        with_connection(manager, [](auto& connection, const auto& deadline) {
            connection.run_text("SELECT pg_sleep(20)", deadline);
        });
    });
    await([&] { return pool->counters().leased == 1; });
    CHECK(pool->close(50ms) == 1);
    CHECK_THROWS_AS(caller.get(), gs::ConnectionError);
    CHECK(pool->counters().size == 0);
    CHECK(pool->close(0ms) == 0);
}

TEST_CASE("a reply beyond max_reply_bytes is a UsageError, and the next call gets its answer") {
    const bool over_tcp = GENERATE(false, true);
    static gs::testing::PostgresServer tcp{{.tcp = true}};
    const std::string url = (over_tcp ? tcp : shared_server()).create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1, .max_reply_bytes = 1'000'000}};
    gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets")}}.ensure_schema();
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto size_in_kb = GENERATE(1, 100);
    const std::string text(static_cast<std::size_t>(size_in_kb) * 1'000, 'x');
    std::vector<std::pair<std::string, Widget>> documents;
    for (int number = 0; number < 8'000 / size_in_kb; ++number)
        documents.emplace_back(gs::new_id(), Widget{text, number});
    widgets.insert_many(documents, gs::LoadOptions{});
    const auto error = error_of<gs::UsageError>([&] { (void)widgets.read_all(); });
    CHECK(error.retry() == gs::Retry::never);
    CHECK(std::string{error.what()}.find("max_reply_bytes") != std::string::npos);
    CHECK(manager.pool()->counters().size == 0);
    CHECK(widgets.count() == documents.size());
    CHECK(widgets.query(gs::query<Widget>().limit(5)).all().size() == 5);
}

TEST_CASE("a write of several megabytes does not block the exchange with the server") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets")}}.ensure_schema();
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const Widget large{std::string(12'000'000, 'x'), 1};
    widgets.write("large", large);
    CHECK(widgets.read("large") == large);
}
