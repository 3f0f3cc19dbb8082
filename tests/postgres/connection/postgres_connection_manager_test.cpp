// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// A table "widgets" in a fresh database.
struct Fixture {
    std::string url = shared_server().create_database();
    Fixture() { by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)"); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a manager works from a connection string") {
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.read("a") == Widget{"bolt", 1});
}

TEST_CASE("a connection string may be key=value pairs") {
    gs::PostgresConnectionManager manager{"host=" + shared_server().socket_directory() + " port=" +
                                          std::to_string(shared_server().port()) + " user=postgres dbname=postgres"};
    CHECK_NOTHROW(manager.check());
}

TEST_CASE_METHOD(Fixture, "a manager works from an existing pool, which it leaves open") {
    const auto pool = std::make_shared<gs::ConnectionPool>(url, gs::PoolOptions{.max_size = 2});
    {
        gs::PostgresConnectionManager manager{pool};
        CHECK(manager.pool() == pool);
        gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
        widgets.write("a", {"bolt", 1});
        manager.close();
        CHECK_THROWS_AS(widgets.read("a"), gs::PoolClosedError);
        CHECK_FALSE(pool->is_closed());
    }
    CHECK_FALSE(pool->is_closed());
    gs::PostgresConnectionManager other{pool};
    CHECK_NOTHROW(other.check());
}

TEST_CASE_METHOD(Fixture, "a foreign pool is closed when that is asked for") {
    const auto pool = std::make_shared<gs::ConnectionPool>(url);
    gs::PostgresConnectionManager manager{pool};
    manager.close({.foreign_pool = true});
    CHECK(pool->is_closed());
}

TEST_CASE("no pool at all is a UsageError") {
    CHECK_THROWS_AS(gs::PostgresConnectionManager(std::shared_ptr<gs::ConnectionPool>{}), gs::UsageError);
}

TEST_CASE_METHOD(Fixture, "the end of a manager's scope closes its own pool; storages are told") {
    auto manager = std::make_unique<gs::PostgresConnectionManager>(url);
    gs::PostgresStorageBackend<Widget> widgets{*manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    const auto pool = manager->pool();
    manager.reset();
    CHECK(pool->is_closed());
    CHECK(pool->counters().size == 0);
    CHECK_THROWS_AS(widgets.read("a"), gs::PoolClosedError);
}

TEST_CASE_METHOD(Fixture, "closing twice does nothing more") {
    gs::PostgresConnectionManager manager{url};
    manager.check();
    manager.close();
    CHECK_NOTHROW(manager.close());
    CHECK_THROWS_AS(manager.check(), gs::PoolClosedError);
}

TEST_CASE("closing with a limit waits for the connections in use") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    std::promise<void> borrowed;
    std::promise<void> may_end;
    std::jthread user{[&] {
        manager.with_connection([&](pqxx::connection& connection) {
            borrowed.set_value();
            may_end.get_future().wait();
            pqxx::nontransaction{connection}.exec("SELECT 1");
        });
    }};
    borrowed.get_future().wait();
    auto closing = std::async(std::launch::async, [&] { return manager.close({.drain = 20s}); });
    const auto pool = gs::detail::ManagerAccess::state(manager)->last_pool();
    while (!pool->is_closed()) std::this_thread::yield();
    CHECK_THROWS_AS(manager.check(), gs::PoolClosedError);
    CHECK(closing.wait_for(50ms) == std::future_status::timeout);
    may_end.set_value();
    CHECK(closing.get() == 0);
    CHECK(pool->counters().size == 0);
}

