// SPDX-License-Identifier: MIT

#include "postgres/race.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/transaction>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;
using Kind = gs::MigrationProblem::Kind;
using State = gs::MigrationStatus::State;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const std::vector<gs::Migration>& migrations) {
    Numbers all;
    for (const gs::Migration& one : migrations) all.push_back(one.number);
    return all;
}

/// A database, and what its steps have written down.
struct Plant {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::Migrator migrator{manager};

    /// Three steps of which each writes its number.
    Plant() {
        migrator.add(1, "steps", "CREATE TABLE steps (number int); INSERT INTO steps VALUES (1)", "DROP TABLE steps");
        migrator.add(3, "three", "INSERT INTO steps VALUES (3)", "DELETE FROM steps WHERE number = 3");
        migrator.add(2, "two", "INSERT INTO steps VALUES (2)", "DELETE FROM steps WHERE number = 2");
    }

    [[nodiscard]] Numbers steps() const {
        Numbers all;
        for (const auto& row : by_hand(url, "SELECT number FROM steps ORDER BY ctid")) all.push_back(row[0].as<int>());
        return all;
    }
    [[nodiscard]] bool has(const std::string& relation) const {
        return !by_hand(url, "SELECT to_regclass('" + relation + "')")[0][0].is_null();
    }
    [[nodiscard]] bool is_valid(const std::string& index) const {
        return by_hand(url, "SELECT indisvalid FROM pg_index WHERE indexrelid = '" + index + "'::regclass")[0][0]
            .as<bool>();
    }

    /// The problems that applying these ends with. Nothing is run.
    [[nodiscard]] std::vector<Kind> refusal(const gs::Migrator& other) const {
        const auto before = by_hand(url, "SELECT count(*) FROM pg_class")[0][0].as<int>();
        const auto error = error_of<gs::MigrationError>([&] { other.apply(); });
        CHECK(by_hand(url, "SELECT count(*) FROM pg_class")[0][0].as<int>() == before);
        CHECK_THROWS_AS(other.plan(), gs::MigrationError);
        CHECK(other.verify() == error.problems());
        std::vector<Kind> kinds;
        for (const gs::MigrationProblem& problem : error.problems()) {
            CHECK(std::string{error.what()}.find(std::to_string(problem.number) + " (" + problem.name + ") " +
                                                 std::string{to_string(problem.kind)}) != std::string::npos);
            kinds.push_back(problem.kind);
        }
        return kinds;
    }
};

}  // namespace

TEST_CASE_METHOD(Plant, "steps are applied in the order of their numbers, each once, and remembered") {
    CHECK(numbers(migrator.plan()) == Numbers{1, 2, 3});
    CHECK_FALSE(has("steps"));
    CHECK_FALSE(has("gridone_migrations"));
    CHECK(numbers(migrator.apply()) == Numbers{1, 2, 3});
    CHECK(steps() == Numbers{1, 2, 3});
    CHECK(migrator.plan().empty());
    CHECK(migrator.apply().empty());
    migrator.add(4, "four", "INSERT INTO steps VALUES (4)");
    CHECK(numbers(migrator.plan()) == Numbers{4});
    CHECK(numbers(migrator.apply()) == Numbers{4});
    CHECK(steps() == Numbers{1, 2, 3, 4});
    CHECK(migrator.verify().empty());
}

TEST_CASE_METHOD(Plant, "status tells each step's state and when it was applied") {
    const gs::Timestamp before = gs::Timestamp::now();
    migrator.apply();
    migrator.add(4, "four", "SELECT 1");
    by_hand(url, "INSERT INTO gridone_migrations (number, name, checksum, state) VALUES (9, 'nine', '', 'started')");
    const auto status = migrator.status();
    REQUIRE(status.size() == 5);
    CHECK(status[0].name == "steps");
    CHECK(status[0].state == State::applied);
    CHECK(status[0].applied_at >= before);
    CHECK(status[3].number == 4);
    CHECK(status[3].state == State::pending);
    CHECK(status[3].applied_at == std::nullopt);
    CHECK(status[4].state == State::unfinished);
    CHECK_FALSE(status[4].is_known);
}

