// SPDX-License-Identifier: MIT

#include "postgres/both_backends.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/typed_expression.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using nlohmann::json;

namespace {

/// Texts that are times, and such that almost are.
class TimeTexts {
public:
    std::string next() {
        std::string text = date() + "T" + two(24) + ":" + two(60) + ":" + two(60) + fraction() + zone();
        while (below(3) == 0) spoil(text);
        return text;
    }

private:
    std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random_); }

    std::string number(std::size_t value, std::size_t width) {
        const std::string digits = std::to_string(value);
        return std::string(width - std::min(width, digits.size()), '0') + digits;
    }
    std::string two(std::size_t end) { return number(below(end + (below(20) == 0 ? 1 : 0)), 2); }

    std::string date() {
        static constexpr std::array<std::size_t, 12> years{0, 1, 4, 100, 400, 1900, 1969, 1970, 2000, 2023, 2024, 9999};
        static constexpr std::array<std::string_view, 8> days{"-01-01", "-12-31", "-02-28", "-02-29",
                                                              "-02-30", "-04-31", "-00-10", "-10-00"};
        const std::string year = number(below(3) == 0 ? below(10000) : years.at(below(years.size())), 4);
        if (below(2) == 0) return year + std::string{days.at(below(days.size()))};
        return year + "-" + number(1 + below(12), 2) + "-" + number(1 + below(31), 2);
    }
    std::string fraction() {
        static constexpr std::array<std::size_t, 8> widths{0, 0, 1, 3, 6, 7, 9, 10};
        std::string digits;
        for (std::size_t width = widths.at(below(widths.size())); width > 0; --width) {
            digits += static_cast<char>('0' + (below(3) == 0 ? 0 : below(10)));
        }
        return digits.empty() ? "" : "." + digits;
    }
    std::string zone() {
        static constexpr std::array<std::string_view, 7> usual{"Z", "Z", "Z", "+00:00", "-00:00", "+05:45", ""};
        if (below(3) != 0) return std::string{usual.at(below(usual.size()))};
        return (below(2) == 0 ? "+" : "-") + two(24) + ":" + two(60);
    }
    void spoil(std::string& text) {
        static constexpr std::string_view characters = "0123456789:-TZ. +tz\t\"'\\/,_xe";
        const std::size_t at = below(text.size() + 1);
        const char c = characters.at(below(characters.size()));
        switch (below(4)) {
            case 0:
                text.insert(at, 1, c);
                break;
            case 1:
                text.erase(at, 1);
                break;
            case 2:
                text.insert(at, text.substr(at));
                break;
            default:
                if (at < text.size()) text[at] = c;
        }
    }

    std::mt19937 random_{20'241'128};
};

std::string read_by_library(const std::string& text) {
    try {
        return std::to_string(gs::from_iso(text).time_since_epoch().count());
    } catch (const gs::DecodeError&) {
        return "none";
    }
}

enum class State { open, closed };
NLOHMANN_JSON_SERIALIZE_ENUM(State, {{State::open, "open"}, {State::closed, "closed"}})
enum class Level { low, high };

/// A field of every kind of value, some of them deep in the document, two of most.
auto field_of_every_kind() {
    return std::tuple{gs::path<std::string>("name"),
                      gs::path<std::int64_t>("serial_number"),
                      gs::path<double>("customer", "address", "latitude"),
                      gs::path<bool>("acknowledged"),
                      gs::path<State>("state"),
                      gs::path<Level>("level"),
                      gs::path<std::optional<int>>("alarms"),
                      gs::path<gs::Timestamp>("opened_at"),
                      gs::path<gs::Timestamp>("acknowledged_by_operator_at"),
                      gs::path<std::optional<gs::Timestamp>>("customer", "contract", "terminated_at"),
                      gs::path<gs::Timestamp>("0", "1", "a \"b\" \\ c'"),
                      gs::path<std::chrono::sys_time<std::chrono::milliseconds>>("measured", "at"),
                      gs::path<std::string>("labels", "0")};
}

