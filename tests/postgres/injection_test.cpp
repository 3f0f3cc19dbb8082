// SPDX-License-Identifier: MIT

#include "postgres/guarded_database.hpp"
#include "postgres/hostile_strings.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::GuardedDatabase;
using gridone_tests::hostile_strings;
using gs::path;
using nlohmann::json;

namespace {

/// Has a key that is only known at run time.
struct Summary {
    inline static std::string key;
    json value;
    friend void to_json(json& made, const Summary& summary) { made[key] = summary.value; }
    friend void from_json(const json& made, Summary& summary) { summary.value = made.at(key); }
};

using Ids = std::vector<std::string>;

gs::DocumentTable<json> docs() {
    return gs::document_table<json>({.table_name = "docs", .schema_name = "made"}).unique(path<std::string>("unique"));
}

json document(const std::string& text) {
    json made{{"text", text}, {"list", {text, "x"}}, {"map", {{text, text}}}, {"deep", {{text, {{text, text}}}}}};
    made[text] = text;
    made["unique"] = text;
    return made;
}

}  // namespace

TEST_CASE("the hostile strings do harm where they become a part of a statement") {
    gs::testing::PostgresServer server;
    GuardedDatabase database{server};
    pqxx::connection connection{database.url};
    const auto attempt = [&](const std::string& sql) {
        try {
            pqxx::nontransaction{connection}.exec(sql);
        } catch (const std::exception&) {
            return;  // most are no SQL that way
        }
    };
    attempt("SET statement_timeout = 200");
    const auto counts = [&] {
        return database.value(
            "SELECT concat((SELECT count(*) FROM pg_class), ' ', (SELECT count(*) FROM pg_authid), ' ', (SELECT "
            "count(*) "
            "FROM pg_largeobject_metadata), ' ', to_regclass('canary'), ' ', CASE WHEN to_regclass('canary') IS NOT "
            "NULL "
            "THEN query_to_xml('SELECT count(*) FROM canary', true, true, '')::text END)");
    };
    std::size_t harmful = 0;
    const std::string before = counts();
    for (const std::string& text : hostile_strings()) {
        bool harms = false;
        for (const auto& [begin, end] :
             std::vector<std::pair<std::string, std::string>>{{"SELECT 'a", "'"},
                                                              {"SELECT 1 AS \"a", "\""},
                                                              {"SELECT (1", ")"},
                                                              {"SELECT E'a", "'"},
                                                              {"SELECT $$", "$$"},
                                                              {"SELECT * FROM canary WHERE song IN ('", "')"},
                                                              {"SELECT /* ", " */ 1"}}) {
            attempt(begin + text + end);
            if (counts() == before) continue;
            harms = true;
            database.run(
                "DROP TABLE IF EXISTS canary, bitten; DROP ROLE IF EXISTS bitten; DROP FUNCTION IF EXISTS f; "
                "CREATE TABLE canary (song text); INSERT INTO canary VALUES ('one'), ('two'); "
                "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
        }
        if (harms) ++harmful;
    }
    CHECK(hostile_strings().size() > 200);
    CHECK(harmful > 20);
}

TEST_CASE("what an SQL injection would change is seen") {
    GuardedDatabase database{shared_server()};
    const auto before = database.state();
    CHECK(database.state() == before);
    for (const std::string harm :
         {"CREATE TABLE public.bitten()", "DELETE FROM canary", "CREATE ROLE bitten", "SELECT lo_create(0)",
          "ALTER TABLE canary ADD COLUMN a int", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "GRANT ALL ON canary TO public", "DROP TABLE canary; CREATE TABLE canary (song text)"}) {
        CAPTURE(harm);
        const auto last = database.state();
        database.run(harm);
        CHECK(database.state() != last);
    }
    database.run("DROP ROLE bitten");
}

TEST_CASE("no id, key, value, path, literal or cursor becomes a part of a statement") {
    GuardedDatabase database{shared_server()};
    const auto table = docs();
    gs::BaseSchemaManager{database.manager, {table}}.ensure_schema();
    gs::PostgresStorageBackend<json> storage{database.manager, table};
    for (const std::string& text : hostile_strings()) {
        CAPTURE(text);
        const json made = document(text);
        storage.write(text, made);
        REQUIRE(storage.read(text) == made);
        REQUIRE(storage.contains(text));
        REQUIRE_THROWS_AS(storage.insert(text, made), gs::AlreadyExistsError);
        REQUIRE(storage.replace(text, made, gs::if_version(storage.read_document(text).version)).text() != "");
        REQUIRE(storage.insert_or_find(text, made).inserted == false);
        REQUIRE(storage.upsert_by(path<std::string>("unique"), text, made).document.id == text);
        REQUIRE(storage.insert_missing({std::pair{text, made}}).empty());
        storage.write_many({std::pair{text, made}, std::pair{"other " + text.substr(0, 400), json(text)}});
        REQUIRE(storage.read_many({text, "no " + text}).front() == made);
        REQUIRE(storage.list_all().size() == 2);

        const auto field = path<std::string>(text);
        const auto deep = path<std::string>("deep", text, text);
        const auto list = path<Ids>("list");
        const auto map = path<std::map<std::string, std::string>>("map");
        for (const gs::Filter<json>& filter : std::vector<gs::Filter<json>>{
                 gs::id_field == text, gs::id_field.in({text}), gs::id_field.starts_with(text), field == text,
                 deep == text, !(deep != text), field.in({text, text + "'"}), field.between(text, text),
                 field.starts_with(text), field.contains(text), list.contains(text),
                 list.any(gs::element<std::string> == text), map.contains_key(text), map.contains_value(text),
                 map.any(gs::element<std::string>.contains(text)), !field.is_null(), field == deep}) {
            REQUIRE(storage.query().where(filter && gs::id_field == text).ids() == Ids{text});
        }
        const auto query =
            gs::query<json>().where(gs::id_field == text || gs::id_field == "other").order_by(deep, field);
        REQUIRE(storage.query(query).count_by(field).front().first == text);
        REQUIRE(storage.query(query).min(deep) == text);
        REQUIRE(storage.query(query).sum(path<double>(text)) == 0);
        REQUIRE(storage.query(query).avg(path<double>("deep", text)).has_value() == false);
        Summary::key = text;
        REQUIRE(storage.query(query).select<Summary>().front().value.value == made.at(text));
        const gs::Cursor next = *storage.query().order_by(deep, field).limit(1).page().next;
        REQUIRE(storage.query().order_by(deep, field).limit(1).page(gs::Cursor::from_text(next.text())).items.size() ==
                1);
        REQUIRE_THROWS_AS(gs::Cursor::from_text(text), gs::InvalidInputError);

        storage.patch(text, path<std::string>("deep", text, "set").set(text), path<int>("more", text).increment(1),
                      list.append(text), path<json>("gone", text).unset());
        REQUIRE(storage.query().where(path<std::string>("deep", text, "set") == text).patch(list.remove_value(text)) ==
                1);
        storage.edit(text, [&](json& edited) { edited["edit " + text] = text; });
        storage.transaction([&](gs::Transaction& tx) {
            REQUIRE(storage.in(tx).read_for_update(text).at("edit " + text) == text);
            REQUIRE(storage.in(tx).query().where(field == text).remove() == 1);
            storage.in(tx).insert_many({std::pair{text, made}});
        });
        REQUIRE(storage.read(text) == made);
        REQUIRE(storage.remove(text));
        REQUIRE(storage.remove_many({text, "other " + text.substr(0, 400)}) == 1);
    }
    database.check();
}

TEST_CASE("no name of a table, column or rule becomes more than a name, and no condition of a rule either") {
    GuardedDatabase database{shared_server()};
    std::size_t made = 0;
    for (const std::string& text : hostile_strings()) {
        CAPTURE(text);
        const bool is_name = text.size() <= 60;
        const gs::TableNames names{
            .table_name = text, .schema_name = "made", .id_column = text + "i", .data_column = text + "d"};
        if (text.size() > 63) {
            CHECK_THROWS_AS(gs::document_table<json>(names), gs::InvalidInputError);
            CHECK_THROWS_AS(docs().with_revision_column(text), gs::InvalidInputError);
            CHECK_THROWS_AS(docs().references(path<std::string>("p"), text, gs::OnDelete::refuse),
                            gs::InvalidInputError);
            continue;
        }
        if (text.find('.') != std::string::npos) {
            CHECK_THROWS_AS(gs::document_table<json>(names), gs::InvalidInputError);
            continue;
        }
        if (!is_name || text.ends_with("; SELECT '")) continue;  // these differ from others in their ends alone
        const auto field = path<std::string>(text);
        const auto is_text = gs::where(gs::Filter<json>{field == text || field.in({text, text + "x"}) ||
                                                        field.starts_with(text) || !field.contains(text)});
        // The table of odd names has every second kind of rule, so that as many texts take half the time.
        auto table = gs::document_table<json>(names).unique(field, path<int>("n", text), is_text);
        if (made % 2 == 0) {
            table = table.with_revision_column(text + "r")
                        .insert_only(path<std::string>("kept", text))
                        .index(field, is_text);
        } else {
            table = table.references(path<std::string>(text, "parent"), names, gs::OnDelete::set_null);
        }
        gs::BaseSchemaManager{database.manager, {table}}.ensure_schema();
        if (made++ % 10 == 0) gs::BaseSchemaManager{database.manager, {table}}.ensure_schema();

        gs::PostgresStorageBackend<json> storage{database.manager, table};
        const json parent{{text, text}, {"n", {{text, 1}}}, {"kept", {{text, text}}}};
        const json child{{text, {{"parent", text}}}, {"kept", {{text, "new"}}}};
        storage.write(text, parent);
        storage.write("child", child);
        REQUIRE(storage.read(text) == parent);
        REQUIRE_THROWS_AS(storage.insert("twin", parent), gs::ConstraintError);
        REQUIRE(storage.query().where(path<std::vector<json>>("list").any(gs::id_field == text)).ids().empty());
        REQUIRE(storage.query().where(field == text).order_by(field).limit(1).page(gs::with_total).total == 1);
        std::size_t seen = 0;
        storage.for_each([&](const auto&) { ++seen; });
        REQUIRE(seen == 2);
        storage.patch(text, path<int>("hits", text).increment(1));
        REQUIRE(storage.remove(text));
        REQUIRE(storage.read("child").at(text).at("parent") == (made % 2 == 0 ? json(nullptr) : json(text)));
    }
    CHECK(made > 170);
    database.check();
}

TEST_CASE("a schema of any name holds tables, and no connection string becomes a statement") {
    GuardedDatabase database{shared_server()};
    for (const std::string& text : hostile_strings()) {
        CAPTURE(text);
        std::string escaped;
        for (const char c : text) escaped += (c == '\'' || c == '\\' ? "\\" : "") + std::string{c};
        gs::PostgresConnectionManager named{"application_name='" + escaped + "' host=/nowhere connect_timeout=2"};
        try {
            gs::PostgresConnectionManager{text};
        } catch (const gs::InvalidInputError&) {
            CHECK(true);
        }
        if (text.size() % 4 != 1 || text.size() > 63 || text.starts_with("pg_") || text.starts_with("information") ||
            text == "public") {
            continue;
        }
        database.run("CREATE SCHEMA " + database.quoted(text));
        const auto table = gs::document_table<json>({.table_name = "t", .schema_name = text})
                               .references(path<std::string>("p"), "t", gs::OnDelete::cascade);
        gs::BaseSchemaManager{database.manager, {table}}.ensure_schema();
        gs::PostgresStorageBackend<json> storage{database.manager, table};
        storage.write("a", json{{"text", text}});
        REQUIRE(storage.read("a").at("text") == text);
        database.run("DROP SCHEMA " + database.quoted(text) + " CASCADE");

        gs::PostgresConnectionManager other{database.url + "&application_name=" + gs::detail::to_base64(text)};
        other.check();
    }
    database.check();
}
