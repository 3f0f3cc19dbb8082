// SPDX-License-Identifier: MIT

#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/detail/equal_json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::RandomJson;
using gs::detail::compare_numbers;
using gs::detail::equal_json;
using nlohmann::json;

namespace {

constexpr std::uint64_t seed = 20'240'301;

bool equal_texts(const json& a, const json& b) {
    return gs::canonical_json(a) == gs::canonical_json(b);
}

/// Ascending, as what is stored for them.
const std::vector<json>& ascending() {
    static const std::vector<json> numbers{
        json(-1e300),
        json(-18446744073709551616.0),
        json(-9223372036854775808.0),  // stored as -9223372036854776000
        json(std::numeric_limits<std::int64_t>::min()),
        json(std::numeric_limits<std::int64_t>::min() + 1),
        json(-9007199254740993),
        json(-9007199254740992.0),
        json(-1.5),
        json(-1),
        json(-5e-324),
        json(-0.0),
        json(5e-324),
        json(0.5),
        json(1U),
        json(1.5),
        json(4503599627370495.5),
        json(4503599627370496),
        json(9007199254740992.0),
        json(9007199254740993),
        json(9007199254740994.0),
        json(99999999999999999),
        json(1e17),
        json(std::numeric_limits<std::int64_t>::max()),
        json(std::uint64_t{9223372036854775808U}),
        json(9223372036854775808.0),  // stored as 9223372036854776000
        json(std::uint64_t{9223372036854776001U}),
        json(std::numeric_limits<std::uint64_t>::max()),
        json(18446744073709551616.0),
        json(1e20),
        json(1e300),
    };
    return numbers;
}

}  // namespace

TEST_CASE("numbers are ordered as the decimals that are stored for them") {
    const auto& numbers = ascending();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        for (std::size_t k = 0; k < numbers.size(); ++k) {
            INFO(gs::canonical_json(numbers[i]) << " and " << gs::canonical_json(numbers[k]));
            CHECK(compare_numbers(numbers[i], numbers[k]) == (i <=> k));
            CHECK(equal_json(numbers[i], numbers[k]) == equal_texts(numbers[i], numbers[k]));
        }
    }
}

TEST_CASE("a number equals itself in another type, and nothing is equal to NaN") {
    CHECK(equal_json(json(2.0), json(2)));
    CHECK(equal_json(json(2U), json(2.0)));
    CHECK(equal_json(json(-0.0), json(0U)));
    CHECK(equal_json(json(1e17), json(100000000000000000)));
    CHECK(equal_json(json(9223372036854775808.0), json(std::uint64_t{9223372036854776000U})));
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(equal_json(json(nan), json(nan)));
    CHECK_FALSE(equal_json(json(nan), json(0)));
    CHECK_FALSE(equal_json(json(0), json(nan)));
    CHECK(compare_numbers(json(nan), json(0)) == std::partial_ordering::unordered);
    CHECK(compare_numbers(json(0), json(nan)) == std::partial_ordering::unordered);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(compare_numbers(json(infinity), json(0)) > 0);
    CHECK(compare_numbers(json(0), json(-infinity)) > 0);
}

TEST_CASE("kinds are not mixed") {
    const std::vector<json> values{json(nullptr), json(false), json(0), json(""), json::array(), json::object()};
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t k = 0; k < values.size(); ++k) CHECK(equal_json(values[i], values[k]) == (i == k));
    }
}

TEST_CASE("every double equals what is read back of its text, and none of its neighbours") {
    RandomJson random{seed};
    std::size_t integers = 0;
    for (int i = 0; i < 100'000; ++i) {
        double value = random.finite();
        if (random.one_in(2)) value = std::ldexp(value, static_cast<int>(random.below(64)));
        if (!std::isfinite(value)) continue;
        const json back = gs::parse_json(gs::canonical_json(json(value)));
        INFO(gs::canonical_json(back));
        REQUIRE(equal_json(json(value), back));
        REQUIRE(equal_json(back, json(value)));
        if (!back.is_number_integer() || std::abs(value) >= 9e18) continue;
        ++integers;
        const auto integer = back.get<std::int64_t>();
        REQUIRE(compare_numbers(json(value), json(integer + 1)) < 0);
        REQUIRE(compare_numbers(json(integer - 1), json(value)) < 0);
    }
    CHECK(integers > 1000);
}

TEST_CASE("two values are equal exactly if their canonical texts are") {
    RandomJson random{seed};
    std::size_t equals = 0;
    for (int i = 0; i < 20'000; ++i) {
        const json a = random.dom(random.below(4));
        json b = random.one_in(2) ? a : random.dom(random.below(4));
        if (random.one_in(3) && b.is_structured() && !b.empty()) b.back() = random.dom(1);
        INFO(gs::canonical_json(a) << " and " << gs::canonical_json(b));
        const bool equal = equal_texts(a, b);
        equals += equal ? 1 : 0;
        REQUIRE(equal_json(a, b) == equal);
    }
    CHECK(equals > 1000);
    CHECK(equals < 19'000);
}
