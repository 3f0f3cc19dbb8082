// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <libpq-fe.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// Holds a lock on the table until it is let go of.
class TableLock {
public:
    explicit TableLock(const std::string& url) : session_{url} { work_.exec("BEGIN; LOCK TABLE widgets"); }
    void release() { work_.exec("ROLLBACK"); }

private:
    pqxx::connection session_;
    pqxx::nontransaction work_{session_};
};

/// A session that sees when the server ends all sessions.
class Witness {
public:
    explicit Witness(const std::string& url) : session_{PQconnectdb(url.c_str()), &PQfinish} {
        PQsetNoticeReceiver(session_.get(), [](void*, const PGresult*) {}, nullptr);
    }
    [[nodiscard]] bool is_dismissed() const {
        PQclear(PQexec(session_.get(), "SELECT 1"));
        return PQstatus(session_.get()) == CONNECTION_BAD;
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> session_;
};

/// The backend of a call that waits for a lock.
pid_t await_waiting_backend(const FaultyLine& line) {
    const std::string waits = "wait_event_type = 'Lock'";
    await([&] { return !line.of_sessions("pid", waits).empty(); });
    return line.of_sessions("pid", waits)[0][0].as<pid_t>();
}

void terminate(const FaultyLine& line, pid_t backend) {
    (void)line.at_server("SELECT pg_terminate_backend(" + std::to_string(backend) + ", 10000)");
}

/// Borrows that many connections at once, so that they are all there.
void fill(gs::PostgresConnectionManager& manager, std::size_t size) {
    std::latch all{static_cast<std::ptrdiff_t>(size)};
    std::vector<std::jthread> threads;
    threads.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        threads.emplace_back([&] { manager.with_connection([&](auto&) { all.arrive_and_wait(); }); });
    }
}

/// How many of the calls that so many threads make failed.
std::size_t failures(std::size_t threads_in_all, int calls, const std::function<void(std::size_t)>& call) {
    std::atomic<std::size_t> failed = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(threads_in_all);
        for (std::size_t i = 0; i < threads_in_all; ++i) {
            threads.emplace_back([&, i] {
                for (int j = 0; j < calls; ++j) {
                    try {
                        call(i);
                    } catch (const std::exception&) {
                        ++failed;
                    }
                }
            });
        }
    }
    return failed;
}

}  // namespace

TEST_CASE("when all idle connections are ended at once, no caller notices") {
    FaultyLine line{{.max_size = 8}};
    line.widgets.write("a", {"bolt", 1});
    for (int round = 0; round < 3; ++round) {
        fill(line.manager, 8);
        REQUIRE(line.manager.pool()->counters().idle == 8);
        (void)line.of_sessions("pg_terminate_backend(pid)");
        await([&] { return line.guard.sessions() == 0; });
        CHECK(failures(8, 3, [&](std::size_t i) {
                  (void)line.widgets.read("a");
                  line.widgets.write(std::to_string(i), {"nut", round});
              }) == 0);
    }
    CHECK(line.widgets.count() == 9);
}

TEST_CASE("a read whose backend is ended while it waits gives what it would have given") {
    FaultyLine line;
    line.widgets.write("a", {"bolt", 1});
    TableLock lock{line.url};
    auto read = std::async(std::launch::async, [&] { return line.widgets.read("a"); });
    terminate(line, await_waiting_backend(line));
    lock.release();
    CHECK(read.get() == Widget{"bolt", 1});
}

TEST_CASE("a write whose backend is ended while it waits is told truthfully") {
    FaultyLine line;
    line.widgets.write("a", {"bolt", 1});
    TableLock lock{line.url};
    auto write = std::async(std::launch::async, [&] {
        try {
            line.widgets.write("a", {"nut", 2});
            return gs::Outcome::applied;
        } catch (const gs::StorageError& error) {
            return error.outcome();
        }
    });
    terminate(line, await_waiting_backend(line));
    lock.release();
    const gs::Outcome told = write.get();
    const Widget stored = line.widgets.read("a");
    if (told == gs::Outcome::applied) CHECK(stored == Widget{"nut", 2});
    if (told == gs::Outcome::not_applied) CHECK(stored == Widget{"bolt", 1});
}

TEST_CASE("a backend that is killed takes the server down for a moment, and no acknowledged write with it") {
    gs::testing::PostgresServer server{{.tcp = true}};
    FaultyLine line{{.max_size = 4}, server};
    line.widgets.write("a", {"bolt", 1});
    for (int round = 1; round <= 3; ++round) {
        fill(line.manager, 4);
        line.widgets.write(std::to_string(round), {"nut", round});
        const Witness witness{line.url};
        REQUIRE(::kill(line.backend(), SIGKILL) == 0);
        await([&] { return witness.is_dismissed(); });
        CHECK(line.widgets.read("a") == Widget{"bolt", 1});
        CHECK(line.widgets.read(std::to_string(round)) == Widget{"nut", round});
    }
    CHECK(line.widgets.count() == 4);
}

