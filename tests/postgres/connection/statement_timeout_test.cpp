// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

constexpr auto size = gs::field<&Widget::size>;
using Backend = gs::PostgresStorageBackend<Widget>;

/// A table that another session locks whenever a test asks for it.
struct Lockable {
    std::string url;
    gs::PostgresConnectionManager manager;
    Backend widgets{manager, "widgets"};

    explicit Lockable(const gs::PoolOptions& options = {}, const std::string& of_session = {})
        : url{shared_server().create_database()}, manager{url + of_session, options} {
        by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
        by_hand(url, R"(INSERT INTO widgets VALUES ('a', '{"name": "bolt", "size": 1}'))");
    }

    /// Locks the table, and lets go once the call has waited for that long, or is over. @returns what the call gives
    auto while_locked(std::chrono::milliseconds time, auto&& call) {
        pqxx::connection other{url};
        pqxx::work lock{other};
        lock.exec("LOCK TABLE widgets");
        auto calling = std::async(std::launch::async, call);
        await([&] {
            return calling.wait_for(0s) == std::future_status::ready ||
                   waiting("clock_timestamp() - query_start > '" + std::to_string(time.count()) + "ms'");
        });
        lock.commit();
        return calling.get();
    }
    [[nodiscard]] bool waiting(const std::string& where = "true") const {
        return !by_hand(url,
                        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
                        "'gridone_storage' AND wait_event_type = 'Lock' AND " +
                            where)
                    .empty();
    }

    [[nodiscard]] std::string setting(const std::string& name = "statement_timeout") const {
        const auto state = gs::detail::ManagerAccess::state(manager);
        return std::string{state->run({.sql = "SHOW " + name, .parameters = {}}, {}, {.operation = "test"}).text(0, 0)};
    }
};

/// The same with one session, whose statements have less time than some calls.
struct Impatient : Lockable {
    static constexpr auto limit = 200ms;
    Impatient() : Lockable{{.max_size = 1, .operation_timeout = limit}} {}
};

struct Operation {
    std::string_view name;
    std::function<void(Backend&)> call;
};

const std::vector<Operation> operations{
    {"read", [](Backend& it) { (void)it.within(20s).read("a"); }},
    {"count", [](Backend& it) { (void)it.within(20s).count(); }},
    {"for_each", [](Backend& it) { it.within(20s).for_each([](const auto&) {}); }},
    {"query, unprepared", [](Backend& it) { (void)it.within(20s).query().where(size > 0).all(); }},
    {"query, prepared now", [](Backend& it) { (void)it.within(20s).query().where(size > 0).all(); }},
    {"query, prepared", [](Backend& it) { (void)it.within(20s).query().where(size > 0).all(); }},
    {"query, patch", [](Backend& it) { it.within(20s).query().where(size > 0).patch(size.increment(1)); }},
    {"write", [](Backend& it) { it.within(20s).write("a", {"nut", 2}); }},
    {"patch", [](Backend& it) { it.within(20s).patch("a", size.increment(1)); }},
    {"edit", [](Backend& it) { it.within(20s).edit("a", [](Widget& widget) { ++widget.size; }); }},
    {"write_many", [](Backend& it) { it.within(20s).write_many({{"b", {"nut", 1}}, {"c", {"nut", 1}}}); }},
    {"a load by COPY",
     [](Backend& it) {
         const std::vector<std::pair<std::string, Widget>> many{{"d", {"nut", 1}}, {"e", {"nut", 1}}};
         it.within(20s).write_many(many, gs::LoadOptions{});
     }},
    {"remove_many", [](Backend& it) { it.within(20s).remove_many({"b", "c"}); }},
    {"transaction, of the storage",
     [](Backend& it) { it.within(20s).transaction([&](gs::Transaction& tx) { it.in(tx).write("a", {"nut", 2}); }); }},
    {"transaction, with a deadline",
     [](Backend& it) {
         it.transaction({.deadline = 20s}, [&](gs::Transaction& tx) {
             tx.transaction([&](gs::Transaction& part) { it.in(part).write("a", {"nut", 2}); });
         });
     }},
    {"no end at all", [](Backend& it) { it.within(std::chrono::hours::max()).write("a", {"nut", 2}); }},
    {"no last moment",
     [](Backend& it) { it.within(std::chrono::steady_clock::time_point::max()).write("a", {"nut", 2}); }},
    {"transaction without an end",
     [](Backend& it) {
         it.transaction({.deadline = std::chrono::milliseconds::max()},
                        [&](gs::Transaction& tx) { it.in(tx).write("a", {"nut", 2}); });
     }},
    {"coalesced read and write",
     [](Backend& it) {
         gs::CoalescingStorageBackend<Widget> shared{it};
         (void)shared.within(20s).read("a");
         shared.within(20s).write("a", {"nut", 3});
     }},
    {"clear", [](Backend& it) { it.within(20s).clear(); }},
};

}  // namespace

