// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_literals;
namespace gs = gridone::storage;
using nlohmann::json;

namespace {

struct Refusal {
    std::string reason;
    std::string pointer;
    bool operator==(const Refusal&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
    return out << '"' << refusal.reason << "\" at \"" << refusal.pointer << '"';
}

Refusal refusal(const json& value, const gs::JsonLimits& limits = {}) {
    try {
        return {"accepted", gs::canonical_json(value, limits)};
    } catch (const gs::InvalidInputError& e) {
        const std::string what = e.what();
        return {what.substr(0, what.find(" (at ")), e.pointer()};
    }
}

json nested(std::size_t depth) {
    json value = 1;
    for (std::size_t i = 0; i < depth; ++i) {
        auto outer = json::array();
        outer.push_back(std::move(value));
        value = std::move(outer);
    }
    return value;
}

}  // namespace

TEST_CASE("canonical JSON has PostgreSQL's spacing") {
    CHECK(gs::canonical_json(json::parse(R"({"a":1,"b":[1,2,{}],"c":[],"d":null,"e":true,"f":false})")) ==
          R"({"a": 1, "b": [1, 2, {}], "c": [], "d": null, "e": true, "f": false})");
    CHECK(gs::canonical_json(nullptr) == "null");
    CHECK(gs::canonical_json("x") == R"("x")");
}

TEST_CASE("keys are ordered by length, then by bytes") {
    CHECK(gs::canonical_json(json::parse(R"({"aa":1,"b":2,"":3,"B":4,"\u00e9":5,"ab":6,"zzz":7,"\ud83d\ude00":8})")) ==
          "{\"\": 3, \"B\": 4, \"b\": 2, \"aa\": 1, \"ab\": 6, \"\u00e9\": 5, \"zzz\": 7, \"\U0001F600\": 8}");
}

TEST_CASE("strings are escaped as PostgreSQL does it") {
    CHECK(gs::canonical_json("\b\f\n\r\t\"\\/\x01\x0f\x10\x1f\x7f\u00e9\U0001F600") ==
          "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u000f\\u0010\\u001f\x7f\u00e9\U0001F600\"");
    CHECK(gs::canonical_json(json::parse(R"({"\n":1})")) == R"({"\n": 1})");
}

TEST_CASE("integers keep all 64 bits") {
    CHECK(gs::canonical_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(gs::canonical_json(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(gs::canonical_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("doubles are the shortest decimal that reads back, without exponent") {
    const std::vector<std::pair<double, std::string>> table{
        {0.0, "0"},
        {-0.0, "0"},
        {1.0, "1"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e5, "100000"},
        {1e17, "1" + std::string(17, '0')},
        {1e23, "1" + std::string(23, '0')},
        {1e-7, "0.0000001"},
        {1.5e-7, "0.00000015"},
        {123456.789, "123456.789"},
        {9223372036854775808.0, "9223372036854776000"},
        {18446744073709551616.0, "18446744073709552000"},
        {5e-324, "0." + std::string(323, '0') + "5"},
        {-1.7976931348623157e308, "-17976931348623157" + std::string(292, '0')},
    };
    for (const auto& [value, text] : table) CHECK(gs::canonical_json(value) == text);
}

TEST_CASE("what JSON or jsonb cannot hold is refused at its place") {
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(refusal(json::object({{"a", json::array({1, std::nan("")})}})) ==
          Refusal{"JSON has no NaN and no infinity", "/a/1"});
    CHECK(refusal(inf) == Refusal{"JSON has no NaN and no infinity", ""});
    CHECK(refusal(json::object({{"x", -inf}})) == Refusal{"JSON has no NaN and no infinity", "/x"});
    CHECK(refusal(json::object({{"x", "secret\0"s}})) == Refusal{"jsonb cannot hold U+0000", "/x"});
    CHECK(refusal(json::object({{"x", "secret\xFF"}})) == Refusal{"not valid UTF-8", "/x"});
    CHECK(refusal(json::object({{"x", json::binary({1, 2})}})) == Refusal{"JSON has no binary values", "/x"});
    CHECK(refusal(json::array({1, json(json::value_t::discarded)})) == Refusal{"a discarded value", "/1"});
}

TEST_CASE("a key that cannot be stored is refused at its object") {
    CHECK(refusal(json::object({{"outer", {{"bad\xFF", 1}}}})) == Refusal{"not valid UTF-8", "/outer"});
    CHECK(refusal(json::object({{"outer", {{"bad\0key"s, 1}}}})) == Refusal{"jsonb cannot hold U+0000", "/outer"});
    CHECK(refusal(json::object({{"bad\xFF", std::nan("")}})) == Refusal{"not valid UTF-8", ""});
}

TEST_CASE("a JSON pointer escapes tilde and slash") {
    CHECK(refusal(json::object({{"a/b~c", json::object({{"", json::array({0, 0, std::nan("")})}})}})).pointer ==
          "/a~1b~0c//2");
}

TEST_CASE("nesting is counted from the scalar, which has depth 0") {
    const gs::JsonLimits two{.max_depth = 2};
    CHECK(refusal(nested(2), two) == Refusal{"accepted", "[[1]]"});
    CHECK(refusal(nested(3), two) == Refusal{"nested too deeply", "/0/0"});
    CHECK(refusal(json::parse(R"({"a":{"b":{}}})"), two) == Refusal{"nested too deeply", "/a/b"});
    CHECK(refusal(1, {.max_depth = 0}) == Refusal{"accepted", "1"});
    CHECK(refusal(json::array(), {.max_depth = 0}) == Refusal{"nested too deeply", ""});
    CHECK(refusal(nested(512)).reason == "accepted");
    CHECK(refusal(nested(513)).reason == "nested too deeply");
}

TEST_CASE("a document of depth 100,000 is refused, not a crash") {
    CHECK(refusal(nested(100'000)).reason == "nested too deeply");
}

TEST_CASE("the limit of length is that of the canonical text, to the byte") {
    const auto value = json::parse(R"({"bb":[1e3,"\n"],"a":"é"})");
    const auto text = gs::canonical_json(value);
    CHECK(text == "{\"a\": \"\u00e9\", \"bb\": [1000, \"\\n\"]}");
    CHECK(refusal(value, {.max_bytes = text.size()}) == Refusal{"accepted", text});
    for (std::size_t bytes = 0; bytes < text.size(); ++bytes) {
        const auto expected = "the JSON text is longer than the limit of " + std::to_string(bytes) + " bytes";
        CHECK(refusal(value, {.max_bytes = bytes}) == Refusal{expected, ""});
    }
}

TEST_CASE("writing stops where the limit of length is passed") {
    auto value = json::array();
    value.push_back(std::string(100, 'x'));
    value.push_back(std::nan(""));
    CHECK(refusal(value, {.max_bytes = 50}).reason == "the JSON text is longer than the limit of 50 bytes");
    CHECK(refusal(value, {.max_bytes = 500}).reason == "JSON has no NaN and no infinity");
}
