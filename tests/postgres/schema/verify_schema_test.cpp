// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Kind = gs::SchemaDifference::Kind;
using Json = nlohmann::json;

const auto site = gs::path<std::string>("site");
const auto floor_field = gs::path<int>("floor");
const auto parent = gs::path<std::string>("parent");
const auto other = gs::path<std::string>("other");
const auto owner = gs::path<std::string>("owner");
const auto tags = gs::path<std::vector<std::string>>("tags");

const auto parents = gs::document_table<Json>("parents");
const auto children = gs::document_table<Json>("children");
/// Everything that a description can say of one table.
const auto whole = children.unique(site, gs::where(floor_field > 3))
                       .index(site, floor_field.descending(), gs::id_field)
                       .index(floor_field, gs::where(!site.is_null() && site != "a 'b' \"c\" \\d"))
                       .contents_index(tags)
                       .with_column(floor_field)
                       .with_timestamps()
                       .with_revision_column()
                       .index(gs::updated_at_field)
                       .references(parent, "parents", gs::OnDelete::refuse)
                       .references(other, "parents", gs::OnDelete::cascade)
                       .references(owner, "parents", gs::OnDelete::set_null);

class Database {
public:
    void run(const std::string& sql) const {
        pqxx::connection connection{url};
        pqxx::nontransaction{connection}.exec(sql);
    }
    [[nodiscard]] gs::BaseSchemaManager schema(const gs::DocumentTable<Json>& table) const {
        return gs::BaseSchemaManager{manager, {parents, table}};
    }
    [[nodiscard]] std::vector<gs::SchemaDifference> verify(const gs::DocumentTable<Json>& table) const {
        return schema(table).verify_schema();
    }

    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
};

/// What ensure_schema says.
std::string refused(const Database& database, const gs::DocumentTable<Json>& table) {
    return error_of<gs::SchemaError>([&] { database.schema(table).ensure_schema(); }).what();
}

struct Change {
    std::string_view sql;
    Kind kind;
    std::string_view object;
};

}  // namespace

TEST_CASE("a schema that ensure_schema made does not differ") {
    const Database database;
    database.schema(whole).ensure_schema();
    CHECK(database.verify(whole).empty());
    CHECK_NOTHROW(database.schema(whole).ensure_schema());
    const auto divided =
        gs::document_table<Json>({.table_name = "it's \"divided\" USING me", .schema_name = "Other One"})
            .index(site)
            .with_column(site)
            .with_timestamps()
            .with_hash_partitions(3);
    database.schema(divided).ensure_schema();
    CHECK(database.verify(divided).empty());
    CHECK(database.verify(children).empty());  // more than is described is nobody's business
}

TEST_CASE("verify_schema tells what is not there") {
    const Database database;
    const auto nothing = database.verify(whole);
    REQUIRE(nothing.size() == 2);
    CHECK(nothing.front().text() == "public.parents, table: missing");
    database.schema(children).ensure_schema();
    const auto rules = database.verify(whole);
    for (const std::string_view object :
         {"column floor", "column created_at", "column updated_at", "column revision", "column children_parent_fkey",
          "index children_site_key", "index children_tags_gin", "reference children_parent_fkey",
          "trigger Gridone_children_owner_null", "trigger gridone_children_clock"}) {
        CAPTURE(object);
        const auto found = std::ranges::find(rules, object, &gs::SchemaDifference::object);
        REQUIRE(found != rules.end());
        CHECK(found->kind == Kind::missing);
        CHECK(found->table == "public.children");
        CHECK_FALSE(found->expected.empty());
        CHECK(found->found.empty());
    }
    CHECK(database.verify(children).empty());
}