TEST_CASE_METHOD(Impatient, "a longer limit than the pool's holds in every kind of call, and ends with it") {
    widgets.within(20s).write("a", {"bolt", 1});  // so that it is connected
    for (const Operation& operation : operations) {
        INFO(operation.name);
        CHECK_NOTHROW(while_locked(limit + 100ms, [&] { operation.call(widgets); }));
        CHECK(setting() == "200ms");
    }
    CHECK_THROWS_AS(while_locked(20s, [&] { (void)widgets.read("a"); }), gs::DeadlineExceededError);
}

TEST_CASE_METHOD(Impatient, "under a longer limit an error leaves the connection in order, also one of the commit") {
    by_hand(url,
            "CREATE TABLE names (name TEXT PRIMARY KEY); INSERT INTO names VALUES ('bolt');"
            "ALTER TABLE widgets ADD COLUMN name TEXT GENERATED ALWAYS AS (data->>'name') STORED "
            "CONSTRAINT known REFERENCES names DEFERRABLE INITIALLY DEFERRED, ADD CONSTRAINT small CHECK "
            "((data->'size')::int < 100)");
    auto patient = widgets.within(20s);
    patient.write("a", {"bolt", 1});
    for (int time = 0; time < 2; ++time) {
        CHECK(error_of<gs::ConstraintError>([&] { patient.write("b", {"unknown", 1}); }).constraint() == "known");
        CHECK(error_of<gs::ConstraintError>([&] { patient.write("b", {"bolt", 100}); }).constraint() == "small");
        CHECK(error_of<gs::ConstraintError>([&] { patient.query().patch(size.set(100)); }).constraint() == "small");
    }
    CHECK_FALSE(patient.contains("b"));
    CHECK(patient.read("a") == Widget{"bolt", 1});
    CHECK(manager.stats().connects.succeeded == 1);
}

TEST_CASE_METHOD(Impatient, "under a longer limit a statement whose server process ends is run again") {
    auto patient = widgets.within(20s);
    patient.write("a", {"bolt", 1});
    pqxx::connection other{url};
    pqxx::work lock{other};
    lock.exec("LOCK TABLE widgets");
    auto writing = std::async(std::launch::async, [&] { patient.write("a", {"bolt", 2}); });
    await([&] { return waiting(); });
    by_hand(url,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND "
            "wait_event_type = 'Lock'");
    await([&] { return waiting(); });
    lock.commit();
    CHECK_NOTHROW(writing.get());
    CHECK(patient.read("a") == Widget{"bolt", 2});
}

TEST_CASE("a stricter limit of the role stays, whatever the pool and the call allow, and its end is the deadline's") {
    Lockable place{{.max_size = 1}, "&options=-cstatement_timeout%3D150"};
    CHECK(place.setting() == "150ms");
    const auto ends = [&](auto&& call) {
        const auto error = error_of<gs::DeadlineExceededError>([&] { place.while_locked(20s, call); });
        CHECK(error.sqlstate() == "57014");
        CHECK(error.outcome() == gs::Outcome::not_applied);
    };
    ends([&] { (void)place.widgets.read("a"); });
    ends([&] { place.widgets.within(1h).write("a", {"nut", 2}); });
    ends([&] {
        place.widgets.within(1h).transaction([&](gs::Transaction& tx) { place.widgets.in(tx).write("a", {"nut", 2}); });
    });
    place.manager.with_connection(
        [](pqxx::connection& connection) { pqxx::nontransaction{connection}.exec("SET statement_timeout = 0"); });
    CHECK(place.setting() == "150ms");
    CHECK(place.widgets.read("a") == Widget{"bolt", 1});
}

