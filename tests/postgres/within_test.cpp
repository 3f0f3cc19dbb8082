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
#include <csignal>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <sys/time.h>
#include <thread>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// Interrupts this process every few milliseconds; no system call is restarted by the system.
class Interruptions {
public:
    Interruptions() {
        struct sigaction action{};
        action.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &action, &before_);
        const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 5'000}, .it_value = {.tv_sec = 0, .tv_usec = 1}};
        ::setitimer(ITIMER_REAL, &often, nullptr);
    }
    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;
    Interruptions(Interruptions&&) = delete;
    Interruptions& operator=(Interruptions&&) = delete;
    ~Interruptions() {
        const itimerval never{};
        ::setitimer(ITIMER_REAL, &never, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

private:
    struct sigaction before_{};
};

/// A table that another session has locked.
struct Locked {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    pqxx::connection other{url};
    std::unique_ptr<pqxx::work> lock;

    Locked() {
        by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
        widgets.write("a", {"bolt", 1});
        lock = std::make_unique<pqxx::work>(other);
        lock->exec("LOCK TABLE widgets");
    }
    [[nodiscard]] bool somebody_waits() const {
        return by_hand(url,
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name = 'gridone_storage' AND wait_event_type = 'Lock'")[0][0]
                   .as<int>() != 0;
    }
};

std::chrono::steady_clock::duration time_of(auto&& call) {
    const auto started = std::chrono::steady_clock::now();
    call();
    return std::chrono::steady_clock::now() - started;
}

}  // namespace

TEST_CASE_METHOD(Locked, "within: a read that waits on the server ends at its deadline") {
    CHECK(time_of([&] { CHECK_THROWS_AS(widgets.within(200ms).read("a"), gs::DeadlineExceededError); }) >= 200ms);
    lock->commit();
    CHECK(widgets.within(20s).read("a") == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Locked, "within: a write that was sent is unknown at its deadline, and the server gives it up") {
    const auto error = error_of<gs::OutcomeUnknownError>([&] { widgets.within(200ms).write("a", {"bolt", 2}); });
    CHECK(error.outcome() == gs::Outcome::unknown);
    await([&] { return !somebody_waits(); });  // while the lock is still there
    lock->commit();
    CHECK(widgets.read("a") == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Locked,
                 "signals that interrupt every wait change nothing: connecting, waiting, running, the deadline") {
    const Interruptions interruptions;
    gs::PostgresConnectionManager interrupted{url, {.max_size = 1}};
    const gs::PostgresStorageBackend<Widget> storage{interrupted, "widgets"};
    CHECK(time_of([&] { CHECK_THROWS_AS(storage.within(200ms).read("a"), gs::DeadlineExceededError); }) >= 200ms);
    lock->commit();
    CHECK(storage.read("a") == Widget{"bolt", 1});
    std::future<Widget> waiting;
    interrupted.with_connection([&](pqxx::connection& connection) {
        waiting = std::async(std::launch::async, [&] { return storage.read("a"); });
        CHECK_NOTHROW(pqxx::nontransaction{connection}.exec("SELECT pg_sleep(0.1)"));
        CHECK(waiting.wait_for(0s) == std::future_status::timeout);
    });
    CHECK(waiting.get() == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Locked, "within: one moment ends a row of calls") {
    const auto moment = std::chrono::steady_clock::now() + 200ms;
    const auto soon = widgets.within(moment);
    CHECK_THROWS_AS(soon.read("a"), gs::DeadlineExceededError);
    CHECK(std::chrono::steady_clock::now() >= moment);
    const auto error = error_of<gs::DeadlineExceededError>([&] { (void)soon.count(); });
    CHECK(std::string{error.what()} == "count widgets: the deadline had passed before it began");
}

TEST_CASE_METHOD(Locked, "within: waiting for a connection ends at the deadline as well") {
    manager.with_connection([&](pqxx::connection&) {
        auto waiting = std::async(std::launch::async, [&] { return widgets.within(100ms).contains("a"); });
        CHECK_THROWS_AS(waiting.get(), gs::AcquireTimeoutError);
    });
}

TEST_CASE_METHOD(Locked, "within a stop token: a read that waits on the server ends when it fires") {
    std::stop_source source;
    auto reading = std::async(std::launch::async, [&] { return widgets.within(source.get_token()).read("a"); });
    await([&] { return somebody_waits(); });
    source.request_stop();
    const auto error = error_of<gs::CancelledError>([&] { reading.get(); });
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(error.retry() == gs::Retry::caller_decides);
}

TEST_CASE_METHOD(Locked, "within a stop token: a write that was sent is unknown") {
    std::stop_source source;
    auto writing = std::async(std::launch::async, [&] { widgets.within(source.get_token()).write("a", {"bolt", 2}); });
    await([&] { return somebody_waits(); });
    source.request_stop();
    CHECK_THROWS_AS(writing.get(), gs::OutcomeUnknownError);
}

TEST_CASE_METHOD(Locked, "within a stop token: waiting for a connection ends when it fires") {
    std::stop_source source;
    manager.with_connection([&](pqxx::connection&) {
        auto writing =
            std::async(std::launch::async, [&] { widgets.within(source.get_token()).write("a", {"bolt", 2}); });
        await([&] { return manager.pool()->counters().waiting == 1; });
        source.request_stop();
        CHECK_THROWS_AS(writing.get(), gs::CancelledError);
    });
}

TEST_CASE_METHOD(Locked, "within a stop token that has fired nothing is begun") {
    std::stop_source source;
    source.request_stop();
    CHECK_THROWS_AS(widgets.within(source.get_token()).write("b", {"bolt", 2}), gs::CancelledError);
    lock->commit();
    CHECK_FALSE(widgets.contains("b"));
}
