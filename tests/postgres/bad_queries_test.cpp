// SPDX-License-Identifier: MIT

#include "postgres/both_backends.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::string_literals;
using gridone_tests::BothBackends;
using gs::path;
using nlohmann::json;

namespace {

using Filter = gs::Filter<json>;

constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();

const auto n = path<int>("n");
const auto text = path<std::string>("text");

/// Ten documents.
struct Filled : BothBackends {
    Filled() : BothBackends{gs::document_table<json>("things")} {
        for (int i = 0; i < 10; ++i) {
            write("d" + std::to_string(i), {{"n", i}, {"text", "t" + std::to_string(i % 3)}, {"list", {i, i + 1}}});
        }
    }
};

auto count(const Filter& filter) {
    return [filter](auto& storage) { return storage.query().where(filter).count(); };
}

/// A forged cursor has the checksum of a true one, which keeps nobody out who has read how it is made.
std::string forged(const json& position) {
    const std::string bytes = gs::canonical_json(position);
    return gs::detail::to_base64(std::to_string(gs::detail::hash_of(bytes)) + bytes);
}

}  // namespace

TEST_CASE("a cursor is refused with a changed text, and by every query that it is not of") {
    Filled both;
    const auto ordered = gs::query<json>().order_by(n).limit(3);
    const gs::Cursor cursor = *both.memory.query(ordered).page().next;
    const std::string good = cursor.text();
    CHECK(*both.postgres.query(ordered).page().next == cursor);

    const auto page_of = [&](const std::string& changed) {
        return
            [&ordered, changed](auto& storage) { return storage.query(ordered).page(gs::Cursor::from_text(changed)); };
    };
    CHECK(both.gives(page_of(good)) == json::array({"d3", "d4", "d5"}));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char other : {'A', 'B', 'z', '0', '-', '_', '=', '\0', '\xFF', '"'}) {
            std::string changed = good;
            changed[at] = other;
            if (changed != good) REQUIRE_THROWS_AS(gs::Cursor::from_text(changed), gs::InvalidInputError);
        }
        REQUIRE_THROWS_AS(gs::Cursor::from_text(good.substr(0, at)), gs::InvalidInputError);
        REQUIRE_THROWS_AS(gs::Cursor::from_text(good.substr(at + 1)), gs::InvalidInputError);
    }
    for (const std::string& changed : {""s, " "s, good + "A", good + "=", good + good, "\0"s, "[]"s, "%00"s,
                                       "\xFF\xFE"s, std::string(1'000'000, 'A'), good + std::string(1'000'000, 'A')}) {
        CHECK(both.refuses<gs::InvalidInputError>(page_of(changed)) ==
              "this text is not a cursor; pass what text() of a page's cursor returned, unchanged");
    }

    const auto other = [&](const gs::Query<json>& query) {
        return both.refuses<gs::InvalidInputError>([&](auto& storage) { return storage.query(query).page(cursor); });
    };
    const std::string refusal =
        "query.page things: the cursor is of another query; a page continues the query that it was read with";
    CHECK(other(ordered.where(n > 1)) == refusal);
    CHECK(other(gs::query<json>().limit(3)) == refusal);
    CHECK(other(ordered.order_by(n.descending())) == refusal);
    CHECK(other(ordered.order_by(n, text)) == refusal);
    CHECK(other(ordered.order_by(path<std::string>("n"))) == refusal);
    CHECK(other(ordered.order_by(path<int>("m"))) == refusal);
    CHECK(other(ordered.order_by(path<int>("n", "n"))) == refusal);
}

