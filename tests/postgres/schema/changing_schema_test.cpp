// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Json = nlohmann::json;

const auto site = gs::path<std::string>("site");
const auto seen = gs::path<gs::Timestamp>("seen");
const auto parent = gs::path<std::string>("parent");

const auto plain = gs::document_table<Json>("documents");

}  // namespace

TEST_CASE("a statement that was prepared before another program changed its columns is prepared again") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::BaseSchemaManager{manager, {plain}}.ensure_schema();
    gs::PostgresStorageBackend<Json> documents{manager, plain};
    const Json document = Json::parse(R"({"site": "lyon"})");
    documents.write("a", document);
    CHECK(documents.read("a") == document);  // so that it is prepared

    by_hand(url, "ALTER TABLE documents ALTER COLUMN data TYPE json");
    CHECK(documents.read("a") == document);
    CHECK(documents.write("a", document) == documents.read_document("a").version);

    by_hand(url, "ALTER TABLE documents ALTER COLUMN data TYPE jsonb");
    int runs = 0;
    documents.transaction([&](gs::Transaction& tx) {
        ++runs;
        const Json found = documents.in(tx).read("a");  // outside of CHECK, which would keep what is thrown
        CHECK(found == document);
    });
    CHECK(runs == 2);  // what was prepared is of no use, and a transaction cannot go on after an error
}

TEST_CASE("what a schema leaves in the database is the server's, whatever the search_path offers first") {
    const std::string url = shared_server().create_database();
    by_hand(url,
            "DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET search_path = public, pg_catalog'', current_database()); "
            "END'");
    const std::vector<std::string> traps{
        "jsonb_typeof(x jsonb) RETURNS text",
        "make_timestamp(a int, b int, c int, d int, e int, f float8) RETURNS timestamp",
        "substr(a text, b int, c int) RETURNS text", "clock_timestamp() RETURNS timestamptz",
        "jsonb_set(a jsonb, b text[], c jsonb, d boolean DEFAULT true) RETURNS jsonb"};
    for (const std::string& trap : traps) {
        by_hand(url, "CREATE FUNCTION public." + trap +
                         " LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''trapped''; END'");
    }
    gs::PostgresConnectionManager manager{url};
    const auto parents = gs::document_table<Json>("parents");
    const auto children = gs::document_table<Json>("children")
                              .with_column(site)
                              .with_column(seen)
                              .unique(gs::path<double>("number"))
                              .with_timestamps()
                              .references(parent, parents, gs::OnDelete::set_null);
    const gs::BaseSchemaManager schema{manager,
                                       {parents, children, "CREATE TABLE own AS SELECT current_schemas(false)"}};
    schema.ensure_schema();
    CHECK(by_hand(url,
                  "SELECT count(*) FROM pg_depend JOIN pg_proc ON pg_proc.oid = refobjid WHERE pronamespace = "
                  "'public'::regnamespace AND refclassid = 'pg_proc'::regclass AND proname IN ('jsonb_typeof', "
                  "'make_timestamp', 'substr', 'clock_timestamp', 'jsonb_set')")[0][0]
              .view() == "0");
    // A statement of the program's own is run as it would be without us.
    CHECK(by_hand(url, "SELECT * FROM public.own")[0][0].view() == "{public,pg_catalog}");
    by_hand(url,
            "SET search_path = pg_catalog; INSERT INTO public.parents VALUES ('p', '{}'); INSERT INTO public.children "
            "(id, data) VALUES ('c', '{\"site\": \"x\", \"parent\": \"p\", \"seen\": \"2024-02-29T00:00:00Z\"}')");
    by_hand(url, "DELETE FROM public.parents");  // the search_path of whoever it is
    CHECK(
        by_hand(url,
                "SELECT data->>'parent' IS NULL AND site = 'x' AND updated_at > created_at FROM public.children")[0][0]
            .view() == "t");
}

TEST_CASE(
    "two tables whose names begin alike, and are as long as a name may be, are two tables with rules of their own") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    const std::string beginning(62, 'n');
    for (const char* end : {"a", "b"}) {
        const auto table = gs::document_table<Json>(beginning + end).unique(site).index(site, seen).with_timestamps();
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        gs::PostgresStorageBackend<Json> documents{manager, table};
        documents.write("x", Json::parse(R"({"site": "lyon"})"));
        CHECK_THROWS_AS(documents.write("y", Json::parse(R"({"site": "lyon"})")), gs::ConstraintError);
        CHECK(documents.count() == 1);
    }
    CHECK_THROWS_AS(gs::document_table<Json>(beginning + "ab"), gs::InvalidInputError);
}

TEST_CASE("a role that may not create gets an error of its permissions, and nothing is half done") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager owner{url};
    gs::BaseSchemaManager{owner, {plain}}.ensure_schema();
    by_hand(url,
            "DROP ROLE IF EXISTS \"no create\"; CREATE ROLE \"no create\" LOGIN; REVOKE CREATE ON SCHEMA public "
            "FROM PUBLIC; GRANT ALL ON documents TO \"no create\"");
    std::string humble_url = url;
    humble_url.replace(0, url.find('@'), "postgresql://no%20create");
    gs::PostgresConnectionManager humble{humble_url};
    CHECK_NOTHROW(gs::BaseSchemaManager(humble, {plain}).ensure_schema());  // there is nothing to be made
    try {
        gs::BaseSchemaManager(humble, {plain.index(site)}).ensure_schema();
        FAIL("an index on the table of somebody else was made");
    } catch (const gs::SchemaError& error) {
        CHECK(error.sqlstate() == "42501");
        CHECK(error.details().find("documents") != std::string::npos);
    }
    CHECK_THROWS_AS(gs::BaseSchemaManager(humble, {gs::document_table<Json>("more")}).ensure_schema(), gs::SchemaError);
}
