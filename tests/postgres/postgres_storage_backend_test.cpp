// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using Json = nlohmann::json;
using namespace std::string_view_literals;

namespace {

/// The table as the Python package makes it.
struct Database {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    Database() { by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)"); }

    [[nodiscard]] std::string stored(const std::string& id) const {
        const auto rows = by_hand(url, "SELECT data::text FROM widgets WHERE id = '" + id + "'");
        return rows.empty() ? "nothing" : rows[0][0].as<std::string>();
    }
};

template <class M>
gs::SchemaError schema_error_of_write(gs::PostgresStorageBackend<M> storage, const M& value) {
    return error_of<gs::SchemaError>([&] { storage.write("a", value); });
}

}  // namespace

TEST_CASE_METHOD(Database, "what is written is what is read") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.read("a") == Widget{"bolt", 1});
    CHECK(stored("a") == R"({"name": "bolt", "size": 1})");
}

TEST_CASE_METHOD(Database, "a write replaces what was there") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    widgets.write("a", {"nut", 2});
    CHECK(widgets.read_all() == std::vector<Widget>{{"nut", 2}});
}

TEST_CASE_METHOD(Database, "read of a missing id throws NotFoundError, find gives nothing") {
    const gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto error = error_of<gs::NotFoundError>([&] { (void)widgets.read("nope"); });
    CHECK(error.id() == "nope");
    CHECK(std::string{error.what()} == "read widgets: no document with this id");
    CHECK_FALSE(widgets.find("nope").has_value());
}

TEST_CASE_METHOD(Database, "read_all and list_all go by id in byte order, whatever the collation") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const std::vector<std::string> sorted{"10", "9", "B", "_", "a", "b", "é", "😀"};
    for (std::size_t i = sorted.size(); i-- > 0;) widgets.write(sorted[i], {sorted[i], static_cast<int>(i)});
    CHECK(widgets.list_all() == sorted);
    const auto all = widgets.read_all();
    REQUIRE(all.size() == sorted.size());
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].name == sorted[i]);
    const auto by_server = by_hand(url, "SELECT id FROM widgets ORDER BY id");
    CHECK(by_server[0][0].as<std::string>() == "_");
}

TEST_CASE_METHOD(Database, "remove takes a document away; removing a missing one does nothing and says so") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.remove("a"));
    CHECK_FALSE(widgets.contains("a"));
    CHECK_FALSE(widgets.remove("a"));
}

TEST_CASE_METHOD(Database, "all three hook styles store the same JSON") {
    PostgresGadgets derived{manager, "widgets"};
    gs::PostgresStorageBackend<Gadget, GadgetCodec> with_struct{manager, "widgets"};
    gs::PostgresStorageBackend<Json> plain{manager, "widgets"};
    derived.write("g", {"", "lamp"});
    CHECK(with_struct.read("g") == Gadget{"g", "lamp"});
    CHECK(plain.read("g") == Json({{"label", "lamp"}}));
    with_struct.write("h", {"", "fan"});
    CHECK(derived.read_all() == std::vector<Gadget>{{"g", "lamp"}, {"h", "fan"}});
}

TEST_CASE_METHOD(Database, "schema, table and columns of any name are meant exactly") {
    for (const std::string odd : {"select", "with space", "semi;colon", "quo\"te", "MiXeD", "a'b", "--", "größe"}) {
        const gs::TableNames names{odd, odd, odd, odd + "2"};
        gs::BaseSchemaManager{manager,
                              {"CREATE SCHEMA " + gs::detail::quote_identifier(odd), gs::document_table<Widget>(names)}}
            .ensure_schema();
        gs::PostgresStorageBackend<Widget> storage{manager, names};
        storage.write("a", {odd, 1});
        CHECK(storage.read("a") == Widget{odd, 1});
        storage.replace("a", {odd, 2});
        CHECK_THROWS_AS(storage.insert("a", {odd, 3}), gs::AlreadyExistsError);
        CHECK(storage.list_all().size() == 1);
        CHECK(storage.clear() == 1);
    }
    CHECK(by_hand(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'größe' AND schemaname = 'größe'")[0][0]
              .as<int>() == 1);
    const std::string longest(63, 'n');
    gs::BaseSchemaManager{manager, {gs::document_table<Widget>(longest)}}.ensure_schema();
    CHECK(gs::PostgresStorageBackend<Widget>(manager, longest).count() == 0);
    CHECK_THROWS_AS(gs::PostgresStorageBackend<Widget>(manager, longest + "n"), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::PostgresStorageBackend<Widget>(manager, "a\0b"sv), gs::InvalidInputError);
}

TEST_CASE_METHOD(Database, "SQL in an id or in a document is text") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const std::string hostile = R"('; DROP TABLE widgets; -- $1 \ " %)";
    widgets.write(hostile, {hostile, 1});
    CHECK(widgets.read(hostile) == Widget{hostile, 1});
    CHECK(widgets.list_all() == std::vector<std::string>{hostile});
}

