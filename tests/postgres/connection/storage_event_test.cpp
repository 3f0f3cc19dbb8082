// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using Kind = gs::StorageEvent::Kind;
using namespace std::chrono_literals;

namespace {

/// An event in a line: what, operation, table, rows, error, reason.
std::string line_of(const gs::StorageEvent& event) {
    const char* const kinds[] = {"acquire",    "statement",   "retry",     "lost_reply",
                                 "retirement", "transaction", "long_lease"};
    std::string line = kinds[static_cast<int>(event.kind)];
    if (!event.operation.empty()) line.append(" ").append(event.operation);
    if (!event.table.empty()) line.append(" ").append(event.table);
    if (event.returned_rows) line += " returned " + std::to_string(*event.returned_rows);
    if (event.affected_rows) line += " affected " + std::to_string(*event.affected_rows);
    if (!event.sqlstate.empty()) line.append(" state ").append(event.sqlstate);
    if (!event.error.empty()) line.append(" error ").append(event.error);
    if (event.retirement) line += " reason " + std::to_string(static_cast<int>(*event.retirement));
    return line;
}

std::string reason(gs::Retirement why) {
    return " reason " + std::to_string(static_cast<int>(why));
}

class Listener {
public:
    [[nodiscard]] gs::PoolOptions options(gs::PoolOptions options = {}) {
        options.on_event = [this](const gs::StorageEvent& event) {
            const std::lock_guard lock{mutex_};
            lines_.push_back(line_of(event));
            if (event.duration < 0ns) throw std::logic_error{"time ran backwards"};
            durations_.push_back(event.duration);
            threads_.push_back(event.thread);
        };
        return options;
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        const std::lock_guard lock{mutex_};
        return lines_;
    }
    [[nodiscard]] std::vector<std::chrono::nanoseconds> durations() const { return durations_; }
    [[nodiscard]] std::vector<std::thread::id> threads() const { return threads_; }
    void forget() {
        const std::lock_guard lock{mutex_};
        lines_.clear();
        durations_.clear();
        threads_.clear();
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
    std::vector<std::chrono::nanoseconds> durations_;
    std::vector<std::thread::id> threads_;
};

using Lines = std::vector<std::string>;

struct Fixture {
    std::string url = shared_server().create_database();
    Listener listener;
    Fixture() { by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)"); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a listener hears of each statement with its operation, table and rows") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    CHECK(listener.lines() == Lines{"acquire write widgets", "statement write widgets affected 1"});
    CHECK(listener.threads() == std::vector<std::thread::id>(2, std::this_thread::get_id()));
    listener.forget();
    widgets.write("b", {"nut", 1});
    CHECK(widgets.read_all().size() == 2);
    CHECK(widgets.clear() == 2);
    CHECK(widgets.list_all().empty());
    CHECK(listener.lines() == Lines{"acquire write widgets", "statement write widgets affected 1",
                                    "acquire read_all widgets", "statement read_all widgets returned 2",
                                    "acquire clear widgets", "statement clear widgets affected 2",
                                    "acquire list_all widgets", "statement list_all widgets returned 0"});
}

TEST_CASE_METHOD(Fixture, "a listener hears of statements that fail, with the SQLSTATE") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    gs::PostgresStorageBackend<Widget> nowhere{manager, "nowhere"};
    CHECK_THROWS_AS(nowhere.count(), gs::SchemaError);
    CHECK(listener.lines() == Lines{"acquire count nowhere", "statement count nowhere state 42P01 error 42P01"});
}

TEST_CASE_METHOD(Fixture, "a listener hears of the statements of a transaction by their own names, and of its end") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.transaction([&](gs::Transaction& tx) { widgets.in(tx).write("a", {"bolt", 1}); });
    CHECK(listener.lines() == Lines{"acquire transaction widgets", "statement transaction widgets",
                                    "statement write widgets affected 1", "statement transaction widgets",
                                    "transaction transaction widgets"});
    listener.forget();
    CHECK_THROWS(manager.transaction([](gs::Transaction&) { throw std::runtime_error{"no"}; }));
    CHECK(listener.lines() == Lines{"acquire transaction", "statement transaction", "statement transaction",
                                    "transaction transaction error _OTHER"});
}