TEST_CASE("a longer limit is raised up to that of the role, not beyond") {
    Lockable place{{.max_size = 1, .operation_timeout = 100ms}, "&options=-cstatement_timeout%3D400"};
    CHECK(place.widgets.within(20s).read("a") == Widget{"bolt", 1});
    CHECK(place.setting() == "100ms");
    CHECK_NOTHROW(place.while_locked(200ms, [&] { (void)place.widgets.within(20s).read("a"); }));
    CHECK_THROWS_AS(place.while_locked(20s, [&] { (void)place.widgets.within(20s).read("a"); }),
                    gs::DeadlineExceededError);
}

TEST_CASE("a migration has no more time for a statement than its role") {
    Lockable place{{.max_size = 1}, "&options=-cstatement_timeout%3D150"};
    gs::Migrator migrator{place.manager};
    migrator.add(1, "slow", "SELECT pg_sleep(20)");
    CHECK_THROWS_AS(migrator.apply(), gs::DeadlineExceededError);
}

TEST_CASE("what a transaction's body sets as its limit ends a call with DeadlineExceededError") {
    Lockable place{{.max_size = 1}};
    const auto set = [](gs::Transaction& tx, const std::string& value) {
        pqxx::nontransaction{tx.connection()}.exec("SET LOCAL statement_timeout = " + value);
    };
    const auto read_after = [&](const auto& before) {
        place.while_locked(20s, [&] {
            place.manager.transaction([&](gs::Transaction& tx) {
                before(tx);
                (void)place.widgets.in(tx).read("a");
            });
        });
    };
    CHECK_THROWS_AS(read_after([&](gs::Transaction& tx) { set(tx, "150"); }), gs::DeadlineExceededError);
    CHECK_THROWS_AS(read_after([&](gs::Transaction& tx) {
                        set(tx, "150");
                        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& part) {
                            set(part, "0");
                            throw std::runtime_error{"to undo it"};
                        }),
                                        std::runtime_error);
                    }),
                    gs::DeadlineExceededError);
    const std::vector<std::pair<std::string, Widget>> many{{"b", {"nut", 1}}};
    CHECK_THROWS_AS(place.while_locked(20s,
                                       [&] {
                                           place.manager.transaction([&](gs::Transaction& tx) {
                                               set(tx, "150");
                                               place.widgets.in(tx).write_many(many, gs::LoadOptions{});
                                           });
                                       }),
                    gs::DeadlineExceededError);
}

TEST_CASE("a statement that somebody cancels before its limit is a CancelledError, also after SET LOCAL") {
    Lockable place{{.max_size = 1}};
    by_hand(place.url, "CREATE TABLE unlocked (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    Backend unlocked{place.manager, "unlocked"};
    pqxx::connection other{place.url};
    pqxx::work lock{other};
    lock.exec("LOCK TABLE widgets");
    const auto cancelled = [&](auto&& call) {
        auto calling = std::async(std::launch::async, call);
        await([&] { return place.waiting("clock_timestamp() - query_start > '200ms'"); });
        by_hand(place.url,
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
                "wait_event_type = 'Lock'");
        const auto error = error_of<gs::CancelledError>([&] { calling.get(); });
        CHECK(error.sqlstate() == "57014");
    };
    cancelled([&] { (void)place.widgets.read("a"); });
    cancelled([&] { (void)place.widgets.within(1h).read("a"); });
    cancelled([&] {
        place.manager.transaction([&](gs::Transaction& tx) {
            pqxx::nontransaction{tx.connection()}.exec("SET LOCAL statement_timeout = '1min'");
            (void)place.widgets.in(tx).read("a");
        });
    });
    cancelled([&] {  // the limit of the inner transaction ended with it
        place.manager.transaction([&](gs::Transaction& tx) {
            try {
                tx.transaction([&](gs::Transaction& part) {
                    pqxx::nontransaction{part.connection()}.exec("SET LOCAL statement_timeout = 100");
                    (void)unlocked.in(part).count();  // so that the limit is known
                    throw std::runtime_error{"to undo it"};
                });
            } catch (const std::runtime_error&) {
            }
            (void)place.widgets.in(tx).read("a");
        });
    });
}
