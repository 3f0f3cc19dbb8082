// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/schema/detail/check_migrations.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gs::detail::SqlScript;

namespace {

std::vector<std::string> texts(std::string_view script) {
    std::vector<std::string> all;
    for (const auto& statement : SqlScript{script}.statements()) all.emplace_back(statement.text);
    return all;
}
using Texts = std::vector<std::string>;

std::vector<std::string> words(std::string_view script) {
    return SqlScript{script}.statements().at(0).words;
}

bool refused_in_transaction(std::string_view statement) {
    return gs::detail::needs_no_transaction(SqlScript{statement}.statements().at(0));
}
bool ends(std::string_view statement) {
    return gs::detail::ends_transaction(SqlScript{statement}.statements().at(0));
}

}  // namespace

TEST_CASE("a script's statements end at semicolons that are not inside of something") {
    CHECK(texts("") == Texts{});
    CHECK(texts(" ;; -- nothing\n/* ; /* ; */ ; */ ;") == Texts{});
    CHECK(texts("SELECT 1; SELECT 2") == Texts{"SELECT 1", "SELECT 2"});
    CHECK(texts("SELECT 'a;b''c;', E'\\';', \"x;\"\"y\"; b") == Texts{"SELECT 'a;b''c;', E'\\';', \"x;\"\"y\"", "b"});
    CHECK(texts("DO $$ a; $x$ b; $$; DO $f$ ; $$ ; $f$") == Texts{"DO $$ a; $x$ b; $$", "DO $f$ ; $$ ; $f$"});
    CHECK(texts("SELECT $1; SELECT a$b; c") == Texts{"SELECT $1", "SELECT a$b", "c"});
    CHECK(texts("a -- ; '\n; b /* ' */ ; c") == Texts{"a -- ; '\n", "b /* ' */ ", "c"});
    CHECK(texts("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; b") ==
          Texts{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END", "b"});
    CHECK(texts("CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT (2)); b) c; d") ==
          Texts{"CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT (2))", "b) c", "d"});
    CHECK(texts("'not closed; ") == Texts{"'not closed; "});
    CHECK(texts("$$not closed; ") == Texts{"$$not closed; "});
    CHECK(texts("/* not closed; ") == Texts{});
}

TEST_CASE("its words are as the server reads them") {
    CHECK(words("CREATE Index \"My \"\"Index\" ON Plant.\"T\" USING gin (\xC3\x84x)") ==
          Texts{"create", "index", "\"My \"Index", "on", "plant", ".", "\"T", "using", "gin", "\xC3\x84x"});
    CHECK(words("SELECT 'concurrently', e'x', b'1', n'x', $$concurrently$$ -- concurrently") == Texts{"select"});
}

TEST_CASE("what cannot run in a transaction is known, and what ends one") {
    CHECK(refused_in_transaction("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"));
    CHECK(refused_in_transaction("drop /* */ index concurrently i"));
    CHECK(refused_in_transaction("REINDEX INDEX CONCURRENTLY i"));
    CHECK(refused_in_transaction("ALTER TABLE t DETACH PARTITION p CONCURRENTLY"));
    CHECK(refused_in_transaction("VACUUM t"));
    CHECK_FALSE(refused_in_transaction("REFRESH MATERIALIZED VIEW CONCURRENTLY v"));
    CHECK_FALSE(refused_in_transaction("CREATE TABLE t (\"concurrently\" int)"));
    CHECK_FALSE(refused_in_transaction("CREATE VIEW v AS SELECT 1 AS concurrently"));
    CHECK_FALSE(refused_in_transaction("INSERT INTO t VALUES ('CREATE INDEX CONCURRENTLY')"));
    CHECK(ends("BEGIN"));
    CHECK(ends("START TRANSACTION"));
    CHECK(ends("COMMIT AND CHAIN"));
    CHECK(ends("END"));
    CHECK(ends("rollback"));
    CHECK(ends("ABORT"));
    CHECK(ends("PREPARE TRANSACTION 'x'"));
    CHECK_FALSE(ends("ROLLBACK TO SAVEPOINT a"));
    CHECK_FALSE(ends("ROLLBACK WORK TO a"));
    CHECK_FALSE(ends("SAVEPOINT a"));
    CHECK_FALSE(ends("PREPARE x AS SELECT 1"));
    CHECK_FALSE(ends("DO $$ BEGIN COMMIT; END $$"));
}

TEST_CASE("a checkout's line ends are no part of a script") {
    using gs::detail::without_line_ends;
    CHECK(without_line_ends("a\r\n  b \t\r\n\r\n") == "a\n  b");
    CHECK(without_line_ends("a\n  b") == "a\n  b");
    CHECK(without_line_ends("a\n\n b") != without_line_ends("a\n b"));
    CHECK(without_line_ends("a\n b") != without_line_ends("a\nb"));
    CHECK(without_line_ends("") == "");
}