TEST_CASE_METHOD(Database,
                 "a missing table, missing columns, other types, no key and a view are SchemaErrors that say which") {
    by_hand(url,
            "CREATE TABLE other (key text PRIMARY KEY, body jsonb);"
            "CREATE TABLE typed (id integer PRIMARY KEY, data jsonb NOT NULL);"
            "CREATE TABLE texts (id text PRIMARY KEY, data integer NOT NULL);"
            "CREATE TABLE keyless (id text, data jsonb NOT NULL);"
            "CREATE VIEW seen AS SELECT id, data FROM widgets GROUP BY id");
    const Widget bolt{"bolt", 1};
    const auto on = [&](std::string_view table) { return gs::PostgresStorageBackend<Widget>{manager, table}; };
    CHECK(schema_error_of_write(on("none"), bolt).sqlstate() == "42P01");
    CHECK(schema_error_of_write(on("other"), bolt).sqlstate() == "42703");
    CHECK(std::string_view{schema_error_of_write(on("typed"), bolt).what()}.find(
              "the id column \"id\" has the type integer") != std::string_view::npos);
    CHECK(schema_error_of_write(on("texts"), bolt).sqlstate() == "42804");
    CHECK(schema_error_of_write(on("keyless"), bolt).sqlstate() == "42P10");
    CHECK(schema_error_of_write(on("seen"), bolt).sqlstate() == "55000");
    CHECK_THROWS_AS((void)on("typed").read("a"), gs::SchemaError);
    gs::PostgresStorageBackend<Widget> no_schema{manager, {.table_name = "widgets", .schema_name = "none"}};
    CHECK_THROWS_AS((void)no_schema.count(), gs::SchemaError);
    CHECK(std::string{schema_error_of_write(on("keyless"), bolt).what()} ==
          "write keyless: the table has no primary key or unique index on the id column [SQLSTATE 42P10]");
    CHECK(by_hand(url, "SELECT count(*) FROM keyless")[0][0].as<int>() == 0);
    CHECK_NOTHROW(manager.check());
}

TEST_CASE_METHOD(Database, "a role without the right gets PermissionError") {
    by_hand(url, "CREATE ROLE stranger LOGIN");
    std::string as_stranger = url;
    as_stranger.replace(as_stranger.find("postgres@"), 9, "stranger@");
    gs::PostgresConnectionManager strangers{as_stranger};
    gs::PostgresStorageBackend<Widget> widgets{strangers, "widgets"};
    const auto error = error_of<gs::PermissionError>([&] { widgets.write("a", {"bolt", 1}); });
    CHECK(error.sqlstate() == "42501");
    CHECK(stored("a") == "nothing");
    by_hand(url, "DROP ROLE stranger");
}

TEST_CASE_METHOD(Database, "a document that is no M is a DecodeError with its id; it stays, and others are readable") {
    by_hand(url, R"(INSERT INTO widgets VALUES ('bad', '{"name": 7, "size": 1}'), ('poor', '{"name": "x"}'),
                    ('huge', '{"name": "x", "size": 1, "more": [12345678901234567890123]}'),
                    ('good', '{"name": "bolt", "size": 1}'))");
    const gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    for (const std::string id : {"bad", "poor", "huge"}) {
        const auto error = error_of<gs::DecodeError>([&] { (void)widgets.read(id); });
        CHECK(error.id() == id);
        CHECK(std::string{error.what()}.starts_with("read widgets: "));
    }
    CHECK(error_of<gs::DecodeError>([&] { (void)widgets.read("huge"); }).pointer() == "/more/0");
    CHECK(error_of<gs::DecodeError>([&] { (void)widgets.read_all(); }).id() == "bad");
    CHECK(widgets.read("good") == Widget{"bolt", 1});
    CHECK(widgets.count() == 4);
}

