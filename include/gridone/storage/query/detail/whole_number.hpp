// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_WHOLE_NUMBER_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_WHOLE_NUMBER_HPP

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A sign and a magnitude, which hold every integer of 64 bits, signed or not. Zero has no sign.
struct WholeNumber {
    bool negative = false;
    std::uint64_t magnitude = 0;

    friend std::strong_ordering operator<=>(const WholeNumber& a, const WholeNumber& b) noexcept {
        if (a.negative != b.negative) return b.negative <=> a.negative;
        return a.negative ? b.magnitude <=> a.magnitude : a.magnitude <=> b.magnitude;
    }
    friend bool operator==(const WholeNumber&, const WholeNumber&) = default;
};

/// Pre: the number is an integer of nlohmann's.
inline WholeNumber whole_number(const nlohmann::json& integer) {
    if (integer.is_number_unsigned()) return {false, integer.get<std::uint64_t>()};
    const auto value = integer.get<std::int64_t>();
    const auto bits = static_cast<std::uint64_t>(value);
    return {value < 0, value < 0 ? 0 - bits : bits};
}

/// Up to here doubles are exact to the unit, and the shortest decimal of one is its value.
inline constexpr double exact_to = 9007199254740992.0;

/// The integer that is stored for a double, which is its shortest decimal: of 2^63 that is 9223372036854776000.
/// Nothing if it is no integer, or none of 64 bits of magnitude.
inline std::optional<WholeNumber> whole_number(double value) {
    if (std::trunc(value) != value || std::isinf(value)) return {};
    const double size = std::abs(value);
    if (size <= exact_to) return WholeNumber{value < 0, static_cast<std::uint64_t>(size)};
    std::array<char, 32> buffer{};  // 9.223372036854776e+18
    const char* end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), size, std::chars_format::scientific).ptr;
    const std::string_view text{buffer.data(), end};
    const auto e = text.find('e');
    int zeros = 0;
    std::from_chars(text.data() + e + 2, end, zeros);
    std::uint64_t magnitude = 0;
    for (const char c : text.substr(0, e)) {
        if (c == '.') continue;
        magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');  // at most 17 digits
    }
    for (zeros -= e > 2 ? static_cast<int>(e) - 2 : 0; zeros > 0; --zeros) {
        if (magnitude > std::numeric_limits<std::uint64_t>::max() / 10) return {};
        magnitude *= 10;
    }
    return WholeNumber{value < 0, magnitude};
}

}  // namespace gridone::storage::inline v0::detail

#endif
