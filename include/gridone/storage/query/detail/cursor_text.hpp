// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_CURSOR_TEXT_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_CURSOR_TEXT_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/detail/description.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The last document of a page, as an order sees it.
struct CursorPosition {
    std::uint64_t query = 0;                          ///< A hash of filter and order.
    nlohmann::json values = nlohmann::json::array();  ///< By the keys of the total order; null: no value.

    friend bool operator==(const CursorPosition&, const CursorPosition&) = default;
};

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base 64 as RFC 4648, section 5, has it for addresses, without padding.
inline std::string to_base64(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char byte : bytes) {
        bits = bits << 8U | static_cast<unsigned char>(byte);
        for (held += 8; held >= 6; held -= 6) text += base64_digits[bits >> (held - 6) & 0x3FU];
    }
    if (held != 0) text += base64_digits[bits << (6 - held) & 0x3FU];
    return text;
}

inline std::string from_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char digit : text) {
        const auto value = base64_digits.find(digit);
        if (value == std::string_view::npos) return {};
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xFFU);
    }
    return bytes;
}

inline std::string cursor_text(const CursorPosition& position) {
    const auto all = nlohmann::json::array({std::to_string(position.query), position.values});
    const std::string text = canonical_json(all);
    return to_base64(std::to_string(hash_of(text)) + text);
}

/// @throws InvalidInputError
inline CursorPosition cursor_position(std::string_view text) {
    constexpr const char* refusal =
        "this text is not a cursor; pass what text() of a page's cursor returned, unchanged";
    const std::string bytes = from_base64(text);
    const std::string_view held{bytes};
    const auto begin = held.find('[');
    if (begin == std::string_view::npos || held.substr(0, begin) != std::to_string(hash_of(held.substr(begin))) ||
        to_base64(bytes) != text) {
        throw InvalidInputError{refusal};
    }
    try {
        nlohmann::json all = parse_json(held.substr(begin));
        CursorPosition position;
        position.query = std::stoull(all.at(0).get_ref<const std::string&>());
        position.values = std::move(all.at(1));
        if (!position.values.is_array() || cursor_text(position) != text) throw InvalidInputError{refusal};
        return position;
    } catch (const std::exception&) {
        throw InvalidInputError{refusal};
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