TEST_CASE("each thing that somebody changed is told by verify_schema and refused by ensure_schema") {
    const Database database;
    const std::vector<Change> changes{
        {"ALTER TABLE children DROP COLUMN floor; ALTER TABLE children ADD COLUMN floor numeric",
         Kind::other_definition, "column floor"},
        {"ALTER TABLE children DROP COLUMN floor; ALTER TABLE children ADD COLUMN floor numeric GENERATED ALWAYS AS "
         "((data->>'storey')::numeric) STORED",
         Kind::other_definition, "column floor"},
        {"ALTER TABLE children DROP COLUMN revision; ALTER TABLE children ADD COLUMN revision text",
         Kind::other_definition, "column revision"},
        {"ALTER TABLE children ALTER COLUMN updated_at DROP NOT NULL", Kind::other_definition, "column updated_at"},
        {"ALTER TABLE children ALTER COLUMN data TYPE json", Kind::other_definition, "column data"},
        {"DROP INDEX children_site_key; CREATE INDEX children_site_key ON children ((data->>'site'))",
         Kind::other_definition, "index children_site_key"},
        {"DROP INDEX children_tags_gin; CREATE INDEX children_tags_gin ON children USING gin (data)",
         Kind::other_definition, "index children_tags_gin"},
        {"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'children_site_key'::regclass", Kind::invalid,
         "index children_site_key"},
        {"ALTER TABLE children DROP CONSTRAINT children_pkey", Kind::other_definition, "key"},
        {"ALTER TABLE children DROP CONSTRAINT children_other_fkey; ALTER TABLE children ADD CONSTRAINT "
         "children_other_fkey FOREIGN KEY (children_other_fkey) REFERENCES parents",
         Kind::other_definition, "reference children_other_fkey"},
        {"ALTER TABLE children DROP CONSTRAINT children_parent_fkey; ALTER TABLE children ADD CONSTRAINT "
         "children_parent_fkey FOREIGN KEY (children_parent_fkey) REFERENCES children",
         Kind::other_definition, "reference children_parent_fkey"},
        {"ALTER TABLE children DROP CONSTRAINT children_parent_fkey; ALTER TABLE children ADD CONSTRAINT "
         "children_parent_fkey FOREIGN KEY (children_parent_fkey) REFERENCES parents NOT VALID",
         Kind::invalid, "reference children_parent_fkey"},
        {"ALTER TABLE children DISABLE TRIGGER gridone_children_clock", Kind::other_definition,
         "trigger gridone_children_clock"},
        {"DROP TRIGGER gridone_children_clock ON children; CREATE TRIGGER gridone_children_clock BEFORE INSERT ON "
         "children FOR EACH ROW EXECUTE FUNCTION gridone_children_clock()",
         Kind::other_definition, "trigger gridone_children_clock"},
        {"DROP TRIGGER gridone_children_clock ON children; CREATE TRIGGER gridone_children_clock BEFORE INSERT OR "
         "UPDATE ON children FOR EACH ROW WHEN (false) EXECUTE FUNCTION gridone_children_clock()",
         Kind::other_definition, "trigger gridone_children_clock"},
        {"ALTER TABLE children DISABLE TRIGGER ALL; ALTER TABLE children ENABLE TRIGGER gridone_children_clock",
         Kind::other_definition, "reference children_parent_fkey"},
        {"ALTER TABLE children ALTER CONSTRAINT children_parent_fkey DEFERRABLE INITIALLY DEFERRED",
         Kind::other_definition, "reference children_parent_fkey"},
        {"ALTER TABLE parents ADD COLUMN code text COLLATE \"C\" UNIQUE; ALTER TABLE children DROP CONSTRAINT "
         "children_parent_fkey; ALTER TABLE children ADD CONSTRAINT children_parent_fkey FOREIGN KEY "
         "(children_parent_fkey) REFERENCES parents (code)",
         Kind::other_definition, "reference children_parent_fkey"},
        {"ALTER TABLE children ALTER COLUMN revision DROP IDENTITY; ALTER TABLE children ALTER COLUMN revision SET "
         "DEFAULT 7",
         Kind::other_definition, "column revision"},
        {"ALTER TABLE children ADD COLUMN tenant text NOT NULL", Kind::other_definition, "column tenant"}};
    for (const Change& change : changes) {
        CAPTURE(change.sql);
        database.run("DROP TABLE IF EXISTS children");
        // json has neither our operators nor our indexes
        const auto& table = change.object == "column data" ? children : whole;
        database.schema(table).ensure_schema();
        REQUIRE(database.verify(table).empty());
        database.run(std::string{change.sql});
        const auto differences = database.verify(table);
        const auto found = std::ranges::find(differences, change.object, &gs::SchemaDifference::object);
        REQUIRE(found != differences.end());
        CHECK(found->kind == change.kind);
        const auto more = change.object == "column data" ? table : table.index(gs::path<int>("extra"));
        try {
            database.schema(more).ensure_schema();
            FAIL("a table that is something else was accepted");
        } catch (const gs::SchemaError& error) {
            CHECK(std::string_view{error.what()}.find(found->text()) != std::string_view::npos);
        }
        if (change.object == "column data") continue;
        const auto after = database.verify(more);
        CHECK(std::ranges::find(after, "index children_extra_idx", &gs::SchemaDifference::object) != after.end());
    }
}

