// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_view_literals;
namespace gs = gridone::storage;

namespace {

using Refusal = std::pair<std::string, std::string>;  // reason and pointer

Refusal refusal(std::string_view text, const gs::JsonLimits& limits = {}) {
    try {
        return {"accepted", gs::canonical_json_text(text, limits)};
    } catch (const gs::InvalidInputError& e) {
        const std::string what = e.what();
        return {what.substr(0, what.find(" (at ")), e.pointer()};
    }
}

const std::string malformed = "not well-formed JSON";

}  // namespace

TEST_CASE("numbers in text keep their digits and lose exponent, sign of zero and nothing else") {
    const std::vector<std::pair<std::string_view, std::string>> table{
        {"1.10", "1.10"},
        {"1.0", "1.0"},
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "0.0"},
        {"-0e3", "0"},
        {"0e-5", "0.00000"},
        {"0.00e1", "0.0"},
        {"100e-2", "1.00"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"1.5e1", "15"},
        {"1.50e1", "15.0"},
        {"12.345e2", "1234.5"},
        {"12.345e3", "12345"},
        {"12.345e5", "1234500"},
        {"12.345e-1", "1.2345"},
        {"12.345e-2", "0.12345"},
        {"12.345e-4", "0.0012345"},
        {"-12.345e-4", "-0.0012345"},
        {"0.001e2", "0.1"},
        {"0.001e3", "1"},
        {"0.001e5", "100"},
        {"0.010e1", "0.10"},
        {"0.0e10", "0"},
        {"1e0", "1"},
        {"1e000002", "100"},
        {"1e-000002", "0.01"},
        {"1e17", "1" + std::string(17, '0')},
        {"1e400", "1" + std::string(400, '0')},
        {"1e-400", "0." + std::string(399, '0') + "1"},
        {"0e400", "0"},
        {"123456789012345678901234567890.123456789012345678901234567890",
         "123456789012345678901234567890.123456789012345678901234567890"},
    };
    for (const auto& [text, canonical] : table) CHECK(gs::canonical_json_text(text) == canonical);
}