TEST_CASE_METHOD(Fixture, "a schema is one statement for the listener, and the end of its connection") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    gs::BaseSchemaManager{manager, {"CREATE TABLE t (x int)"}}.ensure_schema();
    CHECK_THROWS_AS(gs::BaseSchemaManager(manager, {"CREATE TABLE t (x int)"}).ensure_schema(), gs::SchemaError);
    const std::string end = "retirement ensure_schema" + reason(gs::Retirement::session_changed);
    CHECK(listener.lines() == Lines{"acquire ensure_schema", "statement ensure_schema", end, "acquire ensure_schema",
                                    "statement ensure_schema state 42P07 error 42P07", end});
}

TEST_CASE_METHOD(Fixture, "a listener hears of statements that are run again") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    by_hand(url,
            "CREATE SEQUENCE calls;"
            "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  IF nextval('calls') = 1 THEN RAISE EXCEPTION 'rolled back' USING ERRCODE = '40001'; END IF;"
            "  RETURN NEW; END $$;"
            "CREATE TRIGGER first BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION first()");
    widgets.insert("a", {"bolt", 1});
    CHECK(listener.lines() == Lines{"acquire insert widgets", "statement insert widgets state 40001 error 40001",
                                    "retry insert widgets state 40001 error 40001", "acquire insert widgets",
                                    "statement insert widgets affected 1"});
}

TEST_CASE_METHOD(Fixture, "a listener hears why connections are closed") {
    gs::PostgresConnectionManager manager{url, listener.options()};
    manager.check();
    by_hand(url,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
            "datname = current_database()");
    listener.forget();
    manager.check();
    manager.close();
    CHECK(listener.lines() == Lines{"retirement check" + reason(gs::Retirement::failed_check), "acquire check",
                                    "statement check returned 1", "retirement" + reason(gs::Retirement::pool_closed)});
}

TEST_CASE_METHOD(Fixture, "a listener hears of callers who get no connection") {
    gs::PostgresConnectionManager full{url, listener.options({.max_size = 1, .acquire_timeout = 500ms})};
    full.with_connection([&](pqxx::connection&) {
        std::async(std::launch::async, [&] { CHECK_THROWS_AS(full.check(), gs::AcquireTimeoutError); }).get();
        CHECK(listener.lines() == Lines{"acquire check error timeout"});
        CHECK(listener.durations().at(0) >= 500ms);
    });
    listener.forget();
    gs::PostgresConnectionManager down{"host=/nonexistent user=u", listener.options({.acquire_timeout = 100ms})};
    CHECK_THROWS_AS(down.check(), gs::ConnectionError);
    CHECK(listener.lines() == Lines{"acquire check error connection_failed"});
    listener.forget();
    gs::PostgresConnectionManager refused{shared_server().url("no_such_database"), listener.options()};
    CHECK_THROWS_AS(refused.check(), gs::ConnectionError);
    CHECK(listener.lines() == Lines{"acquire check state 3D000 error 3D000"});
}

TEST_CASE_METHOD(Fixture, "durations are those of the waiting and of the statement") {
    gs::PostgresConnectionManager manager{url, listener.options({.max_size = 1})};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    by_hand(url,
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  PERFORM pg_sleep(0.05); RETURN NEW; END $$;"
            "CREATE TRIGGER slow BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION slow()");
    manager.check();
    listener.forget();
    widgets.insert("a", {"bolt", 1});
    REQUIRE(listener.lines().size() == 2);
    CHECK(listener.durations()[1] >= 50ms);
    CHECK(listener.durations()[0] < listener.durations()[1]);
}