TEST_CASE_METHOD(Database, "a NULL document in a table made elsewhere is a DecodeError") {
    by_hand(url, "CREATE TABLE loose (id text PRIMARY KEY, data jsonb); INSERT INTO loose VALUES ('n', NULL)");
    const gs::PostgresStorageBackend<Json> loose{manager, "loose"};
    CHECK(error_of<gs::DecodeError>([&] { (void)loose.read("n"); }).id() == "n");
    CHECK(error_of<gs::DecodeError>([&] { (void)loose.read_all(); }).id() == "n");
    CHECK(loose.contains("n"));
}

TEST_CASE_METHOD(Database, "ids that cannot be stored are refused before anything is sent") {
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    // A server that is gone would be noticed if something were sent.
    gs::PostgresConnectionManager nowhere{"host=/nonexistent"};
    gs::PostgresStorageBackend<Widget> unreachable{nowhere, "widgets"};
    const std::string too_long(513, 'x');
    for (const auto id : {""sv, std::string_view{too_long}, "a\0b"sv, "\xff"sv}) {
        CHECK_THROWS_AS(unreachable.write(id, Widget{}), gs::InvalidInputError);
        CHECK_THROWS_AS(unreachable.insert(id, Widget{}), gs::InvalidInputError);
        CHECK_THROWS_AS(unreachable.replace(id, Widget{}), gs::InvalidInputError);
    }
    for (const auto id : {"a\0b"sv, "\xff"sv}) {
        CHECK_THROWS_AS((void)unreachable.read(id), gs::InvalidInputError);
        CHECK_THROWS_AS((void)unreachable.find(id), gs::InvalidInputError);
        CHECK_THROWS_AS((void)unreachable.contains(id), gs::InvalidInputError);
        CHECK_THROWS_AS(unreachable.remove(id), gs::InvalidInputError);
    }
    // Rows that others stored under ids that the library would not write are reachable.
    by_hand(url, "INSERT INTO widgets VALUES ('', '{\"name\": \"x\", \"size\": 1}'), (repeat('y', 600), '{}')");
    CHECK(widgets.read("").name == "x");
    CHECK(widgets.read(std::string_view{}).name == "x");
    CHECK(widgets.remove(std::string(600, 'y')));
    widgets.write(std::string(512, 'x'), {"longest", 1});
    CHECK(widgets.contains(std::string(512, 'x')));
}

TEST_CASE_METHOD(Database, "documents that cannot be stored are refused before anything is sent, with their place") {
    gs::PostgresConnectionManager nowhere{"host=/nonexistent"};
    gs::PostgresStorageBackend<Json> unreachable{nowhere, "widgets"};
    const auto pointer_of = [&](const Json& document) {
        return error_of<gs::InvalidInputError>([&] { unreachable.write("a", document); }).pointer();
    };
    CHECK(pointer_of({{"a", {1.0, std::numeric_limits<double>::infinity()}}}) == "/a/1");
    CHECK(pointer_of({{"a", std::numeric_limits<double>::quiet_NaN()}}) == "/a");
    CHECK(pointer_of({{"s", std::string{"x\0y", 3}}}) == "/s");
    CHECK(pointer_of({{"s", "\xed\xa0\x80"}}) == "/s");
    Json deep = 1;
    for (int i = 0; i < 513; ++i) deep = Json::array({std::move(deep)});
    CHECK_FALSE(pointer_of(deep).empty());
    CHECK_THROWS_AS(unreachable.write("a", Json(std::string(std::size_t{16} << 20, 'x'))), gs::InvalidInputError);
}

TEST_CASE_METHOD(Database, "a rule of the table is a ConstraintError by name, and content stays out of its text") {
    by_hand(url, "CREATE UNIQUE INDEX one_name ON widgets ((data->>'name'))");
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    widgets.write("a", {"secret-name", 1});
    const auto error = error_of<gs::ConstraintError>([&] { widgets.insert("b", {"secret-name", 2}); });
    CHECK(error.constraint() == "one_name");
    CHECK(std::string{error.what()}.find("secret") == std::string::npos);
    CHECK(error.details().find("secret-name") != std::string::npos);
    CHECK(widgets.count() == 1);
}

TEST_CASE_METHOD(Database, "a server set to read-only is told apart") {
    by_hand(url, "ALTER DATABASE " + std::string{by_hand(url, "SELECT current_database()")[0][0].c_str()} +
                     " SET default_transaction_read_only = on");
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    CHECK(widgets.count() == 0);
    const auto error = error_of<gs::ConnectionError>([&] { widgets.write("a", {"bolt", 1}); });
    CHECK(error.sqlstate() == "25006");
    CHECK(error.outcome() == gs::Outcome::not_applied);
}