TEST_CASE_METHOD(Plant, "what does not fit is told apart, and nothing runs") {
    migrator.apply();
    gs::Migrator other{manager};
    SECTION("edited") {
        other.add(1, "steps", "CREATE TABLE steps (number bigint)").add(2, "deux", migrator.migrations()[1].up);
        other.add(3, "three", migrator.migrations()[2].up).add(4, "four", "CREATE TABLE four ()");
        CHECK(refusal(other) == std::vector{Kind::edited, Kind::edited});
        const auto applied_at = other.status()[0].applied_at;
        other.repair();
        CHECK(other.verify().empty());
        CHECK(other.status()[0].applied_at == applied_at);
        CHECK(numbers(other.apply()) == Numbers{4});
    }
    SECTION("missing") {
        other.add(migrator.migrations()[0]).add(migrator.migrations()[2]).add(4, "four", "CREATE TABLE four ()");
        CHECK(refusal(other) == std::vector{Kind::missing});
        other.repair();
        CHECK(numbers(other.apply()) == Numbers{4});
    }
    SECTION("of the future") {
        other.add(migrator.migrations()[0]);
        CHECK(refusal(other) == std::vector{Kind::future, Kind::future});
        other.repair();
        CHECK(refusal(other) == std::vector{Kind::future, Kind::future});
        gs::Migrator lenient{manager, {.allow_future = true}};
        CHECK(lenient.add(migrator.migrations()[0]).apply().empty());
    }
    SECTION("out of order") {
        other.add(migrator.migrations()[0]).add(migrator.migrations()[2]);
        by_hand(url, "DELETE FROM gridone_migrations WHERE number = 2");
        other.add(2, "two", "CREATE TABLE two ()");
        CHECK(refusal(other) == std::vector{Kind::out_of_order});
    }
    SECTION("two of one number") {
        other.add(migrator.migrations()).add(4, "four", "CREATE TABLE a ()").add(4, "vier", "CREATE TABLE b ()");
        CHECK(refusal(other) == std::vector{Kind::duplicate});
    }
    SECTION("a script that cannot run in its transaction, or ends it") {
        other.add(migrator.migrations()).add(4, "a", "CREATE TABLE a (); CREATE INDEX CONCURRENTLY i ON a (b)");
        other.add(5, "b", "CREATE TABLE b (); COMMIT").add(6, "c", "SELECT 1", "DROP INDEX CONCURRENTLY i");
        CHECK(refusal(other) ==
              std::vector{Kind::needs_no_transaction, Kind::ends_transaction, Kind::needs_no_transaction});
    }
}

TEST_CASE_METHOD(Plant, "another editor's line ends are no other script") {
    gs::Migrator first{manager};
    first.add(1, "a", "CREATE TABLE a (\n  b int)\n").apply();
    gs::Migrator same{manager};
    same.add(1, "a", "CREATE TABLE a (  \r\n  b int)\r\n\r\n");
    CHECK(same.apply().empty());
}

TEST_CASE_METHOD(Plant, "a step that fails has done nothing, and those before it are applied") {
    migrator.add(4, "four", "CREATE TABLE four (); INSERT INTO four VALUES (1)").add(5, "five", "CREATE TABLE five ()");
    const auto error = error_of<gs::SchemaError>([&] { migrator.apply(); });
    CHECK(std::string{error.what()}.find("migration 4 (four) failed") != std::string::npos);
    CHECK(error.sqlstate() == "42601");
    CHECK(steps() == Numbers{1, 2, 3});
    CHECK_FALSE(has("four"));
    CHECK(numbers(migrator.plan()) == Numbers{4, 5});
}

TEST_CASE_METHOD(Plant, "the way back goes to a number, the last step first") {
    migrator.apply();
    CHECK(numbers(migrator.plan_rollback(1)) == Numbers{3, 2});
    CHECK(numbers(migrator.rollback(1)) == Numbers{3, 2});
    CHECK(steps() == Numbers{1});
    CHECK(numbers(migrator.plan()) == Numbers{2, 3});
    CHECK(migrator.rollback(1).empty());
    CHECK(numbers(migrator.rollback(0)) == Numbers{1});
    CHECK_FALSE(has("steps"));
}

TEST_CASE_METHOD(Plant, "without a way back for each of them there is none") {
    migrator.add(4, "four", "SELECT 1").apply();
    const auto error = error_of<gs::MigrationError>([&] { migrator.rollback(1); });
    CHECK(error.problems() == std::vector<gs::MigrationProblem>{{Kind::no_way_back, 4, "four"}});
    CHECK(steps() == Numbers{1, 2, 3});
}

