// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gs::path;
using nlohmann::json;

namespace {

using Patch = std::vector<gs::Change<gs::AnyModel>>;

json applied(std::string_view stored, const Patch& patch) {
    std::vector<gs::detail::FieldChange> changes;
    for (const auto& change : patch) changes.push_back(change.spec());
    return gs::detail::apply_changes(gs::parse_json(stored), changes);
}

/// The document's text after the patch.
std::string patched(std::string_view stored, const Patch& patch) {
    return gs::canonical_json(applied(stored, patch));
}

/// Where the patch was refused.
std::string refused(std::string_view stored, const Patch& patch) {
    try {
        return "not refused: " + applied(stored, patch).dump();
    } catch (const gs::InvalidInputError& error) {
        return error.pointer();
    }
}

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto largest = std::numeric_limits<double>::max();

}  // namespace

TEST_CASE("set replaces whatever is there") {
    CHECK(patched(R"({"a": {"b": 1}, "c": 2})", {path<int>("a").set(3)}) == R"({"a": 3, "c": 2})");
    CHECK(patched(R"({"a": [1]})", {path<int>("a").set(std::nullopt)}) == R"({"a": null})");
    CHECK(patched("{}", {path<int>("").set(1)}) == R"({"": 1})");
}

TEST_CASE("unset takes the key away, and does nothing where there is none") {
    CHECK(patched(R"({"a": {"b": 1}, "c": 2})", {path<int>("a").unset()}) == R"({"c": 2})");
    CHECK(patched(R"({"a": null})", {path<int>("a").unset()}) == "{}");
    CHECK(patched(R"({"c": 2})", {path<int>("a").unset()}) == R"({"c": 2})");
    CHECK(patched(R"({"c": 2})", {path<int>("a", "b").unset()}) == R"({"c": 2})");
}

TEST_CASE("missing parents, and those that are null, are created by what stores something and by nothing else") {
    for (const std::string stored : {"{}", R"({"a": null})", R"({"a": {}})", R"({"a": {"b": null}})"}) {
        INFO(stored);
        CHECK(patched(stored, {path<int>("a", "b", "c").set(1)}) == R"({"a": {"b": {"c": 1}}})");
        CHECK(patched(stored, {path<int>("a", "b", "c").increment(1)}) == R"({"a": {"b": {"c": 1}}})");
        CHECK(patched(stored, {path<std::vector<int>>("a", "b", "c").append(1)}) == R"({"a": {"b": {"c": [1]}}})");
        CHECK(patched(stored, {path<int>("a", "b", "c").unset()}) == stored);
        CHECK(patched(stored, {path<std::vector<int>>("a", "b", "c").remove_value(1)}) == stored);
    }
}

TEST_CASE("a parent that is no object refuses every change, with its own place") {
    for (const std::string parent : {"1", "\"x\"", "true", "[{}]"}) {
        const std::string stored = R"({"~/": {"b": )" + parent + "}}";
        INFO(stored);
        CHECK(refused(stored, {path<int>("~/", "b", "c", "d").set(1)}) == "/~0~1/b");
        CHECK(refused(stored, {path<int>("~/", "b", "0").unset()}) == "/~0~1/b");
        CHECK(refused(stored, {path<int>("~/", "b", "c").increment(1)}) == "/~0~1/b");
        CHECK(refused(stored, {path<std::vector<int>>("~/", "b", "c").append(1)}) == "/~0~1/b");
        CHECK(refused(stored, {path<std::vector<int>>("~/", "b", "c").remove_value(1)}) == "/~0~1/b");
    }
}

TEST_CASE("a document that is no object refuses every change") {
    for (const std::string_view stored : {"null", "[]", "1", "\"x\""}) {
        CHECK(refused(stored, {path<int>("a").set(1)}).empty());
        CHECK(refused(stored, {path<int>("a").unset()}).empty());
    }
}

