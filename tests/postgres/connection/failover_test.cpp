// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "faults/tcp_proxy.hpp"
#include "postgres/server.hpp"
#include "postgres/standby.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <future>
#include <latch>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* logged_widgets =
    "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
    "CREATE TABLE log (id TEXT);"
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "  INSERT INTO log VALUES (NEW.id); RETURN NULL; END $$;"
    "CREATE TRIGGER note AFTER INSERT OR UPDATE ON widgets FOR EACH ROW EXECUTE FUNCTION note()";

/// A primary with a standby that has every commit, and the table on both.
struct Pair {
    gs::testing::PostgresServer primary;
    Standby standby{primary};
    std::string either = standby.either("postgres");

    explicit Pair(gs::testing::PostgresServer::Options options = {}) : primary{std::move(options)} {
        by_hand(primary.url("postgres"), logged_widgets);
    }
};

/// A pair whose standby is stopped, and writes that lose their reply while they wait for it.
struct Unreplicated {
    Pair pair{{.tcp = true}};
    std::string url = pair.primary.url("postgres");
    TcpProxy proxy{pair.primary.port()};

    void stop_standby() { pair.standby.server().stop(gs::testing::PostgresServer::Stop::immediate); }
    void start_standby() {
        pair.standby.server().start();
        is_standby_running_ = true;
    }

