// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_PARSE_JSON_HPP
#define GRIDONE_STORAGE_CORE_JSON_PARSE_JSON_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/dom_reader.hpp>
#include <gridone/storage/core/json/detail/json_scanner.hpp>
#include <gridone/storage/core/json/json_limits.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0 {

namespace detail {

/// @throws DecodeError  the stored text is over the limit
inline void check_bytes(std::string_view stored_text, const JsonLimits& limits) {
    if (stored_text.size() <= limits.max_bytes) return;
    throw DecodeError{"the JSON text is longer than the limit of " + std::to_string(limits.max_bytes) + " bytes"};
}

}  // namespace detail

/// The way back from stored text: equal to what `canonical_json` was given, `-0.0` being equal to `0`.
///
/// Fractions become the nearest double. An integer that fits neither int64 nor uint64 is accepted only if it is exactly
/// what `canonical_json` prints for a double: `1e20` is stored as `100000000000000000000` and comes back as that double.
///
/// @throws DecodeError  with the JSON pointer: any other integer beyond 64 bits, a number beyond double, U+0000 (which a
///     `json` column can hold), nesting over the limit; at the container: malformed text; without pointer: text over the
///     limit.
[[nodiscard]] inline nlohmann::json parse_json(std::string_view stored_text, const JsonLimits& limits = {}) {
    detail::check_bytes(stored_text, limits);
    detail::JsonScanner in{stored_text};
    detail::DomReader reader{in, limits.max_depth};
    nlohmann::json root;
    reader.value(root, nullptr, 0);
    reader.expect_end();
    return root;
}

}  // namespace gridone::storage::inline v0

#endif
