// SPDX-License-Identifier: MIT

#include "migrate/command.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/transaction>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

struct Ended {
    int status = 0;
    std::string out{};
    std::string err{};
};

const std::vector<gs::Migration> releases{
    {.number = 1, .name = "devices", .up = "CREATE TABLE devices (id text)", .down = "DROP TABLE devices"},
    {.number = 2, .name = "site", .up = "ALTER TABLE devices ADD COLUMN site text"}};

/// The program of a service, on a database of its own.
struct Service {
    Ended run(std::vector<std::string> arguments, std::vector<gs::Migration> steps = releases) {
        arguments.insert(arguments.begin(), {"migrate", "--database", url});
        std::vector<const char*> argv;
        argv.reserve(arguments.size());
        for (const std::string& argument : arguments) argv.push_back(argument.c_str());
        std::ostringstream out;
        std::ostringstream err;
        migrate::Command command{{.steps = std::move(steps)}, out, err};
        const int status = command.run(static_cast<int>(argv.size()), argv.data());
        return {status, out.str(), err.str()};
    }

    std::string url = shared_server().create_database();
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(Service, "the command line plans, applies, tells and goes back") {
    CHECK(run({"status"}).out == "1 devices: pending\n2 site: pending\n");
    CHECK(run({"plan"}).out == "1 devices: to apply\n2 site: to apply\n");
    const Ended dry = run({"up", "--dry-run"});
    CHECK(dry.out ==
          "-- 1 devices\nCREATE TABLE devices (id text);\n-- 2 site\nALTER TABLE devices ADD COLUMN site text;\n");
    CHECK(has(run({"status"}).out, "1 devices: pending"));

    const Ended up = run({"up"});
    CHECK(up.status == 0);
    CHECK(up.out == "1 devices: applied\n2 site: applied\n");
    CHECK(up.err == "1 devices …\n2 site …\n");
    CHECK(run({"up"}).out == "nothing applied\n");
    CHECK(has(run({"status"}).out, "2 site: applied 20"));
    CHECK(run({"verify"}).status == 0);

    const Ended stuck = run({"down", "0"});
    CHECK(stuck.status == 1);
    CHECK(has(stuck.err, "has no script for the way back"));
    std::vector<gs::Migration> reversible = releases;
    reversible[1].down = "ALTER TABLE devices DROP COLUMN site";
    CHECK(run({"down", "1", "--dry-run"}, reversible).out == "-- 2 site\nALTER TABLE devices DROP COLUMN site;\n");
    CHECK(run({"down", "0"}, reversible).out == "2 site: gone back from\n1 devices: gone back from\n");
    CHECK(run({"status"}).out == "1 devices: pending\n2 site: pending\n");
}

TEST_CASE_METHOD(Service, "the command line says what is wrong and ends with 1") {
    REQUIRE(run({"up"}).status == 0);
    std::vector<gs::Migration> edited = releases;
    edited[0].up += " -- edited";
    const Ended verified = run({"verify"}, edited);
    CHECK(verified.status == 1);
    CHECK(has(verified.out, "1 devices was applied with another script"));
    CHECK(run({"up"}, edited).status == 1);
    const Ended newer = run({"up"}, {releases[0]});
    CHECK(newer.status == 1);
    CHECK(has(newer.err, "was applied by a newer program"));
    CHECK(run({"--allow-future", "up"}, {releases[0]}).status == 0);
    url = "postgresql://nobody@127.0.0.1:1/none";
    CHECK(run({"--deadline", "1", "status"}).status == 1);
}

TEST_CASE_METHOD(Service, "the command line takes steps from a folder") {
    const auto folder = std::filesystem::temp_directory_path() / url.substr(url.find("port="));
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "0003.note.sql"} << "ALTER TABLE devices ADD COLUMN note text";
    CHECK(run({"--folder", folder.string(), "up"}).out == "1 devices: applied\n2 site: applied\n3 note: applied\n");
    std::filesystem::remove_all(folder);
    CHECK(run({"--folder", folder.string(), "up"}).status != 0);
}

TEST_CASE_METHOD(Service, "the command line explains itself, and refuses what it does not understand") {
    const Ended help = run({"--help"});
    CHECK(help.status == 0);
    for (const char* command : {"status", "plan", "up", "down", "verify"}) CHECK(has(help.out, command));
    CHECK(run({}).status != 0);
    CHECK(run({"sideways"}).status != 0);
    CHECK(run({"down"}).status != 0);
    CHECK(run({"down", "-1"}).status != 0);
    CHECK(has(run({"down", "x"}).err, "to"));
}

TEST_CASE_METHOD(Service, "a long step is told of again and again") {
    pqxx::connection other{url};
    std::optional<pqxx::work> holder{std::in_place, other};
    holder->exec("SELECT pg_advisory_xact_lock(42)");
    std::vector<std::chrono::milliseconds> told;
    gs::PostgresConnectionManager manager{url};
    gs::Migrator migrator{manager,
                          {.deadline = 20s,
                           .on_progress =
                               [&](const gs::MigrationProgress& progress) {
                                   if (progress.kind != gs::MigrationProgress::Kind::running) return;
                                   CHECK(progress.number == 1);
                                   told.push_back(progress.elapsed);
                                   if (told.size() == 3) holder.reset();
                               },
                           .progress_interval = 20ms}};
    migrator.add(1, "waits", "SELECT pg_advisory_xact_lock(42)").apply();
    REQUIRE(told.size() >= 3);
    CHECK(told[0] >= 20ms);
    CHECK(told[2] >= 60ms);
    CHECK(std::ranges::is_sorted(told));
}

TEST_CASE_METHOD(Service, "what the progress function throws during a long step stops the step") {
    pqxx::connection other{url};
    pqxx::work holder{other};
    holder.exec("SELECT pg_advisory_xact_lock(42)");
    gs::PostgresConnectionManager manager{url};
    for (const std::string script :
         {"SELECT pg_advisory_xact_lock(42)", "-- no-transaction\nSELECT pg_advisory_lock(42)"}) {
        gs::Migrator migrator{manager,
                              {.deadline = 20s,
                               .on_progress =
                                   [](const gs::MigrationProgress& progress) {
                                       using Kind = gs::MigrationProgress::Kind;
                                       if (progress.kind == Kind::running) throw std::logic_error{"enough"};
                                   },
                               .progress_interval = 20ms}};
        CHECK_THROWS_AS(migrator.add(1, "waits", script).apply(), std::logic_error);
        CHECK(migrator.status().front().state != gs::MigrationStatus::State::applied);
    }
    CHECK_NOTHROW(gs::Migrator{manager}.repair());
    holder.abort();
    CHECK(
        run({"up"}, {{.number = 1, .name = "waits", .up = "-- no-transaction\nSELECT pg_advisory_lock(42)"}}).status ==
        0);
}
