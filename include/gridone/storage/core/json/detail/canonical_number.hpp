// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_CANONICAL_NUMBER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_CANONICAL_NUMBER_HPP

#include <gridone/storage/core/json/detail/bounded_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A JSON number, taken apart.
struct NumberParts {
    bool negative = false;
    std::string_view integer{};
    std::string_view fraction{};
    int exponent = 0;  ///< Anything beyond ±400 is ±401.
};

/// Pre: `text` follows JSON's grammar for numbers.
[[nodiscard]] inline NumberParts split_number(std::string_view text) noexcept {
    NumberParts parts;
    if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
        auto digits = text.substr(e + 1);
        const bool down = digits.front() == '-';
        digits.remove_prefix(std::min(digits.find_first_of("123456789"), digits.size()));
        if (digits.size() > 3) {
            parts.exponent = 401;
        } else {
            std::from_chars(digits.data(), digits.data() + digits.size(), parts.exponent);
            parts.exponent = std::min(parts.exponent, 401);
        }
        if (down) parts.exponent = -parts.exponent;
        text = text.substr(0, e);
    }
    parts.negative = text.front() == '-';
    if (parts.negative) text.remove_prefix(1);
    const auto point = text.find('.');
    parts.integer = text.substr(0, point);
    if (point != std::string_view::npos) parts.fraction = text.substr(point + 1);
    return parts;
}

/// Why this number cannot be stored; empty if it can. Beyond the exponents, the limits are those of PostgreSQL's
/// numeric.
[[nodiscard]] inline std::string_view number_fault(const NumberParts& parts) noexcept {
    if (parts.exponent > 400 || parts.exponent < -400) return "a number with an exponent beyond ±400";
    const auto before_point = static_cast<std::ptrdiff_t>(parts.integer.size()) + parts.exponent;
    const auto after_point = static_cast<std::ptrdiff_t>(parts.fraction.size()) - parts.exponent;
    if (before_point > 131'072) return "a number with more than 131072 digits before the point";
    if (after_point > 16'383) return "a number with more than 16383 digits after the point";
    return {};
}

/// Appends the number as PostgreSQL's numeric prints it: no exponent, the digits of the fraction kept, no sign on zero.
///
/// Pre: `number_fault(parts)` is empty.
inline void append_canonical_number(BoundedText& out, const NumberParts& parts) {
    const auto append_digits = [&](std::size_t begin, std::size_t end) {
        const auto split = parts.integer.size();
        if (begin < split) out.append(parts.integer.substr(begin, std::min(end, split) - begin));
        if (end > split)
            out.append(parts.fraction.substr(std::max(begin, split) - split, end - std::max(begin, split)));
    };
    const std::size_t digits = parts.integer.size() + parts.fraction.size();
    std::size_t first = parts.integer.find_first_not_of('0');  // the first digit that is not zero
    if (first == std::string_view::npos) {
        first = parts.integer.size() + std::min(parts.fraction.find_first_not_of('0'), parts.fraction.size());
    }
    const auto point = static_cast<std::ptrdiff_t>(parts.integer.size()) + parts.exponent;  // digits before it
    const std::size_t whole = point > 0 ? static_cast<std::size_t>(point) : 0;

    if (parts.negative && first < digits) out.append('-');
    if (first >= std::min(whole, digits)) {
        out.append('0');
    } else {
        append_digits(first, std::min(whole, digits));
        if (whole > digits) out.append(whole - digits, '0');
    }
    if (static_cast<std::ptrdiff_t>(digits) <= point) return;
    out.append('.');
    if (point < 0) out.append(static_cast<std::size_t>(-point), '0');
    append_digits(whole, digits);
}

/// The shortest decimal that reads back as the same double, printed by the rule above. The scientific form, since
/// without one `std::to_chars` prints large integers with all digits of their binary value: 2^64 would not read as what
/// others write for it.
///
/// Pre: `value` is finite.
inline void append_canonical_double(BoundedText& out, double value) {
    std::array<char, 32> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
    append_canonical_number(out, split_number({buffer.data(), static_cast<std::size_t>(end - buffer.data())}));
}

}  // namespace gridone::storage::inline v0::detail

#endif
