// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_EQUAL_JSON_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_EQUAL_JSON_HPP

#include <gridone/storage/query/detail/whole_number.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <optional>

namespace gridone::storage::inline v0::detail {

/// The order of a double and an integer as the decimals that are stored for them.
inline std::partial_ordering compare_to_integer(double value, const WholeNumber& integer) {
    if (std::isnan(value)) return std::partial_ordering::unordered;
    const double whole = std::floor(value);  // is the value itself where doubles are further apart than integers
    const std::optional<WholeNumber> floor = whole_number(whole);
    if (!floor) return value < 0 ? std::partial_ordering::less : std::partial_ordering::greater;
    const std::partial_ordering order = *floor <=> integer;
    return order == 0 && whole != value ? std::partial_ordering::greater : order;
}

/// The order of two JSON numbers as exact decimals. nlohmann's own takes a large integer for the nearest double.
inline std::partial_ordering compare_numbers(const nlohmann::json& a, const nlohmann::json& b) {
    if (a.is_number_float() && b.is_number_float()) return a.get<double>() <=> b.get<double>();
    if (a.is_number_float()) return compare_to_integer(a.get<double>(), whole_number(b));
    if (b.is_number_float()) return 0 <=> compare_to_integer(b.get<double>(), whole_number(a));
    return whole_number(a) <=> whole_number(b);
}

/// Whether the same is stored for both, that is, whether their canonical texts are equal. nlohmann's == would find
/// large integers equal that are not.
inline bool equal_json(const nlohmann::json& a, const nlohmann::json& b) {
    if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
    if (a.type() != b.type()) return false;
    if (a.is_array()) return std::ranges::equal(a, b, equal_json);
    if (!a.is_object()) return a == b;
    const auto& x = a.get_ref<const nlohmann::json::object_t&>();
    const auto& y = b.get_ref<const nlohmann::json::object_t&>();
    return std::ranges::equal(x, y, [](const auto& one, const auto& other) {
        return one.first == other.first && equal_json(one.second, other.second);
    });
}

}  // namespace gridone::storage::inline v0::detail

#endif