TEST_CASE_METHOD(Plant,
                 "a step outside of transactions that failed is gone on with, and its invalid index is built again") {
    migrator.add(4, "unique", gs::outside_transaction("CREATE UNIQUE INDEX CONCURRENTLY one_each ON steps (number)"),
                 gs::outside_transaction("DROP INDEX CONCURRENTLY one_each"));
    migrator.rollback(0);
    migrator.add(5, "five", "INSERT INTO steps VALUES (5)");
    gs::Migrator first{manager};
    first.add(migrator.migrations()[0]).add(migrator.migrations()[1]).add(migrator.migrations()[2]).apply();
    by_hand(url, "INSERT INTO steps VALUES (3)");
    const auto error = error_of<gs::SchemaError>([&] { migrator.apply(); });
    CHECK(error.sqlstate() == "23505");
    CHECK(std::string{error.what()}.find("migration 4 (unique)") != std::string::npos);
    CHECK_FALSE(is_valid("one_each"));
    CHECK(migrator.status()[3].state == State::unfinished);
    by_hand(url, "DELETE FROM steps WHERE number = 3; INSERT INTO steps VALUES (3)");
    CHECK(numbers(migrator.apply()) == Numbers{4, 5});
    CHECK(is_valid("one_each"));
    CHECK(migrator.status()[3].state == State::applied);
}

TEST_CASE_METHOD(Plant, "an index that somebody left invalid is not taken for there") {
    by_hand(url, "CREATE TABLE \"T t\" (a int); INSERT INTO \"T t\" VALUES (1), (1)");
    CHECK_THROWS(by_hand(url, "CREATE UNIQUE INDEX CONCURRENTLY \"I i\" ON \"T t\" (a)"));
    CHECK_FALSE(is_valid("\"I i\""));
    by_hand(url, "TRUNCATE \"T t\"");
    gs::Migrator other{manager};
    other.add(
        1, "index",
        gs::outside_transaction("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I i\" ON ONLY public.\"T t\" (a)"),
        gs::outside_transaction("DROP INDEX CONCURRENTLY public.\"I i\""));
    CHECK(numbers(other.apply()) == Numbers{1});
    CHECK(is_valid("\"I i\""));
    by_hand(url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"I i\"'::regclass");
    CHECK(other.verify() == std::vector<gs::MigrationProblem>{{Kind::invalid_index, 1, "index"}});
    CHECK(numbers(other.rollback(0)) == Numbers{1});
    CHECK_FALSE(has("\"I i\""));
}

TEST_CASE_METHOD(Plant, "what was begun outside of transactions and is there already is not done twice") {
    migrator.add(4, "index", gs::outside_transaction("CREATE INDEX CONCURRENTLY i ON steps (number)"),
                 gs::outside_transaction("DROP INDEX CONCURRENTLY i"));
    migrator.apply();
    by_hand(url, "UPDATE gridone_migrations SET state = 'started 0+' WHERE number = 4");  // as a kill leaves it
    CHECK(numbers(migrator.apply()) == Numbers{4});
    by_hand(url, "DROP INDEX i; UPDATE gridone_migrations SET state = 'reverting 0+' WHERE number = 4");
    CHECK(numbers(migrator.rollback(3)) == Numbers{4});
    CHECK(migrator.status()[3].state == State::pending);
}

TEST_CASE_METHOD(Plant, "an index that somebody else built is not taken for that of a step, however often it is run") {
    migrator.apply();
    by_hand(url, "ALTER TABLE steps ADD COLUMN other int; CREATE INDEX i ON steps (other)");
    gs::Migrator forward = migrator;
    SECTION("as the first statement") {
        forward.add(4, "index", gs::outside_transaction("CREATE UNIQUE INDEX CONCURRENTLY i ON steps (number)"));
    }
    SECTION("behind others") {
        forward.add(4, "index",
                    gs::outside_transaction("CREATE INDEX CONCURRENTLY h ON steps (other); "
                                            "CREATE UNIQUE INDEX CONCURRENTLY i ON steps (number)"));
    }
    for (int time = 0; time < 3; ++time) {
        CHECK(error_of<gs::SchemaError>([&] { forward.apply(); }).sqlstate() == "42P07");
        CHECK(forward.status()[3].state == State::unfinished);
    }
    by_hand(url, "DROP INDEX i");
    CHECK(numbers(forward.apply()) == Numbers{4});
    CHECK(by_hand(url, "SELECT indisunique FROM pg_index WHERE indexrelid = 'i'::regclass")[0][0].as<bool>());
}