TEST_CASE("a forged cursor is refused, or a position like any other, the same in both") {
    Filled both;
    both.write("time", {{"at", "2024-01-01T00:00:00Z"}});
    const auto page = [&](const gs::Query<json>& query, const json& values) {
        const auto first = query.limit(1);
        const std::string hash = std::to_string(gs::detail::query_hash(first.spec()));
        const std::string cursor = forged(json::array({hash, values}));
        return [first, cursor](auto& storage) { return storage.query(first).page(gs::Cursor::from_text(cursor)); };
    };
    const auto by_number = gs::query<json>().order_by(n);
    CHECK(both.gives(page(by_number, {4, "x"})) == json::array({"d5"}));
    CHECK(both.gives(page(by_number, {-1e300, "'; DROP TABLE things; --"})) == json::array({"d0"}));
    CHECK(both.gives(page(by_number, {4, ""})) == json::array({"d4"}));
    CHECK(both.gives(page(by_number, json::array({nullptr, ""}))) == json::array({"time"}));
    for (const json& values :
         {json::array({4}), json::array({4, 5}), json::array({4, nullptr}), json::array({"4", "x"}),
          json::array({4, "x", "y"}), json::array({true, "x"}), json::array(), json::array({json::array({4}), "x"})}) {
        CAPTURE(values.dump());
        both.refuses<gs::InvalidInputError>(page(by_number, values));
    }
    for (const json& all : {json::array({"1", 5}), json::array({5, {4}}), json::array({"x", {4}}),
                            json::array({"-1", {4}}), json::array({"1x", {4}}), json::array({"1"}), json::array(),
                            json::array({"1", {"a\0b"s}}), json::array({"99999999999999999999", {4}})}) {
        CAPTURE(all.dump());
        CHECK_THROWS_AS(gs::Cursor::from_text(forged(all)), gs::InvalidInputError);
    }
    const auto by_time = gs::query<json>().order_by(path<gs::Timestamp>("at"));
    CHECK(both.gives(page(by_time, {"2023-12-31T00:00:00.000000Z", "x"})) == json::array({"time"}));
    for (const std::string at : {"2023-12-31T00:00:00Z", "2024-01-01T00:30:00.000000+01:00", "2024-02-30T00:00:00Z"}) {
        CAPTURE(at);
        both.refuses<gs::InvalidInputError>(page(by_time, {at, "x"}));
    }
}

TEST_CASE("limits and offsets beyond every number of documents, of nothing, and below") {
    Filled both;
    const auto ids = [](const gs::Query<json>& query) {
        return [query](auto& storage) { return storage.query(query).ids(); };
    };
    const auto page = [](const gs::Query<json>& query) {
        return [query](auto& storage) { return storage.query(query).page(gs::with_total); };
    };
    const auto all = gs::query<json>().order_by(n);
    const json every{"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"};
    for (const std::size_t limit : {huge, huge - 1, std::size_t{1} << 63U, std::size_t{1} << 62U}) {
        CHECK(both.gives(ids(all.limit(limit))) == every);
        CHECK(both.gives(page(all.limit(limit))) == every);
        CHECK(both.gives(ids(all.offset(limit))) == json::array());
        CHECK(both.gives(ids(all.offset(limit).limit(limit))) == json::array());
        CHECK(both.gives(ids(all.offset(8).limit(limit))) == json::array({"d8", "d9"}));
        CHECK(both.gives([&](auto& storage) { return storage.query(all.offset(limit)).remove(); }) == 0);
    }
    CHECK(both.gives(ids(all.limit(0))) == json::array());
    CHECK(both.refuses<gs::InvalidInputError>(page(all.limit(0))) ==
          "query.page things: a page needs a limit of at least 1");
    CHECK(both.gives([&](auto& storage) { return storage.query(all.limit(0)).first(); }) == nullptr);
    CHECK(both.gives([&](auto& storage) { return storage.query(all.limit(0)).remove(); }) == 0);
    CHECK(both.gives([&](auto& storage) { return storage.query(all.limit(0)).patch(n.increment(1)); }) == 0);
    CHECK(both.fails<gs::NotFoundError>([&](auto& storage) { return storage.query(all.limit(0)).one().id; }) ==
          "query.one things: no document meets the query");

    const auto negative = [&](const auto number) {
        CHECK(both.refuses<gs::InvalidInputError>([&](auto& storage) { return storage.query().limit(number).ids(); }) ==
              "limit of less than 0 documents");
        CHECK(both.refuses<gs::InvalidInputError>([&](auto& storage) {
            return storage.query().offset(number).ids();
        }) == "offset of less than 0 documents");
    };
    negative(-1);
    negative(std::numeric_limits<std::int64_t>::min());
    CHECK(both.refuses<gs::UsageError>([&](auto& storage) { return storage.query(all).page(); }) ==
          "query.page things: a page needs a limit");
    const gs::Cursor cursor = *both.memory.query(all.limit(1)).page().next;
    CHECK(both.refuses<gs::UsageError>([&](auto& storage) {
        return storage.query(all.limit(1).offset(1)).page(cursor);
    }) == "query.page things: a cursor and an offset");
    CHECK(both.refuses<gs::UsageError>([&](auto& storage) {
        storage.query(all.offset(1)).for_each([](const auto&) {});
        return 0;
    }) == "query.for_each things: for_each has no offset");
}

