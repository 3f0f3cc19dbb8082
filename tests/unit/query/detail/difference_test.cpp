// SPDX-License-Identifier: MIT

#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/detail/difference.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::RandomJson;
using gs::detail::ChangeKind;
using gs::detail::FieldChange;
using nlohmann::json;

namespace {

constexpr std::uint64_t seed = 20'240'302;

/// The changes as text, by place: "/a=1 /b-".
std::string shown(const std::vector<FieldChange>& changes) {
    std::string out;
    for (const FieldChange& change : changes) {
        if (!out.empty()) out += ' ';
        out += gs::detail::pointer_of(change.path);
        out += change.kind == ChangeKind::unset ? "-" : "=" + gs::canonical_json(change.value);
        if (change.kind != ChangeKind::unset && change.kind != ChangeKind::set) out += "?";
    }
    return out;
}

std::string between(std::string_view stored, std::string_view before, std::string_view after) {
    return shown(gs::detail::difference(json::parse(stored), json::parse(before), json::parse(after)));
}

/// An object of few keys, so that two of them have keys in common.
json random_object(RandomJson& random, std::size_t depth) {
    json object = json::object();
    const std::size_t size = random.below(5);
    for (std::size_t i = 0; i < size; ++i) {
        const std::string key(1, static_cast<char>('a' + random.below(6)));
        object[key] = depth > 0 && !random.one_in(3) ? random_object(random, depth - 1) : random.dom(random.below(2));
    }
    return object;
}

/// Another state of the same thing: some keys gone, some new, some changed, here or below.
json changed(RandomJson& random, const json& value) {
    if (!value.is_object() || random.one_in(8)) return random.one_in(2) ? random_object(random, 2) : random.dom(1);
    json out = value;
    for (const auto& [key, member] : value.items()) {
        if (random.one_in(6)) {
            out.erase(key);
        } else if (random.one_in(3)) {
            out[key] = changed(random, member);
        }
    }
    if (random.one_in(4)) out[std::string(1, static_cast<char>('a' + random.below(6)))] = random.dom(1);
    return out;
}

/// What is stored where a model knows `known`: besides that, at every depth, keys that it does not know.
json with_foreign_keys(RandomJson& random, const json& known) {
    if (!known.is_object()) return known;
    json out = json::object();
    for (const auto& [key, member] : known.items()) out[key] = with_foreign_keys(random, member);
    if (random.one_in(2)) out["foreign" + std::to_string(random.below(3))] = random.dom(2);
    return out;
}

/// What must be stored after `before` became `after`: the keys of `after`, and what was stored that `before` does not
/// have, as long as there is an object that it can be in.
json expected_after(const json& stored, const json& before, const json& after) {
    json out = stored;
    for (const auto& [key, member] : before.items()) {
        if (!after.contains(key)) out.erase(key);
    }
    for (const auto& [key, member] : after.items()) {
        const bool was = before.contains(key);
        const bool all_objects = was && stored.contains(key) && stored.at(key).is_object() &&
                                 before.at(key).is_object() && member.is_object();
        if (all_objects) {
            out[key] = expected_after(stored.at(key), before.at(key), member);
        } else if (!was || gs::canonical_json(before.at(key)) != gs::canonical_json(member)) {
            out[key] = member;
        }
    }
    return out;
}

/// Every key of the model's document has the model's value, at every depth.
bool contains(const json& stored, const json& known) {
    if (!known.is_object() || !stored.is_object()) return gs::canonical_json(stored) == gs::canonical_json(known);
    for (const auto& [key, member] : known.items()) {
        if (!stored.contains(key) || !contains(stored.at(key), member)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("what has not changed gives no change") {
    CHECK(between("{}", "{}", "{}").empty());
    CHECK(between(R"({"a": 1})", R"({"a": 1, "b": {"c": 2}})", R"({"a": 1.0, "b": {"c": 2}})").empty());
    CHECK(between(R"({"a": {"x": 1}})", R"({"a": {}})", R"({"a": {}})").empty());
}

TEST_CASE("what has changed is set, and what is gone is unset, at the deepest place that all three have") {
    CHECK(between(R"({"a": 1})", R"({"a": 1})", R"({"a": 2})") == "/a=2");
    CHECK(between(R"({"a": 1})", R"({"a": 1})", "{}") == "/a-");
    CHECK(between("{}", "{}", R"({"a": {"b": 1}})") == R"(/a={"b": 1})");
    CHECK(between(R"({"a": {"b": {"c": 1, "f": 0}}})", R"({"a": {"b": {"c": 1, "d": 2}}})",
                  R"({"a": {"b": {"c": 3}}})") == "/a/b/c=3 /a/b/d-");
    CHECK(between(R"({"a": [1, {"x": 1}]})", R"({"a": [1, {"x": 1}]})", R"({"a": [1, {"x": 2}]})") ==
          R"(/a=[1, {"x": 2}])");
}

TEST_CASE("where one of the three is no object the whole value is set") {
    CHECK(between(R"({"a": {"x": 1}})", R"({"a": {}})", R"({"a": 1})") == "/a=1");
    CHECK(between(R"({"a": null})", R"({"a": {"b": 1}})", R"({"a": {"b": 2}})") == R"(/a={"b": 2})");
    CHECK(between("{}", R"({"a": {"b": 1}})", R"({"a": {"b": 2}})") == R"(/a={"b": 2})");
    CHECK(between(R"({"a": {"x": 1}})", R"({"a": null})", R"({"a": {"b": 2}})") == R"(/a={"b": 2})");
}

TEST_CASE("a default that the model fills in is not stored as long as nobody changes it") {
    CHECK(between("{}", R"({"a": 0})", R"({"a": 0})").empty());
    CHECK(between("{}", R"({"a": 0})", R"({"a": 1})") == "/a=1");
}

TEST_CASE("numbers that nlohmann finds equal are told apart") {
    CHECK(between("{}", R"({"a": 9007199254740992.0})", R"({"a": 9007199254740993})") == "/a=9007199254740993");
}

TEST_CASE("applied to what is stored, the difference gives every key of after its value, and foreign keys survive") {
    RandomJson random{seed};
    std::size_t recursed = 0;
    for (int i = 0; i < 5'000; ++i) {
        const json before = random_object(random, 3);
        json after = changed(random, before);
        if (!after.is_object()) after = before;
        const json stored = with_foreign_keys(random, before);
        INFO("seed " << seed << ", case " << i << ": stored " << stored.dump() << ", before " << before.dump()
                     << ", after " << after.dump());
        const auto changes = gs::detail::difference(stored, before, after);
        if (!changes.empty()) gs::detail::check_changes(changes, {});
        for (const FieldChange& change : changes) recursed += change.path.size() > 1 ? 1 : 0;
        const json result = gs::detail::apply_changes(stored, changes);
        REQUIRE(contains(result, after));
        REQUIRE(gs::canonical_json(result) == gs::canonical_json(expected_after(stored, before, after)));
    }
    CHECK(recursed > 1000);
}

TEST_CASE("the difference also applies to a document that has little to do with what the model made of it") {
    RandomJson random{seed};
    for (int i = 0; i < 5'000; ++i) {
        const json stored = random_object(random, 3);
        const json before = random_object(random, 3);
        json after = changed(random, before);
        if (!after.is_object()) after = random_object(random, 3);
        INFO("seed " << seed << ", case " << i << ": stored " << stored.dump() << ", before " << before.dump()
                     << ", after " << after.dump());
        const auto changes = gs::detail::difference(stored, before, after);
        const json result = gs::detail::apply_changes(stored, changes);
        REQUIRE(gs::canonical_json(result) == gs::canonical_json(expected_after(stored, before, after)));
    }
}

TEST_CASE("the difference of deep documents is as fast as they are long") {
    const auto nested = [](std::size_t depth, int innermost) {
        json out = innermost;
        for (std::size_t i = 0; i < depth; ++i) {
            json outer = json::object();
            outer["filler"] = std::string(1000, 'x');
            outer["inner"] = std::move(out);
            out = std::move(outer);
        }
        return out;
    };
    const json before = nested(500, 1);
    const json after = nested(500, 2);
    const auto shortest = [](const auto& f) {
        auto least = std::chrono::steady_clock::duration::max();
        for (int i = 0; i < 5; ++i) {
            const auto start = std::chrono::steady_clock::now();
            f();
            least = std::min(least, std::chrono::steady_clock::now() - start);
        }
        return least;
    };
    const auto changes = gs::detail::difference(before, before, after);
    REQUIRE(changes.size() == 1);
    CHECK(changes.front().path.size() == 500);
    // Where every level is serialised anew it takes some hundred times as long as the text of the document.
    const auto write = shortest([&] { (void)gs::canonical_json(before); });
    const auto compare = shortest([&] { (void)gs::detail::difference(before, before, after); });
    CHECK(compare < 40 * write);
}