TEST_CASE_METHOD(Plant, "an index that is to be dropped and is not there is an error, however often it is run") {
    migrator.apply();
    migrator.add(4, "drop", gs::outside_transaction("DROP INDEX CONCURRENTLY none"));
    for (int time = 0; time < 3; ++time) {
        CHECK(error_of<gs::SchemaError>([&] { migrator.apply(); }).sqlstate() == "42704");
    }
}

TEST_CASE_METHOD(Plant, "a step outside of transactions that was edited before its end begins again") {
    migrator.apply();
    by_hand(url, "ALTER TABLE steps ADD COLUMN other int");
    gs::Migrator wrong = migrator;
    wrong.add(4, "indexes",
              gs::outside_transaction("CREATE INDEX CONCURRENTLY h ON steps (other); "
                                      "CREATE INDEX CONCURRENTLY i ON steps (nothing)"));
    CHECK_THROWS_AS(wrong.apply(), gs::SchemaError);
    gs::Migrator edited = migrator;
    edited.add(4, "indexes",
               gs::outside_transaction("CREATE INDEX CONCURRENTLY h ON steps (number, other); "
                                       "CREATE INDEX CONCURRENTLY i ON steps (number)"));
    for (int time = 0; time < 2; ++time) {
        CHECK(error_of<gs::SchemaError>([&] { edited.apply(); }).sqlstate() == "42P07");
    }
    by_hand(url, "DROP INDEX h");
    CHECK(numbers(edited.apply()) == Numbers{4});
}

TEST_CASE_METHOD(Plant, "a statement that is through is not run again") {
    migrator.apply();
    migrator.add(4, "three",
                 gs::outside_transaction("INSERT INTO steps VALUES (41); INSERT INTO steps VALUES (1 / 0); "
                                         "INSERT INTO steps VALUES (43)"));
    for (int time = 0; time < 2; ++time) {
        CHECK(error_of<gs::SchemaError>([&] { migrator.apply(); }).sqlstate() == "22012");
    }
    CHECK(by_hand(url, "SELECT count(*) FROM steps WHERE number > 40")[0][0].as<int>() == 1);
}

TEST_CASE_METHOD(Plant, "what a step sets ends with it") {
    migrator.apply();
    by_hand(url, "CREATE SCHEMA other");
    migrator
        .add(4, "sets",
             "SET search_path = other; SET client_encoding = 'LATIN1'; SET default_transaction_read_only = on")
        .add(5, "gr\u00f6\u00dfe", "CREATE TABLE five (number int)")
        .add(6, "outside", gs::outside_transaction("SET search_path = other; SET enable_seqscan = off"))
        .add(7, "seven", "CREATE TABLE seven (number int)");
    CHECK(numbers(migrator.apply()) == Numbers{4, 5, 6, 7});
    CHECK(has("public.five"));
    CHECK(has("public.seven"));
    CHECK(migrator.verify().empty());
    CHECK(migrator.status()[4].name == "gr\u00f6\u00dfe");
}

TEST_CASE_METHOD(Plant, "a step that the deadline ends in its transaction is a timeout, and is not applied") {
    migrator.apply();
    gs::Migrator hurried{manager, {.deadline = 300ms}};
    hurried.add(migrator.migrations()).add(4, "slow", "INSERT INTO steps VALUES (4); SELECT pg_sleep(30)");
    CHECK(error_of<gs::TimeoutError>([&] { hurried.apply(); }).outcome() == gs::Outcome::not_applied);
    CHECK(hurried.status()[3].state == State::pending);
}

TEST_CASE_METHOD(Plant, "a step of a newer program is told as such on the way back") {
    migrator.apply();
    gs::Migrator older{manager};
    older.add(migrator.migrations()[0]);
    const auto error = error_of<gs::MigrationError>([&] { older.rollback(0); });
    REQUIRE_FALSE(error.problems().empty());
    for (const gs::MigrationProblem& problem : error.problems()) CHECK(problem.kind == Kind::future);
    CHECK(has("steps"));
}

TEST_CASE_METHOD(Plant, "a step may wait for a lock for ever") {
    gs::Migrator patient{manager, {.lock_timeout = std::chrono::milliseconds::max()}};
    CHECK_FALSE(patient.add(migrator.migrations()).apply().empty());
}

TEST_CASE("an index without a name is not built CONCURRENTLY") {
    for (const std::string sql : {"CREATE INDEX CONCURRENTLY ON t (a)", "create unique index concurrently on t (a)"}) {
        gs::PostgresConnectionManager manager{shared_server().create_database()};
        gs::Migrator migrator{manager};
        migrator.add(1, "index", gs::outside_transaction(sql));
        const auto error = error_of<gs::MigrationError>([&] { migrator.apply(); });
        CHECK(error.problems() == std::vector<gs::MigrationProblem>{{Kind::unnamed_index, 1, "index"}});
    }
}

