// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// Borrows a connection as an operation does, and runs `f` while it is held.
void with_connection(gs::PostgresConnectionManager& manager, const std::function<void()>& f) {
    gs::detail::ManagerAccess::state(manager)->with_lease(
        {.operation = "test"}, gs::detail::Effect::reads,
        [&](gs::detail::Lease& lease, const gs::detail::Until& until) {
            lease->run_text("SELECT 1", until);
            f();
        });
}

/// Opens so many connections at a time, which are idle then.
void fill(gs::PostgresConnectionManager& manager, std::ptrdiff_t count) {
    std::latch all{count};
    std::vector<std::jthread> callers;
    callers.reserve(static_cast<std::size_t>(count));
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        callers.emplace_back([&] { with_connection(manager, [&] { all.arrive_and_wait(); }); });
    }
}

}  // namespace

TEST_CASE("a budget of nothing is refused") {
    CHECK_THROWS_AS(gs::ConnectionBudget{0}, gs::InvalidInputError);
}

TEST_CASE("a pool that may not grow for its budget waits until its deadline, and is told why") {
    const std::string url = shared_server().create_database();
    const auto budget = std::make_shared<gs::ConnectionBudget>(1);
    gs::PostgresConnectionManager first{url, {.budget = budget}};
    gs::PostgresConnectionManager second{url, {.acquire_timeout = 50ms, .budget = budget}};
    with_connection(first, [&] {
        const auto started = std::chrono::steady_clock::now();
        const auto error = error_of<gs::AcquireTimeoutError>([&] { second.check(); });
        CHECK(std::chrono::steady_clock::now() - started >= 50ms);
        CHECK(std::string{error.what()} ==
              "check: no connection became free in time, and the budget shared with other pools is used up (0 "
              "of 8 in use, 0 other callers waiting)");
        CHECK(error.counters().size == 0);
        CHECK(second.stats().timeouts.budget_used_up == 1);
        CHECK(budget->used() == 1);
    });
    CHECK_NOTHROW(second.check());
    CHECK_NOTHROW(first.check());
    CHECK(budget->used() == 1);
}

TEST_CASE("an idle connection of one pool makes room for a caller of another") {
    const std::string url = shared_server().create_database();
    const auto budget = std::make_shared<gs::ConnectionBudget>(4);
    gs::PostgresConnectionManager idle{url, {.budget = budget}};
    gs::PostgresConnectionManager busy{url, {.budget = budget}};
    fill(idle, 4);
    REQUIRE(idle.pool()->counters().idle == 4);
    busy.check();
    CHECK(idle.pool()->counters().idle == 3);
    CHECK(busy.pool()->counters().size == 1);
    fill(busy, 4);
    CHECK(idle.pool()->counters().size == 0);
    CHECK(budget->used() == 4);
}

TEST_CASE("a connection that comes back goes to a waiting pool that has none, before the callers of its own") {
    const std::string url = shared_server().create_database();
    const auto budget = std::make_shared<gs::ConnectionBudget>(1);
    gs::PostgresConnectionManager first{url, {.budget = budget}};
    gs::PostgresConnectionManager second{url, {.budget = budget}};
    std::string order;
    std::vector<std::jthread> waiting;
    with_connection(first, [&] {
        waiting.emplace_back([&] { with_connection(first, [&] { order += "first "; }); });
        await([&] { return first.pool()->counters().waiting == 1; });
        waiting.emplace_back([&] { with_connection(second, [&] { order += "second "; }); });
        await([&] { return second.pool()->counters().waiting == 1; });
    });
    waiting.clear();
    CHECK(order == "second first ");
    CHECK(first.stats().retirements.budget == 1);
    CHECK(budget->used() == 1);
}

TEST_CASE("what a pool had of a budget is free when it closes, and when a connection could not be opened") {
    const std::string url = shared_server().create_database();
    const auto budget = std::make_shared<gs::ConnectionBudget>(1);
    gs::PostgresConnectionManager second{url, {.budget = budget}};
    {
        gs::PostgresConnectionManager first{url, {.budget = budget}};
        first.check();
        CHECK(budget->used() == 1);
    }
    CHECK(budget->used() == 0);
    gs::PostgresConnectionManager wrong{url + "&user=nobody_of_this_name", {.budget = budget}};
    CHECK_THROWS_AS(wrong.check(), gs::ConnectionError);
    gs::PostgresConnectionManager throwing{
        url, {.password = []() -> std::string { throw std::runtime_error{"sealed"}; }, .budget = budget}};
    CHECK_THROWS_AS(throwing.check(), std::runtime_error);
    CHECK(budget->used() == 0);
    CHECK_NOTHROW(second.check());
}