    /// How many sessions wait for the standby.
    [[nodiscard]] std::size_t waiting() const {
        return by_hand(url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")[0][0]
            .as<std::size_t>();
    }

    /// Writes a document each: alone, in a transaction, in a shared statement, and alone on a session that is cancelled;
    /// the others lose their line. Returns when all are visible on the primary, and others wait in their place.
    [[nodiscard]] std::vector<std::future<void>> lose_replies(std::chrono::milliseconds operation_timeout) {
        const gs::PoolOptions options{.max_size = 8, .operation_timeout = operation_timeout};
        const std::string cut = proxy.url("postgres", "cut");
        const std::string cancelled = pair.primary.url("postgres") + "&application_name=cancelled";
        stop_standby();
        const auto writing = [&](const std::string& dsn, auto write) {
            return std::async(std::launch::async, [dsn, operation_timeout, write] {
                gs::PostgresConnectionManager manager{dsn, {.max_size = 2, .operation_timeout = operation_timeout}};
                gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
                write(widgets);
            });
        };
        std::vector<std::future<void>> writes;
        writes.push_back(writing(cut, [](auto& widgets) { widgets.write("alone", {"bolt", 1}); }));
        writes.push_back(writing(cut, [](auto& widgets) {
            widgets.transaction([&](gs::Transaction& tx) { widgets.in(tx).write("in a transaction", {"bolt", 1}); });
        }));
        writes.push_back(writing(
            cut, [](auto& widgets) { gs::CoalescingStorageBackend<Widget>{widgets}.write("shared", {"bolt", 1}); }));
        writes.push_back(writing(cancelled, [](auto& widgets) { widgets.write("cancelled", {"bolt", 1}); }));
        await([&] { return waiting() == writes.size(); });
        proxy.cut_all(Cut::reset);
        by_hand(url, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'cancelled'");
        await([&] { return documents_at(url) == writes.size(); });
        return writes;
    }

    /// How many of the documents the standby has once the primary is lost.
    [[nodiscard]] std::size_t left_after_failover() {
        pair.primary.stop(gs::testing::PostgresServer::Stop::immediate);
        if (!is_standby_running_) pair.standby.server().start();
        pair.standby.promote();
        return documents_at(pair.standby.server().url("postgres"));
    }

private:
    static std::size_t documents_at(const std::string& server) {
        return by_hand(server, "SELECT count(*) FROM widgets")[0][0].as<std::size_t>();
    }

    bool is_standby_running_ = false;
};

/// Threads that insert documents with ids of their own until they are told to stop, and note what they were told.
class Writers {
public:
    explicit Writers(const gs::PostgresConnectionManager& manager) : widgets_{manager, "widgets"} {
        for (int thread = 0; thread < 4; ++thread) threads_.emplace_back([this, thread] { run(thread); });
    }
    ~Writers() { stop(); }
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;
    Writers(Writers&&) = delete;
    Writers& operator=(Writers&&) = delete;

    void stop() {
        stopped_ = true;
        threads_.clear();
    }
    [[nodiscard]] std::size_t acknowledged() {
        const std::lock_guard lock{mutex_};
        return acknowledged_;
    }

    // Once stopped:
    std::map<std::string, gs::Outcome> told;
    std::string unexpected;

private:
    void run(int thread) {
        for (int i = 0; !stopped_; ++i) {
            const std::string id = std::to_string(thread) + "-" + std::to_string(i);
            gs::Outcome outcome = gs::Outcome::applied;
            std::string wrong;
            try {
                widgets_.insert(id, {"bolt", i});
            } catch (const gs::OutcomeUnknownError&) {
                outcome = gs::Outcome::unknown;
            } catch (const gs::ConnectionError& error) {
                outcome = error.outcome();
            } catch (const gs::AcquireTimeoutError& error) {
                outcome = error.outcome();
            } catch (const std::exception& error) {
                wrong = error.what();
            }
            const std::lock_guard lock{mutex_};
            told[id] = outcome;
            if (outcome == gs::Outcome::applied) ++acknowledged_;
            if (!wrong.empty()) unexpected = wrong;
        }
    }

    gs::PostgresStorageBackend<Widget> widgets_;
    std::mutex mutex_;
    std::size_t acknowledged_ = 0;
    std::atomic<bool> stopped_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace

TEST_CASE("writers go on after a failover: what was acknowledged is there, and nothing is there twice") {
    Pair pair;
    gs::PostgresConnectionManager manager{pair.either};
    Writers writers{manager};
    await([&] { return writers.acknowledged() > 200; });
    pair.primary.stop(gs::testing::PostgresServer::Stop::immediate);
    pair.standby.promote();
    const auto promoted = Clock::now();
    const std::size_t before = writers.acknowledged();
    await([&] { return writers.acknowledged() > before; });
    CHECK(Clock::now() - promoted < 2s);
    await([&] { return writers.acknowledged() > before + 200; });
    writers.stop();
    CHECK(writers.unexpected.empty());
    const std::string url = pair.standby.server().url("postgres");
    std::map<std::string, int> applied;
    for (const auto& row : by_hand(url, "SELECT id, count(*) FROM log GROUP BY id")) {
        applied[row[0].as<std::string>()] = row[1].as<int>();
    }
    int lost = 0;
    int wrong = 0;
    int twice = 0;
    std::size_t unknown = 0;
    for (const auto& [id, outcome] : writers.told) {
        if (outcome == gs::Outcome::applied && !applied.contains(id)) ++lost;
        if (outcome == gs::Outcome::not_applied && applied.contains(id)) ++wrong;
        if (outcome == gs::Outcome::unknown) ++unknown;
        if (applied.contains(id) && applied[id] != 1) ++twice;
    }
    CHECK(lost == 0);
    CHECK(wrong == 0);
    CHECK(twice == 0);
    CHECK(unknown <= 4);  // one for each thread
}

TEST_CASE("a write that is lost in a failover stays unknown, though the new primary has the old content") {
    Pair pair;
    by_hand(pair.primary.url("postgres"), "INSERT INTO widgets VALUES ('a', '{}')");
    by_hand(pair.primary.url("postgres"),
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER stop AFTER UPDATE ON widgets DEFERRABLE INITIALLY DEFERRED"
            "  FOR EACH ROW EXECUTE FUNCTION stop()");
    gs::PostgresConnectionManager manager{pair.either, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    manager.check();
    pqxx::connection other{pair.primary.url("postgres")};
    pqxx::nontransaction holding{other};
    holding.exec("SELECT pg_advisory_lock(1)");
    auto writing = std::async(std::launch::async, [&] { widgets.write("a", {"bolt", 1}); });
    await([&] {
        return !by_hand(pair.primary.url("postgres"), "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    .empty();
    });
    pair.primary.stop(gs::testing::PostgresServer::Stop::immediate);
    pair.standby.promote();
    const auto error = error_of<gs::OutcomeUnknownError>([&] { writing.get(); });
    CHECK(error.outcome() == gs::Outcome::unknown);
    CHECK_NOTHROW(widgets.insert("b", {"bolt", 1}));
}

TEST_CASE("a write that meets a primary which has become read-only is repeated where writes are accepted") {
    Pair pair;
    gs::PostgresConnectionManager manager{pair.either, {.max_size = 3}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto three_writes = [&] {
        std::latch all{3};
        std::vector<std::jthread> threads;
        threads.reserve(3);
        std::atomic<int> failed = 0;
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([&, thread] {
                try {
                    gs::detail::ManagerAccess::state(manager)->with_lease(
                        {.operation = "test"}, gs::detail::Effect::reads,
                        [&](gs::detail::Lease&, const gs::detail::Until&) { all.arrive_and_wait(); });
                    widgets.write(std::to_string(thread), {"bolt", 1});
                } catch (const gs::StorageError&) {
                    ++failed;
                }
            });
        }
        threads.clear();
        return failed.load();
    };
    const std::string sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gridone_storage'";
    const std::string old = pair.primary.url("postgres");
    CHECK(three_writes() == 0);
    CHECK(by_hand(old, sessions)[0][0].as<int>() == 3);
    by_hand(old, "ALTER SYSTEM SET synchronous_standby_names = ''");
    by_hand(old, "ALTER SYSTEM SET default_transaction_read_only = on");
    by_hand(old, "SELECT pg_reload_conf()");
    pair.standby.promote();
    await([&] { return by_hand(old, "SHOW default_transaction_read_only")[0][0].as<std::string>() == "on"; });
    widgets.write("a", {"bolt", 1});
    CHECK(by_hand(pair.standby.server().url("postgres"), "SELECT FROM widgets WHERE id = 'a'").size() == 1);
    CHECK(by_hand(old, "SELECT FROM widgets WHERE id = 'a'").empty());
    CHECK(manager.stats().retirements.read_only >= 1);
    // The others are noticed when they are asked for a sign of life, or meet a write.
    for (int round = 0; by_hand(old, sessions)[0][0].as<int>() != 0 && round < 20; ++round) CHECK(three_writes() == 0);
    CHECK(by_hand(old, sessions)[0][0].as<int>() == 0);
}

TEST_CASE("a primary that comes back as a standby gets no more writes") {
    Pair pair;
    gs::PostgresConnectionManager manager{pair.either};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    pair.primary.stop();
    pair.standby.promote();
    const std::string signal = pair.primary.socket_directory() + "/data/standby.signal";
    std::ofstream{signal} << std::flush;
    pair.primary.start();
    CHECK(by_hand(pair.primary.url("postgres"), "SELECT pg_is_in_recovery()")[0][0].as<bool>());
    CHECK_NOTHROW(widgets.write("a", {"bolt", 2}));
    CHECK(widgets.read("a") == Widget{"bolt", 2});
}

TEST_CASE("writes that lost their reply while no standby had them are of unknown outcome, and a failover loses them") {
    Unreplicated place;
    for (auto& write : place.lose_replies(6s)) CHECK_THROWS_AS(write.get(), gs::OutcomeUnknownError);
    CHECK(place.left_after_failover() == 0);
}

TEST_CASE("writes that lost their reply are reported as stored once the standby has them, and survive a failover") {
    Unreplicated place;
    auto writes = place.lose_replies(30s);
    place.start_standby();
    for (auto& write : writes) CHECK_NOTHROW(write.get());
    CHECK(place.left_after_failover() == 4);
}

TEST_CASE("a lost reply is resolved without a standby where the session does not wait for one") {
    const std::string mode = GENERATE("local", "off");
    Unreplicated place;
    by_hand(place.url, "ALTER ROLE postgres SET synchronous_commit = " + mode);
    gs::PostgresConnectionManager manager{place.proxy.url("postgres", mode), {.max_size = 2}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("b", {"bolt", 1});  // prepares the statement
    place.stop_standby();
    place.proxy.once(Way::reply, {.kind = LineFault::Kind::close, .after = 0});
    CHECK_NOTHROW(widgets.write("a", {"bolt", 1}));
    CHECK(manager.stats().unknown_outcomes_resolved == 1);
    CHECK(by_hand(place.url, "SELECT count(*) FROM log WHERE id = 'a'")[0][0].as<int>() == 1);
}
