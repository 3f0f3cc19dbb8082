// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/result>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Json = nlohmann::json;
using Storage = gs::PostgresStorageBackend<Json>;

struct Database {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    Storage storage{manager, "items"};

    [[nodiscard]] pqxx::result run(const std::string& sql) const { return by_hand(url, sql); }
};

const Json item{{"size", 1}};
const std::vector<std::pair<std::string, Json>> items{{"abc", item}, {"b", item}};

/// Each way in which a program first uses a table.
const std::vector<std::pair<std::string_view, std::function<void(Storage&)>>> uses{
    {"read", [](Storage& s) { (void)s.read("abc"); }},
    {"read_many", [](Storage& s) { (void)s.read_many({"abc", "b"}); }},
    {"count", [](Storage& s) { (void)s.count(); }},
    {"list_all", [](Storage& s) { (void)s.list_all(); }},
    {"for_each", [](Storage& s) { s.for_each([](const auto&) {}); }},
    {"query", [](Storage& s) { (void)s.query().where(gs::path<int>("size") == 1).all(); }},
    {"write", [](Storage& s) { s.write("abc", item); }},
    {"patch", [](Storage& s) { s.patch("abc", gs::path<int>("size").set(2)); }},
    {"write_many", [](Storage& s) { s.write_many({{"abc", item}, {"b", item}}); }},
    {"insert_many", [](Storage& s) { s.insert_many({{"abc", item}, {"b", item}}); }},
    {"a load", [](Storage& s) { s.write_many(items, gs::LoadOptions{}); }},
    {"a load of new documents", [](Storage& s) { s.insert_many(items, gs::LoadOptions{}); }},
    {"remove", [](Storage& s) { s.remove("abc"); }},
    {"clear", [](Storage& s) { (void)s.clear(); }},
    {"a transaction", [](Storage& s) { s.transaction([&](gs::Transaction& tx) { s.in(tx).write("abc", item); }); }},
};

/// Types of an id column that change ids or take two for one.
const std::vector<std::pair<std::string_view, std::string_view>> inexact{
    {"char(10)", "character(10)"},
    {"citext", "citext"},
    {"name", "name"},
    {"text COLLATE same_case", "the nondeterministic collation same_case"},
    {"padded", "padded"},
    {"any_case", "any_case"},
    {"either_case", "the nondeterministic collation same_case"},
    {"uuid", "uuid"},
    {"bigint", "bigint"},
    {"xid", "xid"},
};
const std::vector<std::string_view> exact{"text", "varchar(80)", "text COLLATE \"C\"", "label", "label_of_label"};

void make_types(const Database& database) {
    (void)database.run(
        "CREATE EXTENSION citext; "
        "CREATE COLLATION same_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
        "CREATE DOMAIN padded AS char(10); CREATE DOMAIN any_case AS citext; "
        "CREATE DOMAIN either_case AS text COLLATE same_case; "
        "CREATE DOMAIN label AS text CHECK (value <> ''); CREATE DOMAIN label_of_label AS label");
}

}  // namespace

TEST_CASE("each operation refuses, at the first use of a table, an id column that does not tell all ids apart") {
    Database database;
    make_types(database);
    (void)database.run("CREATE TABLE items (id char(10) PRIMARY KEY, data jsonb NOT NULL)");
    (void)database.run("INSERT INTO items VALUES ('abc', '{\"size\": 1}')");
    for (const auto& [name, use] : uses) {
        CAPTURE(name);
        Storage& storage = database.storage;
        const auto error = error_of<gs::SchemaError>([&] { use(storage); });
        const std::string_view text = error.what();
        CHECK(text.find("the id column \"id\" has the type character(10)") != text.npos);
        CHECK(text.find("ALTER TABLE") != text.npos);
        CHECK(error.table() == "items");
    }
    CHECK(database.run("SELECT count(*) FROM items").one_row()[0].as<int>() == 1);
}

TEST_CASE("a shared call refuses an id column that does not tell all ids apart") {
    Database database;
    (void)database.run("CREATE TABLE items (id char(10) PRIMARY KEY, data jsonb NOT NULL)");
    gs::PostgresConnectionManager manager{database.url};
    gs::CoalescingStorageBackend<Json> shared{gs::PostgresStorageBackend<Json>{manager, "items"}};
    CHECK_THROWS_AS(shared.write("abc", item), gs::SchemaError);
    CHECK_THROWS_AS(shared.find("abc"), gs::SchemaError);
}

TEST_CASE("an id column is used where its type and collation tell all ids apart, and refused by name otherwise") {
    Database database;
    make_types(database);
    for (const auto& [type, named] : inexact) {
        CAPTURE(type);
        (void)database.run("CREATE TABLE items (id " + std::string{type} + (type == "xid" ? "" : " PRIMARY KEY") +
                           ", data jsonb NOT NULL)");
        const std::string text = error_of<gs::SchemaError>([&] { (void)database.storage.find("1"); }).what();
        CAPTURE(text);
        CHECK(text.find(named) != std::string::npos);
        (void)database.run("DROP TABLE items");
    }
    for (const std::string_view type : exact) {
        CAPTURE(type);
        gs::PostgresConnectionManager manager{database.url};
        Storage storage{manager, "items"};
        (void)database.run("CREATE TABLE items (id " + std::string{type} + " PRIMARY KEY, data jsonb NOT NULL)");
        for (const char* const id : {"a", "A", "a "}) storage.insert(id, item);
        CHECK(storage.read_many({"a", "A", "a "}).size() == 3);
        (void)database.run("DROP TABLE items");
    }
}