void each_pair(auto&& f) {
    std::apply(
        [&](const auto&... first) {
            const auto with_each_second = [&](const auto& one) {
                std::apply([&](const auto&... second) { (f(one, second), ...); }, field_of_every_kind());
            };
            (with_each_second(first), ...);
        },
        field_of_every_kind());
}

}  // namespace

TEST_CASE("the server reads a text as the same time as the library, and fails on none that is no time") {
    TimeTexts texts;
    json all = json::array();
    std::vector<std::string> expected;
    std::size_t times = 0;
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = texts.next();
        all.push_back({{"t", text}, {"a", {{"b", text}}}, {"1", {{"0", text}}}});
        expected.push_back(read_by_library(text));
        if (expected.back() != "none") ++times;
    }
    REQUIRE(times > 1'000);
    REQUIRE(times < 4'000);
    using Keys = std::vector<std::string>;
    for (const auto& [document, keys] : {std::pair<std::string, Keys>{"data", {"t"}},
                                         {"data", {"a", "b"}},
                                         {"data", {"1", "0"}},
                                         {"(data->'t')", {}}}) {
        const std::string time =
            gs::detail::typed_expression(document, {.keys = keys, .kind = gs::detail::ValueKind::time});
        const auto rows = by_hand(shared_server().create_database(),
                                  "SELECT coalesce(round(extract(epoch FROM " + time +
                                      ") * 1000000)::bigint::text, 'none') FROM jsonb_array_elements(" +
                                      gs::detail::quote_literal(all.dump()) +
                                      "::jsonb) WITH ORDINALITY AS e (data, place) ORDER BY place");
        for (std::size_t i = 0; i < expected.size(); ++i) {
            INFO(all[i]["t"]);
            REQUIRE(rows[static_cast<pqxx::result::size_type>(i)][0].as<std::string>() == expected[i]);
        }
    }
}

TEST_CASE("what is no text, and what is in an array, is no time") {
    const std::string time =
        gs::detail::typed_expression("data", {.keys = {"a", "b"}, .kind = gs::detail::ValueKind::time});
    for (const char* const document :
         {R"({"a": {"b": 20240229}})", R"({"a": {"b": null}})", R"({"a": {"b": ["2024-02-29T00:00:00Z"]}})",
          R"({"a": [{"b": "2024-02-29T00:00:00Z"}]})", R"({"a": "2024-02-29T00:00:00Z"})", R"([])",
          R"("2024-02-29T00:00:00Z")", R"({"a": {"b": true}})"}) {
        INFO(document);
        CHECK(by_hand(shared_server().create_database(), "SELECT " + time + " FROM (SELECT " +
                                                             gs::detail::quote_literal(document) +
                                                             "::jsonb AS data) AS t")[0][0]
                  .is_null());
    }
}

TEST_CASE("times of seven to nine digits are found, ordered and counted as they are read") {
    gridone_tests::BothBackends both{gs::document_table<json>("events")};
    both.write("dotnet", {{"at", "2024-02-29T12:30:00.1234567Z"}});
    both.write("go", {{"at", "2024-02-29T13:30:00.123456789+01:00"}});
    both.write("java", {{"at", "1969-12-31T23:59:59.999999999Z"}});
    both.write("library", {{"at", "2024-02-29T12:30:00.123456Z"}});
    both.write("local", {{"at", "2024-02-29T12:30:00.123456"}});
    both.write("ten", {{"at", "2024-02-29T12:30:00.1234567890Z"}});
    const auto at = gs::path<gs::Timestamp>("at");
    const gs::Timestamp noon = gs::from_iso("2024-02-29T12:30:00.123456Z");
    CHECK(both.gives([&](auto& events) { return events.query().where(at == noon).ids(); }) ==
          json{"dotnet", "go", "library"});
    CHECK(both.gives([&](auto& events) { return events.query().where(at < gs::Timestamp{}).ids(); }) ==
          json::array({"java"}));
    CHECK(both.gives([&](auto& events) { return events.query().where(at.is_null()).ids(); }) == json{"local", "ten"});
    CHECK(both.gives([&](auto& events) { return events.query().order_by(at.ascending()).ids(); }) ==
          json{"java", "dotnet", "go", "library", "local", "ten"});
    CHECK(both.gives([&](auto& events) {
        std::vector<std::size_t> counts;
        for (const auto& [time, documents] : events.query().count_by(at)) counts.push_back(documents);
        return counts;
    }) == json{1, 3, 2});
    CHECK(both.gives([&](auto& events) { return gs::to_iso(events.query().min(at)->time()); }) ==
          "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("an index on any two fields can be created, and so can a unique constraint") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    std::size_t tables = 0;
    each_pair([&](const auto& one, const auto& other) {
        const auto key = [](const auto& field) { return gs::detail::place_of(field).keys; };
        if (key(one) == key(other)) return;
        auto table = gs::document_table<json>("documents_" + std::to_string(++tables)).unique(one, other);
        const auto all = gs::query<json>();
        if constexpr (requires { other.ascending(); }) {
            table = table.index(gs::index_for(all.where(one.is_null()).order_by(other.descending())));
        }
        if constexpr (requires {
                          one.ascending();
                          other.ascending();
                      }) {
            table = table.index(gs::index_for(all.order_by(one.ascending(), other.descending())));
        }
        INFO(json(key(one)) << ", " << json(key(other)));
        const gs::BaseSchemaManager schema{manager, {table}};
        REQUIRE_NOTHROW(schema.ensure_schema());
        REQUIRE(schema.verify_schema().empty());
    });
}

TEST_CASE("the index for a query on many fields can be created") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    const auto number = [](int i) { return gs::path<int>("measurement", "number_" + std::to_string(i)); };
    const auto time = [](int i) {
        return gs::path<std::optional<gs::Timestamp>>("history_of_the_alert", "time_number_" + std::to_string(i));
    };
    auto ordered = gs::query<json>().order_by(time(1).descending(), number(1), time(2), time(3), time(4), number(2));
    auto filtered = gs::query<json>();
    for (int i = 0; i < 40; ++i) {
        ordered = ordered.where(number(i + 3) == i);
        filtered = filtered.where(!time(i).is_null() && number(i) > 0);
    }
    const gs::BaseSchemaManager schema{
        manager, {gs::document_table<json>("alerts").index(gs::index_for(ordered)).index(gs::index_for(filtered))}};
    REQUIRE_NOTHROW(schema.ensure_schema());
    CHECK(schema.verify_schema().empty());
}

TEST_CASE("an index on times serves its query, also where the times are deep in the document") {
    const std::string url = shared_server().create_database();
    by_hand(url, "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET enable_seqscan = off'; END$$");
    gs::PostgresConnectionManager manager{url};
    const auto opened = gs::path<gs::Timestamp>("opened_at");
    const auto closed = gs::path<std::optional<gs::Timestamp>>("closed_at");
    const auto acknowledged = gs::path<std::optional<gs::Timestamp>>("operator", "acknowledged_at");
    const auto severity = gs::path<int>("severity");
    const auto open = gs::query<json>()
                          .where(closed.is_null() && acknowledged.is_null() && severity >= 3)
                          .order_by(opened.descending());
    const auto late = gs::query<json>().where(acknowledged > gs::Timestamp{}).order_by(acknowledged.ascending());
    const auto table = gs::document_table<json>("alerts").index(gs::index_for(open)).index(gs::index_for(late));
    gs::PostgresStorageBackend<json> alerts{manager, table};
    gs::BaseSchemaManager{manager, {table}}.ensure_schema();
    alerts.write("a", {{"opened_at", "2024-02-29T12:30:00.123456Z"}, {"severity", 4}});
    alerts.write("b", {{"opened_at", "2024-02-29T13:30:00.123456Z"},
                       {"operator", {{"acknowledged_at", "2024-02-29T12:30:00Z"}}}});
    CHECK(alerts.query(open).ids() == std::vector<std::string>{"a"});
    CHECK(alerts.query(late).ids() == std::vector<std::string>{"b"});
    for (const auto& query : {open, late}) {
        const std::string plan = alerts.query(query).limit(10).explain();
        INFO(plan);
        CHECK(plan.find("Index Scan") != std::string::npos);
        CHECK(plan.find("Sort") == std::string::npos);
    }
}
