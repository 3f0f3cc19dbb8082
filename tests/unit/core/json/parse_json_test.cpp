// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

using namespace std::string_view_literals;
namespace gs = gridone::storage;
using nlohmann::json;

namespace {

using Refusal = std::pair<std::string, std::string>;  // reason and pointer

Refusal refusal(std::string_view text, const gs::JsonLimits& limits = {}) {
    try {
        return {"accepted", gs::parse_json(text, limits).dump()};
    } catch (const gs::DecodeError& e) {
        const std::string what = e.what();
        return {what.substr(0, what.find(" (at ")), e.pointer()};
    }
}

const std::string malformed = "not well-formed JSON";
const std::string too_wide = "an integer beyond 64 bits";
const std::string too_large = "a number beyond the range of double";

}  // namespace

TEST_CASE("stored text is read as it was written") {
    const auto value =
        gs::parse_json(R"({"": null, "a": [1, -2, 1.10, true, false, "x\n\u00e9", [], {}], "b": {"c": {"d": 0}}})");
    auto expected = json::object();
    expected[""] = nullptr;
    expected["a"] = json::array({1, -2, 1.1, true, false, "x\n\u00e9", json::array(), json::object()});
    expected["b"]["c"]["d"] = 0;
    CHECK(value == expected);
    CHECK(gs::parse_json("null").is_null());
    CHECK(gs::parse_json(R"("x")") == "x");
    CHECK(gs::parse_json("[]").is_array());
}

TEST_CASE("integers are read with all 64 bits and stay integers") {
    CHECK(gs::parse_json("-9223372036854775808").get<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
    CHECK(gs::parse_json("18446744073709551615").get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    CHECK(gs::parse_json("9007199254740993").get<std::int64_t>() == 9'007'199'254'740'993);
    CHECK(gs::parse_json("9007199254740993").is_number_integer());
}

TEST_CASE("an integer that would lose digits is refused at its place") {
    CHECK(refusal("18446744073709551616") == Refusal{too_wide, ""});
    CHECK(refusal("-9223372036854775809") == Refusal{too_wide, ""});
    CHECK(refusal(R"({"a": [0, {"b/~": 123456789012345678901234567890}]})") == Refusal{too_wide, "/a/1/b~1~0"});
    CHECK(refusal("100000000000000000001") == Refusal{too_wide, ""});
    CHECK(refusal(R"([[], [1, 2], 100000000000000000001])") == Refusal{too_wide, "/2"});
}

TEST_CASE("an integer beyond 64 bits that a double was written as comes back as that double") {
    const auto value = gs::parse_json("100000000000000000000");
    CHECK(value.is_number_float());
    CHECK(value.get<double>() == 1e20);
    CHECK(gs::parse_json("-10000000000000000000").get<double>() == -1e19);
    CHECK(gs::parse_json("18446744073709552000").get<double>() == 18446744073709551616.0);
    CHECK(gs::parse_json("17976931348623157" + std::string(292, '0')).get<double>() == 1.7976931348623157e308);
}

TEST_CASE("fractions become the nearest double") {
    CHECK(gs::parse_json("0.1").get<double>() == 0.1);
    CHECK(gs::parse_json("0.1000000000000000055511151231257827").get<double>() == 0.1);
    CHECK(gs::parse_json("123456789012345678901234567890.5").get<double>() == 123456789012345678901234567890.5);
    CHECK(gs::parse_json("1.00").is_number_float());
    CHECK(gs::parse_json("0." + std::string(399, '0') + "1").get<double>() == 0.0);
}

TEST_CASE("a number beyond double is refused at its place") {
    CHECK(refusal("1" + std::string(400, '0')) == Refusal{too_large, ""});
    CHECK(refusal(R"({"a": [1, -1)" + std::string(309, '0') + ".5]}") == Refusal{too_large, "/a/1"});
    CHECK(refusal("[1, 2, 1e309]") == Refusal{too_large, "/2"});
}

TEST_CASE("malformed stored text is refused at the container, without quoting it") {
    for (const auto text : {""sv, "x"sv, "1 2"sv, "01"sv, "[1,]"sv, "{\"a\":1,}"sv, "\"\xFF\""sv, "\"\\ud83d\""sv,
                            "\"\n\""sv, "1\0"sv, "1\0 2"sv,
                            "\xEF\xBB\xBF"sv
                            "1"sv,
                            "/**/1"sv, "NaN"sv}) {
        INFO(text);
        CHECK(refusal(text) == Refusal{malformed, ""});
    }
    CHECK(refusal(R"({"a": [1, {"b": secret}]})") == Refusal{malformed, "/a/1"});
    CHECK(refusal(R"([[1], [2], [3)") == Refusal{malformed, "/2"});
}

TEST_CASE("U+0000, which only a json column can hold, is refused") {
    CHECK(refusal(R"({"a": ["\u0000"]})") == Refusal{"a string with U+0000", "/a/0"});
    CHECK(refusal(R"({"a": {"\u0000": 1}})") == Refusal{"a key with U+0000", "/a"});
}

TEST_CASE("nesting of stored text is limited") {
    CHECK(refusal("[[1]]", {.max_depth = 2}).first == "accepted");
    CHECK(refusal(R"({"a": [0, [1]]})", {.max_depth = 2}) == Refusal{"nested too deeply", "/a/1"});
    CHECK(refusal("[]", {.max_depth = 0}) == Refusal{"nested too deeply", ""});
    CHECK(refusal("1", {.max_depth = 0}).first == "accepted");
    CHECK(refusal(std::string(100'000, '[') + std::string(100'000, ']')).first == "nested too deeply");
}

TEST_CASE("stored text over the limit of length is refused") {
    CHECK(refusal("[1, 2]", {.max_bytes = 6}).first == "accepted");
    CHECK(refusal("[1, 2]", {.max_bytes = 5}) == Refusal{"the JSON text is longer than the limit of 5 bytes", ""});
}

TEST_CASE("of equal keys in stored text the last one stays") {
    CHECK(gs::parse_json(R"({"a": [1, 2], "a": {"b": 1}, "a": {"c": 2}})").dump() == R"({"a":{"c":2}})");
}
