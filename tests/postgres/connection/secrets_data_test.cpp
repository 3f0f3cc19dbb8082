// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;
using Json = nlohmann::json;

namespace {

struct Database {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Json> documents{manager, "documents"};
    gs::PostgresStorageBackend<Widget> widgets{manager, "documents"};
    PostgresGadgets gadgets{manager, "documents"};

    Database() { by_hand(url, "CREATE TABLE documents (id TEXT PRIMARY KEY, data JSONB NOT NULL)"); }

    void run(const std::string& sql) {
        gs::detail::ManagerAccess::state(manager)->run({.sql = sql, .parameters = {}}, {}, {.operation = "test"});
    }
};

/// The text of an error without the documents; `id()` and `details()` may hold them.
bool is_silent(const gs::StorageError& error) {
    UNSCOPED_INFO(error.what());
    return std::string_view{error.what()}.find("canary") == std::string_view::npos;
}

}  // namespace

TEST_CASE_METHOD(Database, "what a server quotes of a value is in the details, not in the text") {
    for (const std::string sql :
         {"SELECT 'canary'::int", "SELECT '{\"a\": canary'::jsonb", "SELECT '{\"a\": \"\\u0000 canary\"}'::jsonb->>'a'",
          "SELECT 'canary'::date", "SELECT '\"canary\"'::jsonb::int"}) {
        CAPTURE(sql);
        const auto error = error_of<gs::InvalidInputError>([&] { run(sql); });
        CHECK(is_silent(error));
        CHECK(error.sqlstate().starts_with("22"));
        CHECK_FALSE(error.details().empty());
    }
    CHECK(error_of<gs::InvalidInputError>([&] { run("SELECT 'canary'::int"); }).details().find("canary") !=
          std::string::npos);
}

TEST_CASE_METHOD(Database, "a rule of the table that a document breaks is told without the document") {
    by_hand(url,
            "CREATE UNIQUE INDEX one_name ON documents ((data->>'name'));"
            "ALTER TABLE documents ADD CONSTRAINT sized CHECK ((data->>'size')::int < 10)");
    documents.write("a", {{"name", "canary"}, {"size", 1}});
    for (const Json& document : {Json{{"name", "canary"}, {"size", 1}}, Json{{"name", "canary two"}, {"size", 10}}}) {
        const auto error = error_of<gs::ConstraintError>([&] { documents.insert("canary-id", document); });
        CHECK(is_silent(error));
        CHECK(error.details().find("canary") != std::string::npos);
        CHECK(error.id() == "canary-id");
    }
    const auto error = error_of<gs::InvalidInputError>([&] { documents.write("b", {{"size", "canary"}}); });
    CHECK(is_silent(error));
    CHECK(error.sqlstate() == "22P02");
    CHECK(error.details().find("canary") != std::string::npos);
}

TEST_CASE_METHOD(Database, "an id that is taken, missing or cannot be stored is not in the text") {
    documents.write("canary", 1);
    CHECK(is_silent(error_of<gs::AlreadyExistsError>([&] { documents.insert("canary", 2); })));
    CHECK(is_silent(error_of<gs::NotFoundError>([&] { documents.replace("canary two", 2); })));
    CHECK(is_silent(error_of<gs::NotFoundError>([&] { (void)documents.read("canary two"); })));
    CHECK(is_silent(error_of<gs::InvalidInputError>([&] { documents.write("canary\xff", 1); })));
}

TEST_CASE_METHOD(Database, "a document that the model cannot take is told without the document") {
    for (const Json& document : {Json("canary"), Json{{"name", "canary"}}, Json{{"name", "canary"}, {"size", "canary"}},
                                 Json{{"label", 1}, {"name", Json::array({"canary"})}}, Json{{"canary", "canary"}}}) {
        CAPTURE(document.dump());
        documents.write("a", document);
        CHECK(is_silent(error_of<gs::DecodeError>([&] { (void)widgets.read("a"); })));
        CHECK(is_silent(error_of<gs::DecodeError>([&] { (void)widgets.read_all(); })));
        CHECK(is_silent(error_of<gs::DecodeError>([&] { (void)gadgets.read("a"); })));
    }
}

TEST_CASE_METHOD(Database, "a value that is no JSON is told without the value") {
    CHECK(is_silent(error_of<gs::InvalidInputError>([&] { documents.write("a", {{"name", "canary\xff"}}); })));
    CHECK(is_silent(
        error_of<gs::InvalidInputError>([&] { documents.write("a", {{"name", std::string{"canary\0canary", 13}}}); })));
}