TEST_CASE("a step that is cancelled on the server is a CancelledError where nothing limits how long a step may take") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    for (const std::string sql : {"SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)",
                                  "-- no-transaction\nSELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)"}) {
        gs::Migrator migrator{manager};
        migrator.add(1, "cancelled", sql);
        CHECK(error_of<gs::CancelledError>([&] { migrator.apply(); }).sqlstate() == "57014");
    }
}

TEST_CASE("a migration that copies data from or to the client is refused before anything runs") {
    for (const std::string sql : {"COPY t FROM STDIN", "copy public.t (a, b) from stdin with (format csv)",
                                  "COPY (SELECT 1) TO STDOUT", "CREATE TABLE other (); COPY t FROM /* data */ STDIN"}) {
        CAPTURE(sql);
        const std::string url = shared_server().create_database();
        by_hand(url, "CREATE TABLE t (a int, b int)");
        gs::PostgresConnectionManager manager{url};
        for (const std::string& script : {sql, gs::outside_transaction(sql)}) {
            gs::Migrator migrator{manager};
            migrator.add(1, "copy", script);
            const auto error = error_of<gs::MigrationError>([&] { migrator.apply(); });
            CHECK(error.problems() == std::vector<gs::MigrationProblem>{{Kind::copies_data, 1, "copy"}});
        }
        CHECK(by_hand(url, "SELECT to_regclass('other') IS NULL")[0][0].as<bool>());
        gs::Migrator files{manager};
        CHECK_NOTHROW(files.add(1, "file", "CREATE TABLE stdin (); INSERT INTO t SELECT 1, 2 FROM stdin").apply());
    }
}

TEST_CASE_METHOD(Plant, "a step that waits for a lock lets others through, and begins again") {
    migrator.apply();
    pqxx::connection other{url};
    std::optional<pqxx::work> reader{std::in_place, other};
    reader->exec("SELECT count(*) FROM steps");
    int waits = 0;
    gs::Migrator patient{manager, {.lock_timeout = 50ms, .on_progress = [&](const gs::MigrationProgress& progress) {
                                       if (progress.kind != gs::MigrationProgress::Kind::waiting_for_lock) return;
                                       CHECK(progress.number == 4);
                                       by_hand(url, "SELECT count(*) FROM steps");  // is not behind it in a queue
                                       if (++waits == 3) reader.reset();
                                   }}};
    patient.add(migrator.migrations()).add(4, "column", "ALTER TABLE steps ADD COLUMN note text");
    CHECK(numbers(patient.apply()) == Numbers{4});
    CHECK(waits == 3);
}

TEST_CASE_METHOD(Plant, "whoever comes second waits for its turn, at most until its deadline") {
    pqxx::connection other{url};
    std::optional<pqxx::work> first{std::in_place, other};
    const std::string lock = "SELECT pg_advisory_xact_lock(" + std::string{gs::detail::schema_lock_key} + ")";
    first->exec(lock);
    gs::Migrator hasty{manager, {.deadline = 200ms}};
    CHECK_THROWS_AS(hasty.add(1, "one", "CREATE TABLE one ()").apply(), gs::TimeoutError);
    CHECK_FALSE(has("one"));
    int waits = 0;
    gs::Migrator patient{manager, {.on_progress = [&](const gs::MigrationProgress& progress) {
                             if (progress.kind != gs::MigrationProgress::Kind::waiting_for_turn) return;
                             if (++waits == 3) first.reset();
                         }}};
    CHECK(numbers(patient.add(migrator.migrations()).apply()) == Numbers{1, 2, 3});
    CHECK(waits >= 3);
}

TEST_CASE_METHOD(Plant, "what the progress function throws ends the call, and the step that ran is not applied") {
    gs::Migrator told{manager, {.on_progress = [](const gs::MigrationProgress& progress) {
                          if (progress.number == 2) throw std::logic_error{"mine"};
                      }}};
    CHECK_THROWS_AS(told.add(migrator.migrations()).apply(), std::logic_error);
    CHECK(steps() == Numbers{1});
    CHECK(numbers(migrator.apply()) == Numbers{2, 3});
}