TEST_CASE("in() takes no values and a million of them, each as often as one likes") {
    Filled both;
    CHECK(both.gives(count(n.in(std::vector<int>{}))) == 0);
    CHECK(both.gives(count(!n.in(std::vector<int>{}))) == 10);
    std::vector<int> numbers(1'000'000);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i % 500'000) + 5;
    CHECK(both.gives(count(n.in(numbers))) == 5);
    std::vector<std::string> ids(1'000'000);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = "d" + std::to_string(i);
    CHECK(both.gives(count(gs::id_field.in(ids))) == 10);
}

TEST_CASE("conditions are chained by the thousand, and nested to a depth that is told") {
    Filled both;
    Filter all;
    Filter any = n < 0;
    for (int i = 0; i < 10'000; ++i) {
        all &= n != i + 5;
        any |= n == i + 5;
    }
    CHECK(both.gives(count(all)) == 5);
    CHECK(both.gives(count(any)) == 5);
    CHECK(both.gives(count(!all)) == 5);

    const auto deepest = [](auto&& step) {
        Filter filter = n == 1;
        for (int i = 0; i < 10'000; ++i) filter = step(std::move(filter), i);
        return 0;
    };
    const std::string refusal = "a filter that is nested deeper than 200 levels";
    CHECK(both.refuses<gs::InvalidInputError>([&](auto&) { return deepest([](Filter f, int) { return !f; }); }) ==
          refusal);
    CHECK(both.refuses<gs::InvalidInputError>([&](auto&) {
        return deepest([](Filter f, int i) { return i % 2 == 0 ? n > 0 && f : n < 9 || f; });
    }) == refusal);
    CHECK(both.refuses<gs::InvalidInputError>([&](auto&) {
        return deepest([](Filter f, int) { return Filter{path<std::vector<json>>("list").any(f)}; });
    }) == refusal);

    Filter negated = n == 1;
    Filter mixed = n == 1;
    Filter within = gs::element<int> == 1;
    for (int i = 0; i < 199; ++i) {
        negated = !negated;
        mixed = i % 2 == 0 ? n > 1 || mixed : n < 9 && mixed;
        within = path<std::vector<json>>("list").any(within);
    }
    CHECK(both.gives(count(negated)) == 9);
    CHECK(both.gives(count(mixed)) == 9);
    CHECK(both.gives(count(within)) == 0);

    const auto doubled = [](auto&) {
        for (Filter large = n == 1;; large = large || !large) continue;
        return 0;
    };
    CHECK(both.refuses<gs::InvalidInputError>(doubled) ==
          "a filter of more than 32000 conditions; in() takes any number of values");
    // Whatever the statement, the largest filter has fewer values than a statement takes.
    Filter most = text.starts_with("t");
    while (most.node()->size * 2 < gs::detail::largest_filter) most &= Filter{most};
    CHECK_THROWS_AS(most && most, gs::InvalidInputError);
    gs::detail::SqlValues values{gs::detail::SqlValues::As::parameters};
    const gs::detail::DocumentStatements table{{.table_name = "things"}, {}};
    const gs::detail::QuerySpec spec{.where = most.node(), .order = {n.ascending().key()}, .limit = 5};
    CHECK_NOTHROW(gs::detail::QueryStatements{table, values}.chosen(spec));
    CHECK(values.types().size() < 65'000);
}
