// SPDX-License-Identifier: MIT

#include "postgres/both_backends.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::BothBackends;
using gs::path;
using nlohmann::json;

namespace {

struct ArraySummary {
    friend void to_json(json& made, const ArraySummary& /*summary*/) { made = json::array({1, 2}); }
    friend void from_json(const json& /*made*/, ArraySummary& /*summary*/) {}
};
struct NumberSummary {
    friend void to_json(json& made, const NumberSummary& /*summary*/) { made = 5; }
    friend void from_json(const json& /*made*/, NumberSummary& /*summary*/) {}
};

struct Things : BothBackends {
    Things() : BothBackends{gs::document_table<json>("things")} {}
};

}  // namespace

TEST_CASE("the values of a string_view field are returned as strings of their own") {
    Things both;
    const std::string long_name(100, 'x');
    both.write("a", {{"name", long_name}});
    const auto name = path<std::string_view>("name");
    CHECK(both.gives([&](auto& storage) { return storage.query().min(name); }) == long_name);
    CHECK(both.gives([&](auto& storage) { return storage.query().max(name); }) == long_name);
    CHECK(both.gives([&](auto& storage) { return storage.query().count_by(name); }) ==
          json::parse(R"([[")" + long_name + R"(", 1]])"));
    CHECK(both.gives([&](auto& storage) { return storage.query().where(name == long_name).ids(); }) ==
          json::array({"a"}));
}

TEST_CASE("numbers at the edges are found, ordered, counted and added up exactly") {
    Things both;
    const std::vector<json> edges{std::numeric_limits<std::int64_t>::min(),
                                  std::numeric_limits<std::uint64_t>::max(),
                                  9007199254740993,
                                  9007199254740992.0,
                                  1e308,
                                  -1e308,
                                  5e-324,
                                  -0.0,
                                  0.1};
    for (std::size_t i = 0; i < edges.size(); ++i) both.write("e" + std::to_string(i), {{"n", edges[i]}});
    const auto n = path<double>("n");
    const auto ids = [&](const gs::Filter<json>& filter) {
        return both.gives([&](auto& storage) { return storage.query().where(filter).ids(); });
    };
    CHECK(ids(path<std::int64_t>("n") == std::numeric_limits<std::int64_t>::min()) == json::array({"e0"}));
    CHECK(ids(path<std::uint64_t>("n") == std::numeric_limits<std::uint64_t>::max()) == json::array({"e1"}));
    CHECK(ids(path<std::int64_t>("n") == 9007199254740993) == json::array({"e2"}));
    CHECK(ids(n == 9007199254740992.0) == json::array({"e3"}));
    CHECK(ids(n == 1e308) == json::array({"e4"}));
    CHECK(ids(n.in({5e-324, -1e308})) == json::array({"e5", "e6"}));
    CHECK(ids(n == 0) == json::array({"e7"}));
    const json ordered = json::array({"e5", "e0", "e7", "e6", "e8", "e3", "e2", "e1", "e4"});
    CHECK(both.gives([&](auto& storage) { return storage.query().order_by(n).ids(); }) == ordered);
    for (std::size_t limit = 1; limit < 9; ++limit) {
        CHECK(both.gives([&](auto& storage) {
                      const auto query = storage.query().order_by(n).limit(limit);
                      return query.page(gs::Cursor::from_text(query.page().next->text()));
                  })
                  .front() == ordered[limit]);
    }
    CHECK(both.gives([&](auto& storage) { return storage.query().where(n.between(0, 1)).sum(n); }) == 0.1);
    CHECK(both.gives([&](auto& storage) { return storage.query().max(n); }) == 1e308);
    const auto beyond = [&](const std::string& operation, const auto& call) {
        CHECK(both.fails<gs::InvalidInputError>(call) == operation + " things: a result that its type cannot hold");
    };
    beyond("query.sum", [&](auto& storage) { return storage.query().sum(path<std::int64_t>("n")); });
    beyond("query.sum", [&](auto& storage) { return storage.query().sum(path<int>("n")); });
    both.write("e9", {{"n", 1e308}});
    both.write("f0", {{"n", 1e308}});
    beyond("query.sum", [&](auto& storage) { return storage.query().sum(n); });
    beyond("query.avg", [&](auto& storage) { return storage.query().avg(n); });
}

TEST_CASE("a value that the type of the asked field cannot hold is told, with its field") {
    Things both;
    both.write("a", {{"n", 300}, {"f", 2.5}, {"big", 1e39}, {"at", "2024-01-01T00:00:00.5Z"}});
    both.write("b", {{"n", 1.0}, {"f", 2}, {"big", 1}});
    const auto told = [&](const std::string& operation, const std::string& place, const auto& call) {
        CHECK(both.fails<gs::DecodeError>(call) ==
              operation + " things: a number that the field's type cannot hold (at " + place + ")");
    };
    told("query.count_by", "/n", [](auto& storage) { return storage.query().count_by(path<std::int8_t>("n")); });
    told("query.count_by", "/f", [](auto& storage) { return storage.query().count_by(path<int>("f")); });
    told("query.count_by", "/big", [](auto& storage) { return storage.query().count_by(path<float>("big")); });
    told("query.max", "/n", [](auto& storage) { return storage.query().max(path<std::int8_t>("n")); });
    told("query.max", "/f", [](auto& storage) { return storage.query().max(path<int>("f")); });
    CHECK(both.gives([](auto& storage) { return storage.query().min(path<std::int8_t>("n")); }) == 1);
    CHECK(both.gives([](auto& storage) { return storage.query().count_by(path<std::int16_t>("n")); }) ==
          json::array({json::array({1, 1}), json::array({300, 1})}));
    CHECK(both.gives([](auto& storage) {
        return storage.query().min(path<std::chrono::sys_seconds>("at"))->time_since_epoch().count();
    }) == 1704067200);
    both.write("c", {{"at", "9999-01-01T00:00:00Z"}});
    const auto nanoseconds = path<std::chrono::sys_time<std::chrono::nanoseconds>>("at");
    CHECK(both.fails<gs::DecodeError>([&](auto& storage) { return storage.query().max(nanoseconds).has_value(); }) ==
          "query.max things: a time that the field's type cannot hold (at /at)");
}

TEST_CASE("documents are selected as structs alone") {
    Things both;
    both.write("a", {{"0", 1}, {"", 2}});
    const std::string refusal = "query.select things: a summary that is no object in JSON";
    CHECK(both.refuses<gs::UsageError>([](auto& storage) { return storage.query().template select<ArraySummary>(); }) ==
          refusal);
    CHECK(both.refuses<gs::UsageError>(
              [](auto& storage) { return storage.query().template select<NumberSummary>(); }) == refusal);
}