TEST_CASE_METHOD(Plant, "a database that was there before begins at a baseline") {
    by_hand(url, "CREATE TABLE steps (number int)");
    migrator.baseline(2);
    CHECK(numbers(migrator.apply()) == Numbers{3});
    CHECK(steps() == Numbers{3});
    CHECK_THROWS_AS(migrator.baseline(3), gs::SchemaError);
}

TEST_CASE_METHOD(Plant, "the journal lies where it is told to") {
    gs::Migrator elsewhere{manager, {.journal = {.table_name = "My Journal", .schema_name = "plant"}}};
    elsewhere.add(migrator.migrations()).apply();
    CHECK(has("plant.\"My Journal\""));
    CHECK_FALSE(has("gridone_migrations"));
}

TEST_CASE_METHOD(Plant, "a role that may make nothing can have nothing applied") {
    migrator.apply();
    by_hand(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE nobody_" + std::to_string(::getpid()) +
                     "; GRANT SELECT ON gridone_migrations TO nobody_" + std::to_string(::getpid()));
    gs::PostgresConnectionManager nobody{url + "&options=-crole%3Dnobody_" + std::to_string(::getpid())};
    gs::Migrator other{nobody};
    CHECK(other.add(migrator.migrations()).apply().empty());
    other.add(4, "four", "CREATE TABLE four ()");
    CHECK(error_of<gs::SchemaError>([&] { other.apply(); }).sqlstate() == "42501");
}

TEST_CASE_METHOD(Plant, "migrations come from a folder") {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("migrations-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const auto file = [&](const std::string& name, const std::string& text) {
        std::ofstream{folder / name, std::ios::binary} << text;
    };
    file("0001.steps.sql", "CREATE TABLE steps (number int)");
    file("0001.steps.rollback.sql", "DROP TABLE steps");
    file("0010.ten.of.them.sql", "\xEF\xBB\xBF-- no-transaction \r\nCREATE INDEX CONCURRENTLY i ON steps (number)");
    file("README.md", "not SQL");
    std::filesystem::create_directory(folder / "old.sql");
    gs::Migrator other{manager};
    other.add_folder(folder);
    REQUIRE(other.migrations().size() == 2);
    CHECK(other.migrations()[0].down == "DROP TABLE steps");
    CHECK(other.migrations()[1].name == "ten.of.them");
    CHECK(numbers(other.apply()) == Numbers{1, 10});
    CHECK(is_valid("i"));
    const auto refused = [&](const std::string& name) {
        file(name, "SELECT 1");
        const auto error = error_of<gs::InvalidInputError>([&] { (void)gs::migrations_in(folder); });
        std::filesystem::remove(folder / name);
        return std::string{error.what()};
    };
    CHECK(refused("devices.sql").find("devices.sql") != std::string::npos);
    CHECK(refused("0.zero.sql").find("0.zero.sql") != std::string::npos);
    CHECK(refused("1..sql").find("has no name") != std::string::npos);
    CHECK(refused("2.two.rollback.sql").find("migration 2 (two)") != std::string::npos);
    CHECK(refused("1.steps.rollback.sql").find("has two rollbacks") != std::string::npos);
    std::filesystem::remove_all(folder);
    CHECK_THROWS_AS(gs::migrations_in(folder), gs::InvalidInputError);
}

TEST_CASE_METHOD(Plant, "what is no step is refused as it is added") {
    CHECK_THROWS_AS((gs::Migrator{manager, {.journal = {.table_name = ""}}}), gs::InvalidInputError);
    CHECK_THROWS_AS(migrator.add(0, "zero", "SELECT 1"), gs::InvalidInputError);
    CHECK_THROWS_AS(migrator.add(4, "", "SELECT 1"), gs::InvalidInputError);
    CHECK_THROWS_AS(migrator.add(4, "four", std::string{"SELECT\0 1", 9}), gs::InvalidInputError);
    CHECK(migrator.migrations().size() == 3);
}

TEST_CASE("eight processes that migrate at once apply each step once") {
    for (int round = 0; round < 20; ++round) {
        Plant plant;
        plant.migrator.add(4, "index", gs::outside_transaction("CREATE INDEX CONCURRENTLY i ON steps (number)"));
        const int failures = failures_of_race(8, [&] {
            gs::PostgresConnectionManager own{plant.url};
            gs::Migrator{own}.add(plant.migrator.migrations()).apply();
        });
        CHECK(failures == 0);
        CHECK(plant.steps() == Numbers{1, 2, 3});
        CHECK(plant.is_valid("i"));
    }
}