TEST_CASE("an increment starts at 0 and refuses what is no number") {
    CHECK(patched("{}", {path<int>("a").increment(-2)}) == R"({"a": -2})");
    CHECK(patched(R"({"a": null})", {path<double>("a").increment(0.5)}) == R"({"a": 0.5})");
    CHECK(patched("{}", {path<std::uint64_t>("a").increment(most)}) == R"({"a": 18446744073709551615})");
    for (const std::string_view value : {R"("1")", "true", "[1]", "{}"}) {
        CHECK(refused(R"({"x": {"a": )" + std::string{value} + "}}", {path<int>("x", "a").increment(1)}) == "/x/a");
    }
}

TEST_CASE("an increment of an integer is exact and stays within the type of the field") {
    CHECK(patched(R"({"a": 9007199254740993})", {path<std::int64_t>("a").increment(2)}) ==
          R"({"a": 9007199254740995})");
    CHECK(patched(R"({"a": 2.0})", {path<int>("a").increment(1)}) == R"({"a": 3})");
    CHECK(patched(R"({"a": -0.0})", {path<unsigned>("a").increment(0)}) == R"({"a": 0})");
    CHECK(patched(R"({"a": 5})", {path<unsigned>("a").increment(-5)}) == R"({"a": 0})");
    CHECK(patched(R"({"a": 18446744073709551615})", {path<std::uint64_t>("a").increment(least)}) ==
          R"({"a": 9223372036854775807})");
    CHECK(patched(R"({"a": 9223372036854775808})", {path<json>("a").increment(-1)}) == R"({"a": 9223372036854775807})");
    CHECK(patched(R"({"a": -9223372036854775808})", {path<json>("a").increment(most)}) ==
          R"({"a": 9223372036854775807})");
    CHECK(refused(R"({"a": 1.5})", {path<int>("a").increment(1)}) == "/a");
    CHECK(refused(R"({"a": 2147483647})", {path<int>("a").increment(1)}) == "/a");
    CHECK(refused(R"({"a": -2147483648})", {path<int>("a").increment(-1)}) == "/a");
    CHECK(refused(R"({"a": 2147483648})", {path<int>("a").increment(-1)}) == "/a");
    CHECK(refused(R"({"a": 0})", {path<unsigned>("a").increment(-1)}) == "/a");
    CHECK(refused(R"({"a": -1})", {path<unsigned>("a").increment(2)}) == "/a");
    CHECK(refused(R"({"a": 18446744073709551615})", {path<std::uint64_t>("a").increment(most)}) == "/a");
    CHECK(refused(R"({"a": 1})", {path<std::uint64_t>("a").increment(most)}) == "/a");
    CHECK(refused(R"({"a": -9223372036854775808})", {path<std::int64_t>("a").increment(-1)}) == "/a");
    CHECK(refused(R"({"a": 127})", {path<std::int8_t>("a").increment(1)}) == "/a");
}

TEST_CASE("an increment of a double is the sum of doubles") {
    CHECK(patched(R"({"a": 0.1})", {path<double>("a").increment(0.2)}) == R"({"a": 0.30000000000000004})");
    CHECK(patched(R"({"a": 9007199254740993})", {path<double>("a").increment(0)}) == R"({"a": 9007199254740992})");
    CHECK(patched(R"({"a": 18446744073709551615})", {path<double>("a").increment(0)}) ==
          R"({"a": 18446744073709552000})");
    json document = json::object();
    document["a"] = largest;
    const auto stored = gs::canonical_json(document);
    CHECK(refused(stored, {path<double>("a").increment(largest)}) == "/a");
    CHECK(patched(stored, {path<double>("a").increment(-largest)}) == R"({"a": 0})");
    CHECK(patched(stored, {path<double>("a").increment(1)}) == stored);
    CHECK(refused(stored, {path<std::uint64_t>("a").increment(-1)}) == "/a");
}