TEST_CASE("verify_schema reports a table of others that inserts or reads would fail on") {
    const Database database;
    gs::BaseSchemaManager{database.manager, {parents}}.ensure_schema();
    database.run(
        "CREATE TABLE children (data jsonb NOT NULL, id text COLLATE \"C\" GENERATED ALWAYS AS (data->>'id') "
        "STORED PRIMARY KEY)");
    const auto generated = database.verify(children);
    REQUIRE(generated.size() == 1);
    CHECK(generated.front().object == "column id");
    CHECK(generated.front().found == "GENERATED ALWAYS AS ((data ->> 'id'::text))");
    gs::PostgresStorageBackend<Json> storage{database.manager, "children"};
    CHECK(error_of<gs::SchemaError>([&] { storage.write("a", {{"id", "a"}}); }).sqlstate() == "428C9");

    database.run("DROP TABLE children; CREATE TABLE children (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT NULL)");
    database.run("CREATE TABLE heirs () INHERITS (children)");
    const auto inherited = database.verify(children);
    REQUIRE(inherited.size() == 1);
    CHECK(inherited.front().object == "table");
    CHECK(inherited.front().found == "public.heirs");

    database.run(
        "DROP TABLE children CASCADE; CREATE TABLE children (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT "
        "NULL, tenant text NOT NULL, note text NOT NULL DEFAULT '')");
    REQUIRE(database.verify(children).size() == 1);
    CHECK(database.verify(children).front().object == "column tenant");
    CHECK(database.verify(children).front().found == "text NOT NULL");
    database.run(
        "CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.tenant := ''t''; RETURN NEW; END'; "
        "CREATE TRIGGER own BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION own()");
    CHECK(database.verify(children).empty());
    CHECK_NOTHROW(storage.write("a", {{"id", "a"}}));
}

TEST_CASE("how an index is stored is the administrator's business") {
    const Database database;
    const auto strange = children.index(gs::path<int>("a WITH (b)"), gs::where(site == " WITH (c)"));
    database.schema(strange).ensure_schema();
    database.run(
        "DO 'BEGIN EXECUTE (SELECT format(''ALTER INDEX %s SET (fillfactor = 70)'', indexrelid::regclass) FROM "
        "pg_index WHERE indrelid = ''children''::regclass AND NOT indisprimary); END'");
    CHECK(database.verify(strange).empty());
}

TEST_CASE("a role that only reads can compare") {
    const Database database;
    database.schema(whole).ensure_schema();
    const gs::PostgresConnectionManager reader{database.url + "&options=-cdefault_transaction_read_only%3Don"};
    CHECK(gs::BaseSchemaManager(reader, {parents, whole}).verify_schema().empty());
}

TEST_CASE("a function that somebody changed is made ours again") {
    const Database database;
    database.schema(whole).ensure_schema();
    database.run(
        "CREATE OR REPLACE FUNCTION gridone_children_clock() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NEW; END'");
    const auto differences = database.verify(whole);
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().object == "trigger gridone_children_clock");
    CHECK_NOTHROW(database.schema(whole).ensure_schema());
    CHECK(database.verify(whole).empty());
}

TEST_CASE("tables of other programs are accepted as they are, and the collation of their id is told") {
    const Database database;
    database.run("CREATE TABLE children (id varchar(80) PRIMARY KEY, data jsonb, note text)");
    CHECK_NOTHROW(database.schema(children).ensure_schema());
    const auto differences = database.verify(children);
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().kind == Kind::other_collation);
    CHECK(differences.front().object == "column id");
    database.run("CREATE INDEX ON children (id COLLATE \"C\")");
    CHECK(database.verify(children).empty());
    const auto indexed = children.index(site, gs::id_field).with_timestamps();
    database.run("ALTER TABLE children ADD COLUMN created_at timestamptz(6) NOT NULL DEFAULT now()");
    CHECK_NOTHROW(database.schema(indexed).ensure_schema());
    CHECK_NOTHROW(database.schema(indexed).ensure_schema());
    CHECK(database.verify(indexed).empty());
}

TEST_CASE("a table that is not divided is not taken for one that is") {
    const Database database;
    database.schema(children).ensure_schema();
    try {
        database.schema(children.with_hash_partitions(2)).ensure_schema();
        FAIL("a table was divided");
    } catch (const gs::SchemaError& error) {
        CHECK(std::string_view{error.what()}.find("partitions: has another definition, expected 2 by a hash of the id, "
                                                  "found none") != std::string_view::npos);
    }
    const auto parted = gs::document_table<Json>("parted");
    database.schema(parted.with_hash_partitions(2)).ensure_schema();
    const auto differences = database.verify(parted.with_hash_partitions(4));
    REQUIRE(differences.size() == 1);
    CHECK(differences.front().object == "partitions");
    CHECK(differences.front().found == "2 of HASH (id)");
    CHECK(refused(database, parted.with_hash_partitions(4)).find("partitions: has another definition") !=
          std::string::npos);
    CHECK(database.verify(parted).empty());
    database.run("DROP TABLE parted_p1; CREATE TABLE a PARTITION OF parted FOR VALUES WITH (MODULUS 4, REMAINDER 1)");
    CHECK(database.verify(parted.with_hash_partitions(2)).size() == 1);
}

