// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// A password that changes, as a service would get it from its vault.
class Vault {
public:
    explicit Vault(std::string first) : now_{std::move(first)} {}
    void set(std::string next) {
        const std::lock_guard lock{mutex_};
        now_ = std::move(next);
    }
    [[nodiscard]] std::string get() {
        const std::lock_guard lock{mutex_};
        ++asked_;
        return now_;
    }
    [[nodiscard]] int asked() {
        const std::lock_guard lock{mutex_};
        return asked_;
    }

private:
    std::mutex mutex_;
    std::string now_;
    int asked_ = 0;
};

/// A server that asks for passwords, with a role whose password changes.
struct Rotating {
    gs::testing::PostgresServer server{{.password = "of the superuser"}};
    Vault vault{"canary-first"};

    Rotating() { by_hand(server.url("postgres"), "CREATE ROLE service LOGIN PASSWORD 'canary-first'"); }

    void rotate(const std::string& next) {
        by_hand(server.url("postgres"), "ALTER ROLE service PASSWORD '" + next + "'");
    }
    [[nodiscard]] std::string place() const {
        return "host=" + server.socket_directory() + " port=" + std::to_string(server.port()) +
               " user=service dbname=postgres password=canary-stale";
    }
    [[nodiscard]] gs::PoolOptions options() {
        return {.max_size = 2, .password = [this] { return vault.get(); }};
    }
};

/// Runs `f` while a connection of the pool is held by this thread.
void while_held(gs::PostgresConnectionManager& manager, const std::function<void()>& f) {
    gs::detail::ManagerAccess::state(manager)->with_lease(
        {.operation = "test"}, gs::detail::Effect::reads,
        [&](gs::detail::Lease& lease, const gs::detail::Until& until) {
            lease->run_text("SELECT 1", until);
            f();
        });
}

}  // namespace

TEST_CASE_METHOD(Rotating, "sessions go on when the password changes, and new ones get the new password") {
    gs::PostgresConnectionManager manager{place(), options()};
    const auto check_elsewhere = [&] {
        std::optional<gs::ConnectionError> refused;
        std::jthread{[&] {
            try {
                manager.check();
            } catch (const gs::ConnectionError& error) {
                refused = error;
            }
        }}.join();
        return refused;
    };
    manager.check();
    CHECK(vault.asked() == 1);
    rotate("canary-second");
    while_held(manager, [&] {
        const auto refused = check_elsewhere();
        REQUIRE(refused);
        CHECK(refused->cause() == gs::ConnectFailure::authentication);
        CHECK(std::string{refused->what()} ==
              "check: the server refused the login (user, password or pg_hba.conf) [SQLSTATE 28P01]");
        CHECK(refused->details().find("canary") == std::string::npos);
        vault.set("canary-second");
        CHECK_FALSE(check_elsewhere());
    });
    CHECK(vault.asked() == 3);
    CHECK(manager.pool()->counters().size == 2);
    for (int i = 0; i < 5; ++i) manager.check();
    CHECK(vault.asked() == 3);
}

TEST_CASE_METHOD(Rotating, "what the callback for the password throws passes to the caller, and the pool works on") {
    bool throws = true;
    gs::PoolOptions rotating = options();
    std::optional<gs::PoolCounters> seen;
    std::shared_ptr<gs::ConnectionPool> pool;
    rotating.password = [&] {
        seen = pool->counters();  // no lock of the pool is held
        if (throws) throw std::runtime_error{"the vault is sealed"};
        return vault.get();
    };
    gs::PostgresConnectionManager manager{place(), rotating};
    pool = manager.pool();
    for (int i = 0; i < 3; ++i) {
        CHECK(std::string{error_of<std::runtime_error>([&] { manager.check(); }).what()} == "the vault is sealed");
        CHECK(seen->size == 1);
        CHECK(pool->counters().size == 0);
    }
    throws = false;
    CHECK_NOTHROW(manager.check());
}

TEST_CASE_METHOD(Rotating, "a write whose reply is lost stays unknown when the password cannot be had to look it up") {
    by_hand(server.url("postgres"),
            "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
            "GRANT ALL ON widgets TO service");
    std::atomic<bool> throws = false;
    gs::PoolOptions rotating = options();
    rotating.password = [&] {
        if (throws) throw std::runtime_error{"the vault is sealed"};
        return vault.get();
    };
    gs::PostgresConnectionManager manager{place(), rotating};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    throws = true;
    const auto pid =
        by_hand(server.url("postgres"), "SELECT pid FROM pg_stat_activity WHERE usename = 'service'")[0][0].as<pid_t>();
    by_hand(
        server.url("postgres"),
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$;"
        "CREATE TRIGGER stop BEFORE UPDATE ON widgets FOR EACH ROW EXECUTE FUNCTION stop()");
    std::jthread kill{[&] {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        const std::string asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        while (by_hand(server.url("postgres"), asleep).empty() && std::chrono::steady_clock::now() < deadline) continue;
        ::kill(pid, SIGKILL);
    }};
    CHECK_THROWS_AS(widgets.write("a", {"bolt", 2}), gs::OutcomeUnknownError);
    kill.join();
}

TEST_CASE_METHOD(Rotating, "a password with NUL is refused, and an empty one is none") {
    vault.set(std::string{"canary-first\0canary", 19});
    gs::PostgresConnectionManager manager{place(), options()};
    const auto error = error_of<gs::InvalidInputError>([&] { manager.check(); });
    CHECK(std::string{error.what()}.find("canary") == std::string::npos);
    vault.set("");
    CHECK(error_of<gs::ConnectionError>([&] { manager.check(); }).cause() == gs::ConnectFailure::authentication);
}

TEST_CASE_METHOD(Rotating, "an attempt that was begun with the old password is not the last word") {
    by_hand(server.url("postgres"), "ALTER SYSTEM SET pre_auth_delay = 1");
    by_hand(server.url("postgres"), "SELECT pg_reload_conf()");
    gs::PostgresConnectionManager manager{place(), options()};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    server.restart();
    rotate("canary-second");
    CHECK(error_of<gs::ConnectionError>([&] { (void)widgets.within(50ms).contains("a"); }).cause() ==
          gs::ConnectFailure::deadline);
    vault.set("canary-second");
    CHECK_NOTHROW(manager.check());
    CHECK(vault.asked() == 2);
}