TEST_CASE("an increment of a float is rounded to a float, before and after") {
    CHECK(applied(R"({"a": 0.1})", {path<float>("a").increment(0.2F)}).at("a") == static_cast<double>(0.1F + 0.2F));
    CHECK(applied(R"({"a": 1.0000000001})", {path<float>("a").increment(0)}).at("a") == 1);
    CHECK(applied(R"({"a": 16777217})", {path<float>("a").increment(1)}).at("a") == 16777216);
    CHECK(applied(R"({"a": 16777217})", {path<float>("a").increment(2)}).at("a") == 16777218);
    constexpr auto max_float = std::numeric_limits<float>::max();
    CHECK(refused(R"({"a": 1e39})", {path<float>("a").increment(-1)}) == "/a");
    json document = json::object();
    document["a"] = static_cast<double>(max_float);
    const auto stored = gs::canonical_json(document);
    CHECK(refused(stored, {path<float>("a").increment(max_float)}) == "/a");
    CHECK(patched(stored, {path<float>("a").increment(1)}) == stored);
}

TEST_CASE("append puts one element at the end of an array") {
    using Lists = std::vector<std::vector<int>>;
    CHECK(patched(R"({"a": [[2], 1]})", {path<Lists>("a").append({3, 4})}) == R"({"a": [[2], 1, [3, 4]]})");
    CHECK(patched(R"({"a": null})", {path<Lists>("a").append({})}) == R"({"a": [[]]})");
    CHECK(patched("{}", {path<json>("a").append(nullptr)}) == R"({"a": [null]})");
    for (const std::string_view value : {R"("1")", "true", "1", "{}"}) {
        CHECK(refused(R"({"a": )" + std::string{value} + "}", {path<json>("a").append(1)}) == "/a");
        CHECK(refused(R"({"a": )" + std::string{value} + "}", {path<json>("a").remove_value(1)}) == "/a");
    }
}

TEST_CASE("remove_value takes every equal element away and keeps the order of the others") {
    CHECK(patched(R"({"a": [1, "1", 2, 1.0, [1], 3]})", {path<json>("a").remove_value(1)}) ==
          R"({"a": ["1", 2, [1], 3]})");
    CHECK(patched(R"({"a": [{"x": 1, "yy": [2]}, {"x": 1}]})",
                  {path<json>("a").remove_value(json::parse(R"({"yy": [2.0], "x": 1})"))}) == R"({"a": [{"x": 1}]})");
    CHECK(patched(R"({"a": [null, 0, false, ""]})", {path<json>("a").remove_value(nullptr)}) ==
          R"({"a": [0, false, ""]})");
    CHECK(patched(R"({"a": ["e\u0301", "\u00e9"]})", {path<json>("a").remove_value("\u00e9")}) ==
          "{\"a\": [\"e\u0301\"]}");
    CHECK(patched(R"({"a": [1]})", {path<json>("a").remove_value(1)}) == R"({"a": []})");
    CHECK(patched(R"({"a": null})", {path<json>("a").remove_value(1)}) == R"({"a": null})");
    CHECK(patched("{}", {path<json>("a").remove_value(1)}) == "{}");
}

TEST_CASE("remove_value tells large numbers apart as they are stored") {
    CHECK(patched(R"({"a": [9007199254740992, 9007199254740993]})",
                  {path<json>("a").remove_value(9007199254740992.0)}) == R"({"a": [9007199254740993]})");
    // The shortest decimal of 2^63 is another integer.
    CHECK(patched(R"({"a": [9223372036854775808, 9223372036854776000]})",
                  {path<json>("a").remove_value(9223372036854775808.0)}) == R"({"a": [9223372036854775808]})");
}

TEST_CASE("several changes are of the stored document, and all of them or none") {
    CHECK(patched(R"({"a": {"x": 1, "y": 2}, "b": null})",
                  {path<int>("a", "x").unset(), path<int>("a", "z").increment(1), path<int>("b", "c").set(1),
                   path<int>("b", "d").unset(), path<json>("b", "e").append(1)}) ==
          R"({"a": {"y": 2, "z": 1}, "b": {"c": 1, "e": [1]}})");
    CHECK(refused(R"({"a": 1, "b": "x"})", {path<int>("a").increment(1), path<int>("b").increment(1)}) == "/b");
}
