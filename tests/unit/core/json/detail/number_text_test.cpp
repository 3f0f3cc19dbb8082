// SPDX-License-Identifier: MIT

#include <gridone/storage/core/json/detail/number_text.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using gridone::storage::detail::number_text;

namespace {

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("a number in a text is found with all of its digits") {
    const std::string text =
        R"({"a": 1.10, "b": {"x": [1, {"a": 2}, "}"], "a\"b": -0.100000000000000000001}, "c": {"a": "7"}, "": 5})";
    CHECK(number_text(text, Keys{"a"}) == "1.10");
    CHECK(number_text(text, Keys{"b", "a\"b"}) == "-0.100000000000000000001");
    CHECK(number_text(text, Keys{""}) == "5");
    CHECK(number_text("123456789012345678901234567890", Keys{}) == "123456789012345678901234567890");
}

TEST_CASE("where there is no number under the keys, none is found") {
    const std::string text = R"({"a": [1, 2], "b": {"c": true, "d": null}, "e": "12"})";
    for (const Keys& keys : {Keys{"a"}, Keys{"a", "0"}, Keys{"b"}, Keys{"b", "c"}, Keys{"b", "d"}, Keys{"e"}, Keys{"x"},
                             Keys{"b", "x"}, Keys{"e", "x"}, Keys{}}) {
        CHECK(number_text(text, keys).empty());
    }
    CHECK(number_text("{}", Keys{"a"}).empty());
}