TEST_CASE("a write that a stopped backend may still make is not called undone, and its connection is not used again") {
    FaultyLine line{{.max_size = 1, .operation_timeout = 300ms}};
    until_it_works([&] { line.widgets.write("a", {"bolt", 1}); });
    const auto stored = [&] { return line.at_server("SELECT data->>'name' FROM widgets")[0][0].as<std::string>(); };
    const pid_t stopped = line.backend();
    const std::string is_stopped = "pid = " + std::to_string(stopped);
    REQUIRE(::kill(stopped, SIGSTOP) == 0);
    const auto error = error_of<gs::OutcomeUnknownError>([&] { line.widgets.write("a", {"nut", 2}); });
    CHECK(error.outcome() == gs::Outcome::unknown);
    CHECK(stored() == "bolt");
    until_it_works([&] { CHECK(line.widgets.read("a") == Widget{"bolt", 1}); });
    CHECK(line.of_sessions("1", is_stopped).size() == 1);
    REQUIRE(::kill(stopped, SIGCONT) == 0);
    await([&] { return line.of_sessions("1", is_stopped).empty(); });
    CHECK((stored() == "nut" || stored() == "bolt"));
    until_it_works([&] { (void)line.widgets.read("a"); });
    CHECK(line.backend() != stopped);
}

TEST_CASE("while the server takes no new connections, those that there are serve all who do not dial themselves") {
    gs::testing::PostgresServer server{{.tcp = true}};
    FaultyLine line{{.max_size = 4, .acquire_timeout = 400ms}, server};
    until_it_works([&] {
        line.widgets.write("a", {"bolt", 1});
        fill(line.manager, 2);
    });
    const pid_t postmaster = server.pid();
    REQUIRE(::kill(postmaster, SIGSTOP) == 0);
    const std::size_t failed = failures(2, 50, [&](std::size_t) { (void)line.widgets.read("a"); });
    std::atomic<std::size_t> served = 0;
    std::atomic<std::size_t> told_otherwise = 0;
    const std::size_t failed_in_crowd = failures(8, 50, [&](std::size_t) {
        try {
            (void)line.widgets.read("a");
            ++served;
        } catch (const gs::ConnectionError& error) {
            if (error.cause() != gs::ConnectFailure::deadline) ++told_otherwise;
            throw;
        }
    });
    REQUIRE(::kill(postmaster, SIGCONT) == 0);
    CHECK(failed == 0);
    CHECK(told_otherwise == 0);
    CHECK(served + failed_in_crowd == 400);
    CHECK(served >= 200);
    CHECK_NOTHROW(until_it_works([&] { line.manager.check(); }));
}

TEST_CASE("pools that the server allows fewer connections than they may have work with those") {
    gs::testing::PostgresServer server{
        {.settings = {{"max_connections", "7"}, {"superuser_reserved_connections", "0"}, {"max_wal_senders", "0"}},
         .tcp = true}};
    const std::string url = server.create_database();
    by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    const NothingLeftBehind guard{server};
    {
        std::vector<std::unique_ptr<gs::PostgresConnectionManager>> managers;
        std::vector<gs::PostgresStorageBackend<Widget>> storages;
        for (int i = 0; i < 3; ++i) {
            managers.push_back(std::make_unique<gs::PostgresConnectionManager>(
                url + "&application_name=" + guard.application_name(), gs::PoolOptions{.max_size = 4}));
            managers.back()->check();
            storages.emplace_back(*managers.back(), "widgets");
        }
        CHECK(failures(12, 100, [&](std::size_t i) { storages.at(i % 3).write(std::to_string(i), {"bolt", 1}); }) == 0);
        for (const auto& manager : managers) CHECK(manager->pool()->counters().leased == 0);
        CHECK(storages.front().count() == 12);
    }
}

TEST_CASE("a statement that somebody cancels on the server leaves its connection usable") {
    FaultyLine line{{.max_size = 1}};
    line.widgets.write("a", {"bolt", 1});
    const pid_t before = line.backend();
    TableLock lock{line.url};
    auto read = std::async(std::launch::async,
                           [&] { return error_of<gs::CancelledError>([&] { (void)line.widgets.read("a"); }); });
    (void)line.at_server("SELECT pg_cancel_backend(" + std::to_string(await_waiting_backend(line)) + ")");
    const auto error = read.get();
    lock.release();
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(line.widgets.read("a") == Widget{"bolt", 1});
    CHECK(line.backend() == before);
}
