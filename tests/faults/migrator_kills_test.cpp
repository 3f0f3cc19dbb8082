// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "faults/guards.hpp"
#include "faults/tcp_proxy.hpp"
#include "postgres/race.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <exception>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace gs = gridone::storage;

namespace {

/// Steps of both kinds, each of which tells that it was there.
const std::vector<gs::Migration> steps{
    {.number = 1, .name = "log", .up = "CREATE TABLE log (step int); INSERT INTO log VALUES (1)"},
    {.number = 2, .name = "index", .up = gs::outside_transaction("CREATE UNIQUE INDEX CONCURRENTLY one ON log (step)")},
    {.number = 3, .name = "three", .up = "INSERT INTO log VALUES (3)"},
    {.number = 4,
     .name = "another index",
     .up = gs::outside_transaction("DROP INDEX CONCURRENTLY one; CREATE INDEX CONCURRENTLY two ON log (step)")},
    {.number = 5, .name = "five", .up = "INSERT INTO log VALUES (5)"},
};

void migrate(const std::string& url) {
    gs::PostgresConnectionManager manager{url};
    gs::Migrator{manager}.add(steps).apply();
}

/// A program that migrates through a line which stalls, and is killed when it does.
class KilledMigrator {
public:
    explicit KilledMigrator(const std::string& application_name)
        : url_{tcp_server().create_database()}, through_proxy_{proxy_.url(database_of(url_), application_name)} {}

    /// The bytes that a program sends, or gets, that nobody kills.
    std::size_t size_of(Way way) {
        clean_up();
        proxy_.mark();
        CHECK(ended(start()) == 0);
        return proxy_.bytes(way);
    }

    /// Kills it once so many bytes have passed; then another program migrates, without a hand's help.
    /// @returns what was wrong after that; empty, if nothing
    std::string kill(Way way, std::size_t after) {
        clean_up();
        proxy_.once(way, {.kind = LineFault::Kind::stall, .after = after});
        const pid_t child = start();
        await([&] {
            siginfo_t ended{};
            ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
            return !proxy_.armed(way) || ended.si_pid == child;
        });
        ::kill(child, SIGKILL);
        (void)ended(child);
        proxy_.heal();
        proxy_.cut_all(Cut::close);
        try {
            migrate(url_);
        } catch (const std::exception& error) {
            return error.what();
        }
        const auto one = [&](const std::string& sql) { return by_hand(url_, sql)[0][0].as<std::string>(""); };
        const std::string log = one("SELECT string_agg(step::text, ' ' ORDER BY ctid) FROM log");
        if (log != "1 3 5") return "the steps that were run are " + log;
        const std::string indexes =
            one("SELECT string_agg(relname || indisvalid, ' ') FROM pg_index JOIN pg_class ON oid = indexrelid WHERE "
                "indrelid "
                "= 'log'::regclass");
        if (indexes != "twotrue") return "the indexes are " + indexes;
        const std::string journal =
            one("SELECT string_agg(number || state, ' ' ORDER BY number) FROM gridone_migrations");
        if (journal != "1applied 2applied 3applied 4applied 5applied") return "the journal says " + journal;
        return {};
    }

private:
    void clean_up() {
        // A killed program's session may not have noticed yet.
        by_hand(
            url_,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid "
            "<> pg_backend_pid()");
        by_hand(url_, "DROP TABLE IF EXISTS log, gridone_migrations");
    }

    pid_t start() {
        const pid_t child = ::fork();
        if (child != 0) return child;
        try {
            migrate(through_proxy_);
        } catch (const std::exception&) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    static int ended(pid_t child) {
        int status = -1;
        ::waitpid(child, &status, 0);
        return status;
    }

    std::string url_;
    TcpProxy proxy_{tcp_server().port()};
    std::string through_proxy_;
};

}  // namespace

TEST_CASE("a migrator that is killed anywhere leaves nothing that the next one does not put right") {
    const NothingLeftBehind guard{tcp_server()};
    KilledMigrator migrator{guard.application_name()};
    const std::size_t step = full_run() ? 7 : 409;
    std::size_t kills = 0;
    std::vector<std::string> wrong;
    for (const Way way : {Way::request, Way::reply}) {
        const std::size_t size = migrator.size_of(way);
        for (std::size_t after = 0; after < size; after += step) {
            const std::string what = migrator.kill(way, after);
            ++kills;
            if (what.empty()) continue;
            wrong.push_back((way == Way::request ? "request, " : "reply, ") + std::to_string(after) + ": " + what);
        }
    }
    publish("migrator_kills kills=" + std::to_string(kills) + " manual_repairs=" + std::to_string(wrong.size()));
    CAPTURE(wrong);
    CHECK(wrong.empty());
}

TEST_CASE("eight processes migrate at once, round after round") {
    const int rounds = full_run() ? 200 : 10;
    int failures = 0;
    int wrong = 0;
    for (int round = 0; round < rounds; ++round) {
        const std::string url = tcp_server().create_database();
        failures += failures_of_race(8, [&] { migrate(url); });
        const auto log = by_hand(url, "SELECT string_agg(step::text, ' ' ORDER BY ctid) FROM log");
        if (log[0][0].as<std::string>("") != "1 3 5") ++wrong;
    }
    publish("migrator_race rounds=" + std::to_string(rounds) + " processes=8 failures=" + std::to_string(failures) +
            " applied_otherwise_than_once=" + std::to_string(wrong));
    CHECK(failures == 0);
    CHECK(wrong == 0);
}