TEST_CASE("a pool whose server is away holds nothing of a budget that another one waits for") {
    const std::string url = shared_server().create_database();
    const auto budget = std::make_shared<gs::ConnectionBudget>(1);
    gs::PostgresConnectionManager away{"host=/nonexistent user=u", {.acquire_timeout = 2s, .budget = budget}};
    gs::PostgresConnectionManager there{url, {.budget = budget}};
    std::atomic<bool> told = false;
    std::jthread trying{[&] {
        try {
            away.check();
        } catch (const gs::ConnectionError&) {
            told = true;
        }
    }};
    await([&] { return away.pool()->counters().waiting == 1; });
    for (int i = 0; i < 20; ++i) CHECK_NOTHROW(there.check());
    trying.join();
    CHECK(told);
}

TEST_CASE("three pools with threads of their own never have more than the budget, and nobody starves") {
    const auto budget = std::make_shared<gs::ConnectionBudget>(4);
    const std::string url = shared_server().create_database();
    by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    std::atomic<int> connects = 0;
    std::vector<std::unique_ptr<gs::PostgresConnectionManager>> managers;
    for (int i = 0; i < 3; ++i) {
        const auto counted = [&connects] {
            ++connects;
            return std::string{};
        };
        managers.push_back(std::make_unique<gs::PostgresConnectionManager>(
            url + "&application_name=budget",
            gs::PoolOptions{.acquire_timeout = 20s, .password = counted, .budget = budget}));
    }
    std::atomic<bool> done = false;
    int most = 0;
    std::size_t most_used = 0;
    std::jthread watching{[&] {
        pqxx::connection connection{url};
        pqxx::nontransaction work{connection};
        const auto sessions = [&] {
            most_used = std::max(most_used, budget->used());
            return work.exec("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'budget'")[0][0].as<int>();
        };
        while (!done) {
            int seen = sessions();
            // A process of the server ends a little after its session: on a busy machine the next is there before.
            for (const auto end = std::chrono::steady_clock::now() + 1s;
                 seen > 4 && std::chrono::steady_clock::now() < end;) {
                seen = sessions();
            }
            most = std::max(most, seen);
        }
    }};
    std::vector<std::atomic<int>> calls(18);
    std::atomic<int> failed = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(calls.size());
        for (std::size_t thread = 0; thread < calls.size(); ++thread) {
            threads.emplace_back([&, thread] {
                gs::PostgresStorageBackend<Widget> widgets{*managers[thread % managers.size()], "widgets"};
                const auto end = std::chrono::steady_clock::now() + 3s;
                for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
                    try {
                        widgets.write(std::to_string(thread), {"bolt", i});
                        ++calls[thread];
                    } catch (const gs::StorageError& error) {
                        UNSCOPED_INFO(error.what());
                        ++failed;
                    }
                }
            });
        }
    }
    done = true;
    watching.join();
    CHECK(failed == 0);
    CHECK(most <= 4);
    CHECK(most > 1);
    CHECK(most_used <= 4);
    CAPTURE(std::vector<int>(calls.begin(), calls.end()), connects.load());
    CHECK(*std::min_element(calls.begin(), calls.end()) > 0);
    CHECK(connects < 100);  // connections do not wander to and fro
    for (const auto& manager : managers) CHECK(manager->pool()->counters().leased == 0);
    managers.clear();
    CHECK(budget->used() == 0);
}

TEST_CASE("with fewer connections than pools, pools take turns") {
    const auto budget = std::make_shared<gs::ConnectionBudget>(1);
    const std::string url = shared_server().create_database();
    std::vector<std::jthread> threads;
    threads.reserve(6);
    std::atomic<int> failed = 0;
    for (int thread = 0; thread < 6; ++thread) {
        threads.emplace_back([&] {
            gs::PostgresConnectionManager manager{url, {.acquire_timeout = 20s, .budget = budget}};
            for (int i = 0; i < 10; ++i) {
                try {
                    manager.check();
                } catch (const gs::StorageError&) {
                    ++failed;
                }
            }
        });
    }
    threads.clear();
    CHECK(failed == 0);
    CHECK(budget->used() == 0);
}