TEST_CASE("a reference whose removals were to set null is told where they are to do something else") {
    const Database database;
    database.schema(children.references(parent, "parents", gs::OnDelete::set_null)).ensure_schema();
    const auto refusing = children.references(parent, "parents", gs::OnDelete::refuse);
    const auto cascading = children.references(parent, "parents", gs::OnDelete::cascade);
    CHECK(refused(database, refusing).find("no trigger that sets null") != std::string::npos);
    database.run("ALTER TABLE children DROP CONSTRAINT children_parent_fkey");
    CHECK(refused(database, cascading).find("no trigger that sets null") != std::string::npos);
    database.run("DROP FUNCTION \"Gridone_children_parent_null\" CASCADE");
    database.schema(cascading).ensure_schema();
    gs::PostgresStorageBackend<Json> all{database.manager, parents};
    gs::PostgresStorageBackend<Json> some{database.manager, cascading};
    all.write("x", Json::object());
    some.write("c", {{"parent", "x"}});
    all.remove("x");
    CHECK(some.count() == 0);
}

TEST_CASE("tables of one name in two schemas refer to the same parent, and a table that is gone is in nobody's way") {
    const Database database;
    const auto of = [](const std::string& schema) {
        return gs::document_table<Json>({.table_name = "children", .schema_name = schema})
            .references(parent, parents, gs::OnDelete::set_null);
    };
    gs::PostgresStorageBackend<Json> all{database.manager, parents};
    std::vector<gs::PostgresStorageBackend<Json>> children_of_all;
    for (const std::string schema : {"public", "one", "two"}) {
        database.schema(of(schema)).ensure_schema();
        children_of_all.emplace_back(database.manager, of(schema));
    }
    for (const std::string id : {"x", "y", "z"}) all.write(id, Json::object());
    for (auto& some : children_of_all) some.write("c", {{"parent", "x"}});
    all.remove("x");
    for (auto& some : children_of_all) CHECK(some.read("c")["parent"].is_null());
    database.run("DROP TABLE children");
    CHECK(all.remove("y"));
    database.run("ALTER TABLE one.children DROP COLUMN children_parent_fkey");
    CHECK(all.remove("z"));
}

TEST_CASE("ids that a collation takes for the same are refused") {
    const Database database;
    database.run(
        "CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
        "CREATE TABLE children (id text COLLATE careless PRIMARY KEY, data jsonb NOT NULL)");
    CHECK(refused(database, children).find("a deterministic collation") != std::string::npos);
}

TEST_CASE("a role that may make no temporary tables makes its schema, and cannot compare") {
    const Database database;
    database.run(
        "DROP ROLE IF EXISTS \"no temp\"; CREATE ROLE \"no temp\" LOGIN; GRANT ALL ON SCHEMA public TO "
        "\"no temp\"; DO 'BEGIN EXECUTE format(''REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC'', "
        "current_database()); END'");
    std::string url = database.url;
    url.replace(0, url.find('@'), "postgresql://no%20temp");
    const gs::PostgresConnectionManager humble{url};
    const gs::BaseSchemaManager schema{humble, {parents, whole}};
    CHECK_NOTHROW(schema.ensure_schema());
    CHECK_THROWS_AS(schema.verify_schema(), gs::PermissionError);
    CHECK(database.verify(whole).empty());
}

TEST_CASE("a database says of its own tables how they differ, and one in memory never does") {
    const Database database;
    const auto handle = gs::open_database(database.url);
    const auto storage = handle.storage(whole);
    CHECK(handle.verify_schema().size() == 1);
    (void)handle.storage(parents);
    handle.ensure_schema();
    CHECK(handle.verify_schema().empty());
    const auto twin = gs::open_database("memory:");
    (void)twin.storage(whole);
    CHECK(twin.verify_schema().empty());
}

TEST_CASE("a second ensure_schema waits for nobody who reads or writes") {
    const Database database;
    database.schema(whole).ensure_schema();
    pqxx::connection other_session{database.url};
    pqxx::work busy{other_session};
    busy.exec("LOCK TABLE children, parents IN ROW EXCLUSIVE MODE");
    const gs::PostgresConnectionManager hurried{database.url,
                                                gs::PoolOptions{.operation_timeout = std::chrono::milliseconds{5000}}};
    CHECK_NOTHROW(gs::BaseSchemaManager(hurried, {parents, whole}).ensure_schema());
    busy.abort();
}