TEST_CASE("closing with a limit cuts off the connections that are still in use at its end, and says how many") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    const auto pool = manager.pool();
    const auto sleep = [&] {
        manager.with_connection(
            [](pqxx::connection& connection) { pqxx::nontransaction{connection}.exec("SELECT pg_sleep(20)"); });
    };
    auto first = std::async(std::launch::async, sleep);
    auto second = std::async(std::launch::async, sleep);
    while (pool->counters().leased < 2) std::this_thread::yield();
    const auto started = std::chrono::steady_clock::now();
    CHECK(manager.close({.drain = 50ms}) == 2);
    CHECK_THROWS_AS(first.get(), pqxx::broken_connection);
    CHECK_THROWS_AS(second.get(), pqxx::broken_connection);
    CHECK(std::chrono::steady_clock::now() - started < 10s);
    CHECK(pool->counters().size == 0);
    CHECK(manager.close({.drain = 0ms}) == 0);
}

TEST_CASE("a foreign pool that stays open is not waited for") {
    const auto pool = std::make_shared<gs::ConnectionPool>(shared_server().create_database());
    gs::PostgresConnectionManager manager{pool};
    manager.with_connection([&](pqxx::connection& connection) {
        CHECK(manager.close({.drain = 1h}) == 0);
        CHECK_NOTHROW(pqxx::nontransaction{connection}.exec("SELECT 1"));
        CHECK(manager.close({.foreign_pool = true, .drain = 0ms}) == 1);
        CHECK_THROWS_AS(pqxx::nontransaction{connection}.exec("SELECT 1"), pqxx::broken_connection);
    });
}

TEST_CASE_METHOD(Fixture, "pool() is the same pool until close, and a new working one after it") {
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto first = manager.pool();
    CHECK(manager.pool() == first);
    manager.close();
    CHECK_THROWS_AS(widgets.count(), gs::PoolClosedError);
    const auto second = manager.pool();
    CHECK(second != first);
    CHECK(first->is_closed());
    CHECK(widgets.count() == 0);
}

TEST_CASE("with_connection lends a pqxx::connection, passes on what its user gives or throws, and leaves no trace") {
    gs::PostgresConnectionManager manager{shared_server().create_database(), {.max_size = 1}};
    const auto scalar = [](const std::string& sql) {
        return [sql](pqxx::connection& connection) {
            return pqxx::nontransaction{connection}.exec(sql)[0][0].as<std::string>();
        };
    };
    const std::string backend = manager.with_connection(scalar("SELECT pg_backend_pid()"));
    manager.with_connection([](pqxx::connection& connection) {
        pqxx::nontransaction{connection}.exec("SET search_path = nowhere; CREATE TEMP TABLE t (x int)");
    });
    CHECK(manager.with_connection(scalar("SHOW search_path")) != "nowhere");
    CHECK(manager.with_connection(scalar("SELECT to_regclass('pg_temp.t') IS NULL")) == "t");
    CHECK_THROWS_AS(manager.with_connection(scalar("SELECT 1/0")), pqxx::data_exception);
    CHECK(manager.with_connection(scalar("SELECT pg_backend_pid()")) == backend);
    CHECK_THROWS_AS(manager.with_connection([&](pqxx::connection&) { manager.check(); }), gs::UsageError);
    manager.with_connection([](pqxx::connection& connection) { pqxx::nontransaction{connection}.exec("BEGIN"); });
    CHECK(manager.pool()->counters().size == 0);
}

TEST_CASE("check tells an unknown database") {
    gs::PostgresConnectionManager manager{shared_server().url("no_such_database")};
    const auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
    CHECK(error.sqlstate() == "3D000");
    CHECK(std::string{error.what()} == "check: the database does not exist [SQLSTATE 3D000]");
    CHECK(error.retry() == gs::Retry::never);
}

TEST_CASE("check tells that no server is there") {
    for (const std::string url : {"postgresql://u:canary-password@127.0.0.1:1/d", "host=/nonexistent user=u"}) {
        gs::PostgresConnectionManager manager{url, {.acquire_timeout = 200ms}};
        const auto started = std::chrono::steady_clock::now();
        const auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
        CHECK(std::chrono::steady_clock::now() - started >= 200ms);  // it may yet come
        CHECK(std::string{error.what()} == "check: no server answered at the address of the connection string");
        CHECK(error.retry() == gs::Retry::same_call);
        CHECK(error.outcome() == gs::Outcome::not_applied);
    }
}

