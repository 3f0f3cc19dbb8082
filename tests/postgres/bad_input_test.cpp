// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Map = std::map<std::string, int>;
using Table = gs::DocumentTable<Map>;
using Catch::Matchers::ContainsSubstring;

struct InMemory {
    gs::MemoryDatabase database{};
    gs::MemoryStorageBackend<Map> storage(const Table& table) { return {database, table}; }
};
struct InPostgres {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager database{url, {.operation_timeout = std::chrono::minutes{10}}};
    gs::PostgresStorageBackend<Map> storage(const Table& table) {
        gs::BaseSchemaManager{database, {table}}.ensure_schema();
        return {database, table};
    }
};

}  // namespace

TEMPLATE_TEST_CASE("a million ids at once", "", InMemory, InPostgres) {
    TestType backend;
    auto storage = backend.storage(gs::document_table<Map>("maps"));
    storage.write("id-0", {{"n", 0}});
    storage.write("id-999999", {{"n", 1}});
    storage.write("other", {{"n", 2}});

    std::vector<std::string> ids(1'000'000);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = "id-" + std::to_string(i);
    const std::vector<std::optional<Map>> found = storage.read_many(ids);
    REQUIRE(found.size() == ids.size());
    CHECK(found.back() == Map{{"n", 1}});
    std::size_t there = 0;
    for (const auto& document : found) there += document ? 1 : 0;
    CHECK(there == 2);

    CHECK(storage.within(std::chrono::minutes{10}).remove_many(ids) == 2);
    CHECK(storage.list_all() == std::vector<std::string>{"other"});
}

TEMPLATE_TEST_CASE("a document that is removed between the read of an edit and its write stays removed", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto storage = backend.storage(gs::document_table<Map>("maps"));
    storage.write("a", {{"n", 1}});
    int runs = 0;
    const auto edit = [&] {
        storage.edit("a", [&](Map& map) {
            ++runs;
            storage.remove("a");
            map["n"] = 2;
        });
    };
    CHECK_THROWS_AS(edit(), gs::NotFoundError);
    CHECK(runs == 1);
    CHECK_FALSE(storage.contains("a"));
}

TEMPLATE_TEST_CASE("read_all refuses more documents than the table allows", "", InMemory, InPostgres) {
    TestType backend;
    auto storage = backend.storage(gs::document_table<Map>("maps").with_max_rows(2));
    storage.write("a", {{"n", 1}});
    storage.write("b", {{"n", 2}});
    CHECK(storage.read_all().size() == 2);
    storage.write("c", {{"n", 3}});
    CHECK_THROWS_AS(storage.read_all(), gs::UsageError);
    CHECK_THROWS_WITH(storage.read_all(),
                      ContainsSubstring("read_all") && ContainsSubstring("maps") && ContainsSubstring("max_rows = 2"));
    std::size_t visited = 0;
    storage.for_each([&](const gs::Document<Map>&) { ++visited; });
    CHECK(visited == 3);
}

TEMPLATE_TEST_CASE("a transaction whose body leaves early without an error takes effect", "", InMemory, InPostgres) {
    TestType backend;
    auto storage = backend.storage(gs::document_table<Map>("maps"));
    const int given = storage.transaction([&](gs::Transaction& tx) {
        storage.in(tx).write("a", {{"n", 1}});
        if (storage.in(tx).contains("a")) return 1;
        storage.in(tx).write("b", {{"n", 2}});
        return 2;
    });
    CHECK(given == 1);
    CHECK(storage.list_all() == std::vector<std::string>{"a"});
}
