// SPDX-License-Identifier: MIT

#include "postgres/either_backend.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace gridone_tests;

namespace {

/// Takes whatever is under the keys `name` and `size`, and would show what is there besides.
struct Part {
    nlohmann::json seen = {{"name", ""}, {"size", 0}};
    friend bool operator==(const Part&, const Part&) = default;
};
void to_json(nlohmann::json& json, const Part& part) {
    json = part.seen;
}
void from_json(const nlohmann::json& json, Part& part) {
    part.seen = json;
}

struct Array {};
void to_json(nlohmann::json& json, const Array& /*array*/) {
    json = nlohmann::json::array();
}
void from_json(const nlohmann::json& /*json*/, Array& /*array*/) {}

const auto things = gs::document_table<gs::RawJson>({.table_name = "things"}).with_timestamps();
const auto weight = gs::path<double>("measured", "weight");
const auto room = gs::path<std::string>("room");

const std::vector<std::string> stored{
    R"({"name": "a", "size": 1, "room": "x", "measured": {"weight": 1.10000000000000000001}})",
    R"({"name": "b", "size": 2, "room": "x", "measured": {"weight": 1.10000000000000000002}})",
    R"({"name": "c", "size": 3, "room": "x", "measured": {"weight": 1.1}})",
    R"({"name": "d", "size": 4, "room": "y", "measured": {}})",
    R"({"name": "e", "room": "y", "other": {"name": "n"}})",
    R"([1, 2])",
    R"({})"};

template <class Tables>
auto filled(Tables& tables) {
    auto storage = tables.storage(things);
    for (std::size_t at = 0; at < stored.size(); ++at) storage.write("t" + std::to_string(at), gs::RawJson{stored[at]});
    return storage;
}

/// All pages of a query, and their cursors.
template <class Item>
struct Walk {
    std::vector<gs::Document<Item>> items{};
    std::vector<std::string> cursors{};
};

template <class Item, class PageOf>
Walk<Item> walk(PageOf&& page_of) {
    Walk<Item> walked;
    std::optional<gs::Cursor> from;
    do {
        gs::Page<Item> page = page_of(from);
        for (auto& item : page.items) walked.items.push_back(std::move(item));
        if (page.next) walked.cursors.push_back(page.next->text());
        from = page.next;
    } while (from);
    return walked;
}

}  // namespace

TEMPLATE_TEST_CASE("pages of summaries have the documents and the cursors of pages, whatever they are ordered by", "",
                   TablesInMemory<gs::RawJson>, TablesInPostgres<gs::RawJson>) {
    TestType tables;
    const auto storage = filled(tables);
    const auto all = gs::query<gs::RawJson>();
    const std::vector<gs::Query<gs::RawJson>> orders{
        all,
        all.order_by(weight),
        all.order_by(weight.descending()),
        all.order_by(room, weight.descending()),
        all.order_by(gs::path<std::string>("name").descending()),
        all.where(room == "x").order_by(gs::created_at_field, gs::path<int>("size"))};
    for (std::size_t order = 0; order < orders.size(); ++order) {
        for (const int limit : {1, 2, 5, 100}) {
            CAPTURE(order, limit);
            const auto part = storage.query(orders[order]).limit(limit);
            const auto whole = walk<gs::RawJson>([&](const auto& from) { return part.page(from); });
            const auto summaries = walk<Part>([&](const auto& from) { return part.template page<Part>(from); });
            CHECK(summaries.cursors == whole.cursors);
            REQUIRE(summaries.items.size() == whole.items.size());
            const auto selected = storage.query(orders[order]).template select<Part>();
            for (std::size_t at = 0; at < whole.items.size(); ++at) {
                CHECK(summaries.items[at].id == whole.items[at].id);
                CHECK(summaries.items[at].version == whole.items[at].version);
                CHECK(summaries.items[at].timestamps == whole.items[at].timestamps);
                CHECK(selected[at].timestamps == whole.items[at].timestamps);
                CHECK(summaries.items[at].value == selected[at].value);
            }
        }
    }
}

TEMPLATE_TEST_CASE("a summary is given the keys that it writes and no others, with the total where it is asked for", "",
                   TablesInMemory<gs::RawJson>, TablesInPostgres<gs::RawJson>) {
    TestType tables;
    const auto storage = filled(tables);
    const auto pages = storage.query().order_by(room, gs::id_field).limit(5);
    const auto first = pages.template page<Part>(gs::with_total);
    CHECK(first.total == stored.size());
    REQUIRE(first.items.size() == 5);
    CHECK(first.items[0].value.seen == nlohmann::json{{"name", "a"}, {"size", 1}});
    CHECK(first.items[4].value.seen == nlohmann::json{{"name", "e"}});
    const auto last = pages.template page<Part>(first.next, gs::with_total);
    CHECK(last.total == stored.size());
    REQUIRE(last.items.size() == 2);
    CHECK(last.items[0].value.seen == nlohmann::json{1, 2});
    CHECK(last.items[1].value.seen == nlohmann::json::object());
    CHECK(!last.next);
}

namespace {

struct Count {
    std::int64_t size = 0;
    using json_members = gs::JsonMembers<&Count::size>;
};

}  // namespace

TEMPLATE_TEST_CASE("a number of a summary is read from its digits, whatever is fetched besides", "",
                   TablesInMemory<gs::RawJson>, TablesInPostgres<gs::RawJson>) {
    TestType tables;
    auto storage = tables.storage(things);
    storage.write("a", gs::RawJson{R"({"size": 9007199254740993.5, "room": "x"})"});
    const auto by_room = storage.query().order_by(room).limit(1);
    CHECK_THROWS_AS(by_room.template select<Count>(), gs::DecodeError);
    CHECK_THROWS_AS(by_room.template page<Count>(), gs::DecodeError);
    storage.write("a", gs::RawJson{R"({"size": 9007199254740993, "room": "x"})"});
    CHECK(by_room.template select<Count>().front().value.size == 9007199254740993);
    CHECK(by_room.template page<Count>().items.front().value.size == 9007199254740993);
}

TEMPLATE_TEST_CASE("a page of summaries is refused as a page is, and as a summary is", "", TablesInMemory<gs::RawJson>,
                   TablesInPostgres<gs::RawJson>) {
    TestType tables;
    const auto storage = filled(tables);
    const auto cursor = storage.query().limit(1).page().next;
    CHECK_THROWS_AS(storage.query().template page<Part>(), gs::UsageError);
    CHECK_THROWS_AS(storage.query().limit(1).template page<Array>(), gs::UsageError);
    CHECK_THROWS_AS(storage.query().limit(1).offset(1).template page<Part>(cursor), gs::UsageError);
    CHECK_THROWS_AS(storage.query().order_by(room).limit(1).template page<Part>(cursor), gs::InvalidInputError);
}