TEST_CASE("check tells a wrong password, and the right one is let in") {
    gs::testing::PostgresServer server{{.password = "right horse"}};
    const std::string place = "host=" + server.socket_directory() + " port=" + std::to_string(server.port()) +
                              " user=postgres dbname=postgres password=";
    gs::PostgresConnectionManager wrong{place + "'wrong canary'"};
    const auto error = error_of<gs::ConnectionError>([&] { wrong.check(); });
    CHECK(error.sqlstate() == "28P01");
    CHECK(std::string{error.what()}.find("canary") == std::string::npos);
    CHECK(error.retry() == gs::Retry::never);
    gs::PostgresConnectionManager right{place + "'right horse'"};
    CHECK_NOTHROW(right.check());
}

TEST_CASE("check tells a server that has no connection left") {
    gs::testing::PostgresServer server{
        {.settings = {{"max_connections", "4"}, {"superuser_reserved_connections", "0"}, {"max_wal_senders", "0"}}}};
    gs::PostgresConnectionManager manager{server.url("postgres"), {.acquire_timeout = 300ms}};
    std::vector<std::unique_ptr<pqxx::connection>> taken;
    while (taken.size() < 4) taken.push_back(std::make_unique<pqxx::connection>(server.url("postgres")));
    CHECK(error_of<gs::ConnectionError>([&] { manager.check(); }).sqlstate() == "53300");
    taken.clear();
}

TEST_CASE("check tells a server that is still starting, and finds it when it has started") {
    // A standby that is not hot refuses every session with 57P03 until it is promoted.
    gs::testing::PostgresServer server{{.settings = {{"hot_standby", "off"}}}};
    const std::string url = server.url("postgres");
    const std::string data = server.socket_directory() + "/data";
    server.stop();
    std::ofstream{data + "/standby.signal"}.flush();
    std::jthread starting{[&] { server.start(); }};
    gs::PostgresConnectionManager manager{url, {.acquire_timeout = 300ms}};
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::string sqlstate;
    while (sqlstate != "57P03" && std::chrono::steady_clock::now() < deadline) {
        const auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
        CHECK(error.retry() == gs::Retry::same_call);
        sqlstate = error.sqlstate();
        // Before the socket is there, nobody listens.
        const auto expected = sqlstate == "57P03" ? gs::ConnectFailure::starting_up : gs::ConnectFailure::refused;
        CHECK(error.cause() == expected);
    }
    CHECK(sqlstate == "57P03");
    std::ofstream{data + "/promote"}.flush();
    pid_t postmaster = 0;
    std::ifstream{data + "/postmaster.pid"} >> postmaster;
    REQUIRE(::kill(postmaster, SIGUSR1) == 0);
    starting.join();
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("a server whose process stands still fails the call at its deadline") {
    gs::testing::PostgresServer server;
    gs::PostgresConnectionManager manager{server.url("postgres"), {.acquire_timeout = 200ms}};
    REQUIRE(::kill(server.pid(), SIGSTOP) == 0);
    const auto started = std::chrono::steady_clock::now();
    const auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
    CHECK(std::chrono::steady_clock::now() - started >= 200ms);
    CHECK(std::string{error.what()} == "check: no connection was made before the deadline");
    REQUIRE(::kill(server.pid(), SIGCONT) == 0);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("a database in another encoding than UTF8 is refused, and the error names the encoding") {
    for (const std::string encoding : {"SQL_ASCII", "LATIN2", "WIN1252", "EUC_JP"}) {
        CAPTURE(encoding);
        const std::string name = "in_" + encoding;
        by_hand(shared_server().create_database(), "CREATE DATABASE \"" + name + "\" TEMPLATE template0 ENCODING '" +
                                                       encoding + "' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc");
        gs::PostgresConnectionManager manager{shared_server().url(name)};
        const auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
        CHECK(std::string{error.what()}.find("encoding " + encoding) != std::string::npos);
        CHECK(error.retry() == gs::Retry::never);
    }
}
