// SPDX-License-Identifier: MIT

// What the random cases have found, as they print it.

#include "differential/changes.hpp"
#include "differential/run_case.hpp"
#include "differential/seen.hpp"
#include "differential/sides.hpp"
#include "differential/walk_query.hpp"
#include "postgres/server.hpp"
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/query.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace differential;
using namespace nlohmann::literals;
using gridone::storage::path;
using gridone::storage::query;
using gridone::storage::Transaction;

template <class F>
void expect_same(std::size_t shape, F&& f) {
    static const std::string url = shared_server().create_database();
    PostgresSide<> server{url};
    MemorySide<> memory;
    const Lines lines = memory.observed(shape, f);
    CHECK(lines == server.observed(shape, f));
    CHECK(std::ranges::none_of(lines, [](const std::string& line) { return line.starts_with(Seen::bug); }));
}

}  // namespace

TEST_CASE("a number and its negative are two versions") {
    expect_same(0, [](auto& t, Seen& seen) {
        seen([&] { return t[0].write("b", R"~({"b":1})~"_json); });
        seen([&] { return t[0].patch("b", path<std::int32_t>("b").increment(-2)); });
    });
}

TEST_CASE("an empty array and an empty object are two versions") {
    expect_same(0, [](auto& t, Seen& seen) {
        seen([&] { return t[0].write_many(Pairs{{"a", R"~([])~"_json}, {"b", R"~({})~"_json}}); });
    });
}

TEST_CASE("insert_many of nothing gives nothing") {
    expect_same(0, [](auto& t, Seen& seen) { seen([&] { return t[0].insert_many(Pairs{}); }); });
}

TEST_CASE("a transaction that only reads locks nothing") {
    expect_same(0, [](auto& t, Seen& seen) {
        seen([&] { return t[0].write("a", R"~({})~"_json); });
        seen([&] {
            t[0].transaction({.read_only = true}, [&](Transaction& tx) {
                seen([&] { return t[0].in(tx).read_for_update("a"); });
                seen([&] { return t[0].in(tx).edit("a", [](json&) {}); });
                seen([&] { return t[0].in(tx).read("a"); });
            });
        });
    });
}

TEST_CASE("a sum is stored with the digits of a write") {
    expect_same(0, [](auto& t, Seen& seen) {
        for (const double value :
             {1e23, -1e23, 9.9999998430675e16, 18014398509481990.0, 0.1, 5e-324, 1.7976931348623157e308}) {
            seen([&] { return t[0].write("a", R"~({"b":74})~"_json); });
            seen([&] {
                return t[0].patch("a", path<double>("a").increment(value), path<double>("b").increment(value));
            });
            seen([&] { return t[0].read("a"); });
        }
    });
}

TEST_CASE("remove_value takes a number whatever its digits") {
    expect_same(0, [](auto& t, Seen& seen) {
        seen([&] { return t[0].write("a", R"~({"0":[9.999999843067494e+16]})~"_json); });
        seen([&] { return t[0].patch("a", path<std::vector<double>>("0").remove_value(9.999999843067494e16)); });
        seen([&] { return t[0].write("a", R"~({"0":[1, 1.0, 1.5]})~"_json); });
        seen([&] { return t[0].patch("a", path<std::vector<double>>("0").remove_value(1.0)); });
    });
}

TEST_CASE("upsert_by goes by a text") {
    expect_same(2, [](auto& t, Seen& seen) {
        seen([&] { return t[0].upsert_by(path<std::string>("a"), "a", R"~({"a":"x"})~"_json); });
        seen([&] { return t[0].upsert_by(path<std::string>("a"), "b", R"~({"a":"x","b":1})~"_json); });
        seen([&] { return t[0].upsert_by(path<std::string>("a"), "a", R"~({"a":"y"})~"_json); });
    });
}

TEST_CASE("a large double is the number that it is stored as") {
    expect_same(0, [](auto& t, Seen& seen) {
        for (const double value :
             {-9223372036854775808.0, 9223372036854775808.0, 18446744073709551616.0, 1e19, 1e17, -1e19}) {
            seen([&] {
                return t[0].write("a", R"~({"i":[-9223372036854775808,9223372036854775808,100000000000000000]})~"_json);
            });
            seen([&] { return t[0].patch("a", path<std::vector<double>>("i").remove_value(value)); });
            seen([&] { return t[0].patch("a", path<double>("n").set(value)); });
            seen([&] { return t[0].patch("a", path<std::int64_t>("n").increment(1)); });
            seen([&] { return t[0].patch("a", path<double>("n").set(value)); });
            seen([&] { return t[0].patch("a", path<std::uint64_t>("n").increment(0U)); });
        }
    });
}

TEST_CASE("no query asks for a key that JSON cannot hold") {
    expect_same(0, [](auto& t, Seen& seen) {
        seen([&] { return t[0].write("a", R"~({"a":1})~"_json); });
        for (const std::string& key : {std::string("\377"), std::string("a\0b", 3)}) {
            seen([&] { return t[0].query(query<json>().where(path<double>(key) < 1.0)).all(); });
            seen([&] { return t[0].query(query<json>().order_by(path<double>(key).ascending())).ids(); });
            seen([&] { return t[0].query(query<json>().where(path<double>(key) < 1.0)).remove(); });
        }
    });
}

TEST_CASE("a rule that a query's patch breaks dooms the transaction") {
    expect_same(5, [](auto& t, Seen& seen) {
        seen([&] { return t[1].write("a", R"~({})~"_json); });
        seen([&] {
            t[1].transaction([&](Transaction& tx) {
                seen([&] { return t[1].in(tx).query(query<json>()).patch(path<json>("a").set(json("b"))); });
                seen([&] { return t[1].in(tx).count(); });
            });
        });
    });
}

TEST_CASE("of a query's patch, what does not fit is told before what breaks a rule, whichever document comes first") {
    expect_same(6, [](auto& t, Seen& seen) {
        const auto least = R"~(-9223372036854775808)~"_json.get<std::int64_t>();
        for (const auto& [rule_breaker, misfit] : {std::pair{"a", "A"}, std::pair{"A", "a"}}) {
            seen([&] { return t[1].clear(); });
            seen([&] {
                return t[1].write_many(Pairs{{rule_breaker, R"~({})~"_json}, {misfit, R"~({"a":"A"})~"_json}});
            });
            seen([&] { return t[1].patch(misfit, path<std::int64_t>("b").increment(least)); });
            const auto patch = [&](auto&& storage) {
                return storage.query(query<json>())
                    .patch(path<std::int8_t>("b").increment(std::int8_t{0}), path<json>("a").set(json("A")));
            };
            seen([&] { return patch(t[1]); });
            seen([&] {
                t[1].transaction([&](Transaction& tx) {
                    seen([&] { return patch(t[1].in(tx)); });
                    seen([&] { return t[1].in(tx).count(); });
                });
            });
        }
    });
}

TEST_CASE("what is wrong with a call is told before a document of its range is looked at") {
    expect_same(0, [](auto& t, Seen& seen) {
        const auto bad = [](auto&& storage) {
            return storage.write_many(streamed(Pairs{{std::string("a\0b", 3), R"~({})~"_json}}));
        };
        seen([&] { return bad(t[0]); });
        seen([&] {
            t[0].transaction({.read_only = true}, [&](Transaction& tx) { seen([&] { return bad(t[0].in(tx)); }); });
        });
        seen([&] { t[0].transaction([&](Transaction&) { seen([&] { return bad(t[0]); }); }); });
        seen([&] { return t[0].count(); });
    });
}
