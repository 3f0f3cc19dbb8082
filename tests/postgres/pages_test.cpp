// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::string>;

const auto number = gs::path<double>("n", "x");

/// The ids of all pages of one document each, each page found by the text of the cursor before it.
Ids walked(const auto& query, std::size_t most) {
    Ids ids;
    auto page = query.limit(1).page();
    while (true) {
        for (const auto& document : page.items) ids.push_back(document.id);
        if (!page.next || ids.size() > most) return ids;
        page = query.limit(1).page(gs::Cursor::from_text(page.next->text()));
    }
}

}  // namespace

TEST_CASE("pages go by numbers that other programs store with more digits than a double has") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Json> storage{manager, "numbers"};
    gs::BaseSchemaManager{manager, {storage.table()}}.ensure_schema();
    by_hand(url,
            R"(INSERT INTO numbers (id, data)
               SELECT 'd' || row_number() OVER (), ('{"n": {"x": ' || n || '}}')::jsonb FROM unnest(ARRAY[
                   '0.1', '0.10', '0.100000000000000005551115123125782702', '0.1000000000000000055511151231257828',
                   '0.1000000000000000055511151231257827021181583404541015625', '0.10000000000000001',
                   '0.1000000000000000200', '1.0', '1', '1.00000000000000000000000000000001',
                   '9007199254740993.5', '9007199254740993.25', '-0.30000000000000000000000000000000000001',
                   '-0.3', '"no number"', 'null']) AS n)");
    for (const auto& order : {number.ascending(), number.descending()}) {
        const auto query = storage.query().order_by(order);
        const Ids all = query.ids();
        CHECK(all.size() == 16);
        CHECK(walked(query, all.size()) == all);
    }
    std::size_t visited = 0;
    storage.query().order_by(number).for_each([&](const auto&) { return ++visited < 100; });
    CHECK(visited == 16);
}

TEST_CASE("a cursor of such a number serves in memory as well") {
    const std::string url = shared_server().create_database();
    const gs::Database server = gs::open_database(url);
    const gs::Database memory = gs::open_database("memory:");
    const auto table = gs::document_table<Json>("numbers");
    auto on_server = server.storage(table);
    auto in_memory = memory.storage(table);
    server.ensure_schema();
    by_hand(url, R"(INSERT INTO numbers VALUES ('a', '{"n": {"x": 1.10}}'), ('b', '{"n": {"x": 2.50}}'))");
    for (auto* storage : {&on_server, &in_memory}) {
        for (const char* id : {"c", "d"}) storage->write(id, {{"n", {{"x", id[0] == 'c' ? 1.5 : 3}}}});
    }
    const auto page = on_server.query().order_by(number).limit(1).page();
    REQUIRE(page.next);
    CHECK(in_memory.query().order_by(number).limit(9).page(*page.next).items.size() == 2);
}