TEST_CASE_METHOD(Fixture, "a listener may use the storages: nothing is held while it runs") {
    std::optional<gs::PostgresConnectionManager> manager;
    bool inside = false;
    int heard = 0;
    const auto on_event = [&](const gs::StorageEvent&) {
        if (inside) return;
        inside = true;
        ++heard;
        CHECK(manager->stats().leased == 0);
        CHECK_NOTHROW(manager->check());
        inside = false;
    };
    manager.emplace(url,
                    gs::PoolOptions{.max_size = 1, .acquire_timeout = 2s, .max_lifetime = 0ms, .on_event = on_event});
    gs::PostgresStorageBackend<Widget> widgets{*manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    CHECK(heard == 3);  // acquire, statement, retirement
    by_hand(url, "DROP TABLE widgets");
    CHECK_THROWS_AS(widgets.write("a", {"bolt", 1}), gs::SchemaError);
    CHECK(heard == 6);
    inside = true;
    manager.reset();
}

TEST_CASE_METHOD(Fixture, "what a listener throws reaches nobody") {
    int heard = 0;
    gs::PostgresConnectionManager manager{url, {.max_lifetime = 0ms, .on_event = [&](const gs::StorageEvent&) {
                                                    ++heard;
                                                    throw std::runtime_error{"from the listener"};
                                                }}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    CHECK_NOTHROW(widgets.write("a", {"bolt", 1}));
    CHECK(widgets.read("a") == Widget{"bolt", 1});
    CHECK(heard == 6);
    CHECK(manager.stats().leased == 0);
}

TEST_CASE_METHOD(Fixture, "no event tells anything of a document, an id or the connection string") {
    gs::PostgresConnectionManager manager{
        url + (url.find('?') == std::string::npos ? "?" : "&") + "password=canary&application_name=canary",
        listener.options()};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    by_hand(url, "ALTER TABLE widgets ADD CONSTRAINT rule CHECK (data->>'name' <> 'canary two')");
    widgets.write("canary", {"canary", 1});
    CHECK_THROWS_AS(widgets.write("canary", {"canary two", 1}), gs::ConstraintError);
    CHECK_THROWS_AS(widgets.insert("canary", {"canary", 1}), gs::AlreadyExistsError);
    CHECK(widgets.read("canary") == Widget{"canary", 1});
    by_hand(url,
            "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  RAISE EXCEPTION 'canary' USING DETAIL = 'canary', ERRCODE = '22000'; END $$;"
            "CREATE TRIGGER loud BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION loud()");
    CHECK_THROWS_AS(widgets.insert("canary 2", {"canary", 1}), gs::InvalidInputError);
    manager.close();
    CHECK(listener.lines().size() == 13);  // a connection, six statements: a refused insert looks for the document
    for (const std::string& line : listener.lines()) CHECK(line.find("canary") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a connection that is kept too long is reported once, by whoever comes by") {
    gs::PostgresConnectionManager manager{url, listener.options({.max_size = 2, .report_leases_after = 20ms})};
    manager.check();
    listener.forget();
    const auto count = [&](const std::string& line) { return std::ranges::count(listener.lines(), line); };
    manager.with_connection([&](pqxx::connection&) {
        const std::vector<gs::LeaseInfo> leases = manager.leases();
        REQUIRE(leases.size() == 1);
        CHECK(leases[0].operation == "with_connection");
        CHECK(leases[0].table.empty());
        CHECK(leases[0].thread == std::this_thread::get_id());
        while (manager.leases().at(0).age < 20ms) std::this_thread::yield();
        std::jthread{[&] {
            manager.check();
            manager.check();
        }}.join();
        CHECK(count("long_lease with_connection") == 1);
        REQUIRE(listener.lines().at(0) == "long_lease with_connection");
        CHECK(listener.threads()[0] == std::this_thread::get_id());
        CHECK(listener.durations()[0] >= 20ms);
    });
    CHECK(count("long_lease with_connection") == 1);
    CHECK(manager.leases().empty());
    listener.forget();
    manager.with_connection([&](pqxx::connection&) {
        while (manager.leases().at(0).age < 20ms) std::this_thread::yield();
    });
    CHECK(listener.lines() == Lines{"acquire with_connection", "long_lease with_connection"});
}

TEST_CASE_METHOD(Fixture, "a caller who waits in vain reports who has the connections") {
    gs::PostgresConnectionManager manager{
        url, listener.options({.max_size = 1, .acquire_timeout = 600ms, .report_leases_after = 300ms})};
    manager.with_connection([&](pqxx::connection&) {
        std::async(std::launch::async, [&] { CHECK_THROWS_AS(manager.check(), gs::AcquireTimeoutError); }).get();
        CHECK(listener.lines() == Lines{"acquire check error timeout", "long_lease with_connection"});
    });
}

TEST_CASE_METHOD(Fixture, "connections kept long are not reported when that is switched off") {
    gs::PostgresConnectionManager manager{url, listener.options({.report_leases_after = 0ms})};
    manager.with_connection([&](pqxx::connection&) {
        while (manager.leases().at(0).age < 5ms) std::this_thread::yield();
    });
    CHECK(listener.lines() == Lines{"acquire with_connection"});
}