TEST_CASE("a unique index with a nondeterministic collation is refused, since an upsert would take two ids for one") {
    Database database;
    make_types(database);
    (void)database.run(
        "CREATE TABLE items (id text COLLATE \"C\", data jsonb NOT NULL); "
        "CREATE UNIQUE INDEX ON items (id COLLATE same_case)");
    CHECK_THROWS_AS(database.storage.write("a", item), gs::SchemaError);
}

TEST_CASE("a partitioned table and a view are looked at as a table is") {
    Database database;
    (void)database.run(
        "CREATE TABLE divided (id char(10) PRIMARY KEY, data jsonb NOT NULL) PARTITION BY HASH (id); "
        "CREATE TABLE part PARTITION OF divided FOR VALUES WITH (MODULUS 1, REMAINDER 0); "
        "CREATE VIEW seen AS SELECT * FROM divided; "
        "CREATE VIEW as_text AS SELECT id::text, data FROM divided");
    for (const char* const table : {"divided", "part", "seen"}) {
        CAPTURE(table);
        gs::PostgresConnectionManager manager{database.url};
        Storage storage{manager, table};
        CHECK_THROWS_AS(storage.find("abc"), gs::SchemaError);
    }
    gs::PostgresConnectionManager manager{database.url};
    Storage storage{manager, "as_text"};
    CHECK_NOTHROW(storage.find("abc"));
}

TEST_CASE("a table that is made after the first use is looked at once it is there") {
    Database database;
    CHECK(error_of<gs::SchemaError>([&] { (void)database.storage.find("abc"); }).sqlstate() == "42P01");
    (void)database.run("CREATE TABLE items (id char(10) PRIMARY KEY, data jsonb NOT NULL)");
    CHECK(error_of<gs::SchemaError>([&] { (void)database.storage.find("abc"); }).sqlstate().empty());
    (void)database.run("ALTER TABLE items ALTER COLUMN id TYPE text");
    CHECK_FALSE(database.storage.find("abc"));
    (void)database.run("DROP TABLE items");
    CHECK(error_of<gs::SchemaError>([&] { (void)database.storage.find("abc"); }).sqlstate() == "42P01");
    (void)database.run("CREATE TABLE items (id char(10) PRIMARY KEY, data jsonb NOT NULL)");
    CHECK(error_of<gs::SchemaError>([&] { (void)database.storage.find("abc"); }).sqlstate().empty());
}

TEST_CASE("a role that may not use the schema gets the PermissionError of its statement, also in a transaction") {
    Database database;
    (void)database.run(
        "CREATE SCHEMA closed; CREATE TABLE closed.items (id text PRIMARY KEY, data jsonb NOT NULL); "
        "CREATE TABLE items (id text PRIMARY KEY, data jsonb NOT NULL); "
        "CREATE ROLE outsider LOGIN; GRANT ALL ON items TO outsider");
    gs::PostgresConnectionManager manager{database.url + "&user=outsider"};
    Storage open{manager, "items"};
    Storage closed{manager, {.table_name = "items", .schema_name = "closed"}};
    CHECK_THROWS_AS(closed.find("a"), gs::PermissionError);
    open.transaction([&](gs::Transaction& tx) {
        open.in(tx).write("a", item);
        CHECK(open.in(tx).contains("a"));
    });
    (void)database.run("DROP OWNED BY outsider; DROP ROLE outsider");
}

TEST_CASE("the error of a load of new documents tells which of them a constraint of the table refuses") {
    Database database;
    (void)database.run(
        "CREATE TABLE items (id text PRIMARY KEY, data jsonb NOT NULL, CONSTRAINT small CHECK "
        "((data->>'size')::int < 1000)); CREATE UNIQUE INDEX one_size ON items ((data->>'size'))");
    const auto error_with = [&](std::size_t position, int value) {
        std::vector<std::pair<std::string, Json>> many;
        for (int number = 1; number <= 500; ++number)
            many.emplace_back("id" + std::to_string(number), Json{{"size", number}});
        many[position - 1].second["size"] = value;
        return std::string{
            error_of<gs::ConstraintError>([&] { (void)database.storage.insert_many(many, gs::LoadOptions{}); }).what()};
    };
    CHECK(error_with(321, 1000).find("document 321: a rule of the table forbids it: small") != std::string::npos);
    CHECK(error_with(400, 7).find("document 400: a rule of the table forbids it: one_size") != std::string::npos);
    CHECK(database.storage.count() == 0);
}

TEST_CASE("the row that COPY refuses is read in every language of the server") {
    using gs::detail::line_of_copy;
    CHECK(line_of_copy("COPY items, line 3", "items") == 3);
    CHECK(line_of_copy("COPY items, Zeile 12: \"7\t{}\"", "items") == 12);
    CHECK(line_of_copy("items のCOPY、行 5: \"9\"", "items") == 5);
    CHECK(line_of_copy("COPY items 2024, line 3, column data: \"1\"", "items 2024") == 3);
    CHECK(line_of_copy("PL/pgSQL function items_f() line 8 at RAISE\nCOPY items, line 3: \"x\"", "items") == 3);
    CHECK(line_of_copy("PL/pgSQL function items_f() line 8 at RAISE", "items") == 0);
    CHECK(line_of_copy("COPY items, line 99999999999999999999999", "items") == 0);
    CHECK(line_of_copy("COPY items", "items") == 0);
    CHECK(line_of_copy("COPY items, line 3", "") == 0);
}
