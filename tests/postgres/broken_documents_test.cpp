// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct Lamp {
    std::string name;
    int watts = 0;
    using json_members = gs::JsonMembers<&Lamp::name, &Lamp::watts>;
};

using Errors = std::vector<gs::DecodeError>;

constexpr std::size_t documents = 10'000;
constexpr auto watts = gs::field<&Lamp::watts>;
const auto by_watts = gs::query<Lamp>().order_by(watts);
/// What has no value first.
const auto broken_first = gs::query<Lamp>().order_by(watts.descending()).limit(150);

/// Ten thousand lamps of which one is none, since its watts are a text.
void fill(const gs::Database& database) {
    auto lamps = database.storage(gs::document_table<nlohmann::json>("lamps"));
    database.ensure_schema();
    std::vector<std::pair<std::string, nlohmann::json>> all;
    for (std::size_t i = 0; i < documents; ++i) all.push_back({std::to_string(i), {{"name", "lamp"}, {"watts", i}}});
    all[4711].second["watts"] = "many";
    lamps.write_many(all);
}

/// What is seen of them by a call that takes what is to be done with the broken one.
template <class Storage>
void check_every_way(const Storage& lamps) {
    const auto check = [](auto&& seen_by) {
        Errors broken;
        CHECK(seen_by(gs::collect_broken(broken)) == documents - 1);
        REQUIRE(broken.size() == 1);
        CHECK(broken[0].id() == "4711");
        CHECK(broken[0].table() == "lamps");
        CHECK(broken[0].pointer() == "/watts");
        CHECK(std::string{broken[0].what()}.find("expects a number") != std::string::npos);
        CHECK(seen_by(gs::skip_broken) == documents - 1);
        CHECK_THROWS_AS(seen_by([](const gs::DecodeError&) { throw std::logic_error{"mine"}; }), std::logic_error);
    };
    check([&](auto on_broken) { return lamps.read_all(on_broken).size(); });
    check([&](auto on_broken) { return lamps.query(by_watts).all(on_broken).size(); });
    check([&](auto on_broken) { return lamps.query(by_watts).read_all(on_broken).size(); });
    check([&](auto on_broken) {
        std::size_t seen = 0;
        lamps.for_each([&](const gs::Document<Lamp>&) { ++seen; }, on_broken);
        return seen;
    });
    check([&](auto on_broken) {
        std::size_t seen = 0;
        lamps.query(broken_first).for_each([&](const gs::Document<Lamp>&) { return ++seen > 0; }, on_broken);
        CHECK(seen == 149);
        return documents - 1;
    });
    CHECK_THROWS_AS(lamps.read_all(), gs::DecodeError);
    CHECK_THROWS_AS(lamps.query(by_watts).all(), gs::DecodeError);
    CHECK_THROWS_AS(lamps.query(by_watts).read_all(), gs::DecodeError);
    CHECK_THROWS_AS(lamps.for_each([](const gs::Document<Lamp>&) {}), gs::DecodeError);
    CHECK_THROWS_AS(lamps.query(broken_first).for_each([](const gs::Document<Lamp>&) {}), gs::DecodeError);
}

}  // namespace

TEST_CASE("one broken document in ten thousand costs one report and not the others, on both backends") {
    for (const std::string& url : {std::string{"memory:"}, shared_server().create_database()}) {
        INFO(url.substr(0, url.find(':')));
        const gs::Database database = gs::open_database(url);
        fill(database);
        const auto lamps = database.storage(gs::document_table<Lamp>("lamps"));
        check_every_way(lamps);
        database.transaction([&](gs::Transaction& tx) { check_every_way(lamps.in(tx)); });
    }
}

TEST_CASE("what the function of for_each throws is no broken document") {
    const gs::Database database = gs::open_database("memory:");
    fill(database);
    const auto lamps = database.storage(gs::document_table<Lamp>("lamps"));
    std::size_t reported = 0;
    const auto throws = [](const gs::Document<Lamp>&) { throw gs::DecodeError{"mine"}; };
    const auto report = [&](const gs::DecodeError&) { ++reported; };
    CHECK_THROWS_AS(lamps.for_each(throws, report), gs::DecodeError);
    CHECK_THROWS_AS(lamps.query(by_watts).for_each(throws, report), gs::DecodeError);
    CHECK(reported == 0);
}

TEST_CASE("reading past what is broken takes one statement") {
    const std::string url = shared_server().create_database();
    fill(gs::open_database(url));
    std::size_t statements = 0;
    gs::PostgresConnectionManager manager{url, {.on_event = [&](const gs::StorageEvent& event) {
                                              statements += event.kind == gs::StorageEvent::Kind::statement ? 1U : 0U;
                                          }}};
    const gs::PostgresStorageBackend<Lamp> lamps{manager, "lamps"};
    CHECK(lamps.read_all(gs::skip_broken).size() == documents - 1);
    CHECK(statements == 1);
    CHECK(lamps.query(by_watts).all(gs::skip_broken).size() == documents - 1);
    CHECK(statements == 2);
}

TEST_CASE("a row without a document is one that is broken") {
    const std::string url = shared_server().create_database();
    by_hand(url,
            "CREATE TABLE lamps (id text PRIMARY KEY, data jsonb); INSERT INTO lamps VALUES ('a', NULL), "
            "('b', '{\"name\": \"lamp\", \"watts\": 5}')");
    gs::PostgresConnectionManager manager{url};
    const gs::PostgresStorageBackend<Lamp> lamps{manager, "lamps"};
    const auto is_told = [](const gs::DecodeError& error) {
        CHECK(error.id() == "a");
        CHECK(std::string{error.what()}.find("the data column is NULL") != std::string::npos);
    };
    is_told(error_of<gs::DecodeError>([&] { (void)lamps.read("a"); }));
    is_told(error_of<gs::DecodeError>([&] { (void)lamps.read_all(); }));
    is_told(error_of<gs::DecodeError>([&] { (void)lamps.read_many({"a", "b"}); }));
    is_told(error_of<gs::DecodeError>([&] { (void)lamps.query().limit(5).page(); }));
    CHECK(lamps.read_all(is_told).size() == 1);
    CHECK(lamps.query().all(is_told).size() == 1);
    std::size_t seen = 0;
    lamps.for_each([&](const gs::Document<Lamp>&) { ++seen; }, is_told);
    lamps.query(by_watts).for_each([&](const gs::Document<Lamp>&) { ++seen; }, is_told);
    CHECK(seen == 2);
}

TEST_CASE("what is patched and cannot be read then is told to be patched") {
    for (const std::string& url : {std::string{"memory:"}, shared_server().create_database()}) {
        INFO(url.substr(0, url.find(':')));
        const gs::Database database = gs::open_database(url);
        auto as_json = database.storage(gs::document_table<nlohmann::json>("lamps"));
        auto storage = database.storage(gs::document_table<Lamp>("lamps"));
        database.ensure_schema();
        as_json.write("a", {{"name", "lamp"}, {"watts", "many"}});
        const auto error =
            error_of<gs::DecodeError>([&] { (void)storage.query().patch_documents(gs::field<&Lamp::name>.set("x")); });
        CHECK(error.id() == "a");
        CHECK(error.outcome() == gs::Outcome::applied);
        CHECK(as_json.read("a")["name"] == "x");
    }
}