TEST_CASE("numbers beyond what is stored are refused at their place") {
    CHECK(refusal(R"({"a":[1,1e401]})") == Refusal{"a number with an exponent beyond ±400", "/a/1"});
    CHECK(refusal("1e-401").first == "a number with an exponent beyond ±400");
    CHECK(refusal("0e99999999999999999999").first == "a number with an exponent beyond ±400");
    CHECK(refusal("1" + std::string(131'071, '0')).first == "accepted");
    CHECK(refusal("1" + std::string(131'072, '0')).first == "a number with more than 131072 digits before the point");
    CHECK(refusal("0." + std::string(16'383, '1')).first == "accepted");
    CHECK(refusal("0." + std::string(16'384, '1')).first == "a number with more than 16383 digits after the point");
}

TEST_CASE("of equal keys the last one stays, in jsonb's order") {
    CHECK(gs::canonical_json_text(R"({"bb":1,"a":2,"bb":3,"":{"z":1,"y":2},"a":[{"d":1,"c":2}]})") ==
          R"({"": {"y": 2, "z": 1}, "a": [{"c": 2, "d": 1}], "bb": 3})");
    CHECK(gs::canonical_json_text(R"({"a":1,"\u0061":2})") == R"({"a": 2})");
    CHECK(gs::canonical_json_text(R"({"a":1,"a":2,"a":3,"b":{}})") == R"({"a": 3, "b": {}})");
}

TEST_CASE("escapes are undone and written PostgreSQL's way") {
    CHECK(gs::canonical_json_text(R"("\u00e9\ud83d\uDE00\/\u001F\u000A\b\f\n\r\t\"\\A")") ==
          "\"\u00e9\U0001F600/\\u001f\\n\\b\\f\\n\\r\\t\\\"\\\\A\"");
}

TEST_CASE("space between tokens is dropped") {
    CHECK(gs::canonical_json_text(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } , \"c\" : [ ] } ") ==
          R"({"a": [1, 2], "b": {}, "c": []})");
}

TEST_CASE("text that is not JSON is refused") {
    for (const auto text : {""sv,
                            " "sv,
                            "nul"sv,
                            "nulll"sv,
                            "True"sv,
                            "NaN"sv,
                            "Infinity"sv,
                            "01"sv,
                            "+1"sv,
                            ".5"sv,
                            "1."sv,
                            "1.e1"sv,
                            "1e"sv,
                            "1e+"sv,
                            "-"sv,
                            "--1"sv,
                            "0x1"sv,
                            "1 2"sv,
                            "[1,]"sv,
                            "[,1]"sv,
                            "[1 2]"sv,
                            "["sv,
                            "[1"sv,
                            "]"sv,
                            "{"sv,
                            "{\"a\"}"sv,
                            "{\"a\":}"sv,
                            "{\"a\":1,}"sv,
                            "{a:1}"sv,
                            "{1:1}"sv,
                            "{\"a\":1"sv,
                            "\""sv,
                            "\"a"sv,
                            "\"\\"sv,
                            "\"\\x\""sv,
                            "\"\\u12\""sv,
                            "\"\\u12g4\""sv,
                            "\"\\u-123\""sv,
                            "\"\n\""sv,
                            "\"\x1f\""sv,
                            "'a'"sv,
                            "1//"sv,
                            "\xEF\xBB\xBF"sv
                            "1"sv,
                            "1\0"sv,
                            "\0"sv,
                            "\f1"sv,
                            "\"\\ud83d\\u12\""sv}) {
        INFO(text);
        CHECK(refusal(text).first == malformed);
    }
    CHECK(refusal(R"({"a":[1,x]})") == Refusal{malformed, "/a/1"});
    CHECK(refusal(R"({"a":[1)") == Refusal{malformed, "/a"});
}

TEST_CASE("strings in text that jsonb cannot hold are refused at their place") {
    CHECK(refusal(R"(["a","secret\u0000"])") == Refusal{"jsonb cannot hold U+0000", "/1"});
    CHECK(refusal("[\"secret\xFF\"]") == Refusal{"not valid UTF-8", "/0"});
    const std::string lone = "a surrogate without its other half";
    for (const auto text : {R"(["\ud83d"])", R"(["\ud83dx"])", R"(["\ude00"])", R"(["\ude00\ude00"])",
                            R"(["\ud83d\ud83d"])", R"(["\ud83d\n"])"}) {
        CHECK(refusal(text) == Refusal{lone, "/0"});
    }
    CHECK(refusal(R"({"o":{"\u0000":1}})") == Refusal{"jsonb cannot hold U+0000", "/o"});
    CHECK(refusal(R"({"o":{"\ud83d":1}})") == Refusal{lone, "/o"});
    CHECK(refusal("{\"o\":{\"\xFF\":1}}") == Refusal{"not valid UTF-8", "/o"});
    CHECK(refusal("[\"\xED\xA0\xBD\xED\xB8\x80\"]") == Refusal{"not valid UTF-8", "/0"});
    CHECK(refusal("[\"\xC3\\u00a9\"]") == Refusal{"not valid UTF-8", "/0"});
}

TEST_CASE("nesting of text is limited") {
    CHECK(refusal("[[1]]", {.max_depth = 2}).first == "accepted");
    CHECK(refusal(R"([{"a~/":[1]}])", {.max_depth = 2}) == Refusal{"nested too deeply", "/0/a~0~1"});
    CHECK(refusal(std::string(100'000, '[')).first == "nested too deeply");
    CHECK(refusal(R"({"a":)" + std::string(100'000, '[')).first == "nested too deeply");
}

TEST_CASE("the limit of length holds for the text that is written, not for the text that is read") {
    const std::string spread = "[" + std::string(1000, ' ') + "1e3]";
    CHECK(refusal(spread, {.max_bytes = 6}) == Refusal{"accepted", "[1000]"});
    CHECK(refusal(spread, {.max_bytes = 5}) == Refusal{"the JSON text is longer than the limit of 5 bytes", ""});
    CHECK(refusal("[1e400,x]", {.max_bytes = 100}).first == "the JSON text is longer than the limit of 100 bytes");
}
