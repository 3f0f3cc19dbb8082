// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_CANONICAL_JSON_HPP
#define GRIDONE_STORAGE_CORE_JSON_CANONICAL_JSON_HPP

#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/dom_writer.hpp>
#include <gridone/storage/core/json/detail/text_writer.hpp>
#include <gridone/storage/core/json/json_limits.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// The text that PostgreSQL's jsonb prints for this value: `{"b": 1, "aa": [1.5, null]}`.
///
/// Keys are ordered by length, then by bytes. Numbers have no exponent; a double is the shortest decimal that reads
/// back as the same double, so `1e17` and `2.0` are written as integers and `-0.0` as `0`.
///
/// @throws InvalidInputError  with the JSON pointer of what cannot be stored: NaN, infinity, U+0000, invalid UTF-8 (of
///     a key: the pointer of its object), binary and discarded values, nesting or text over the limits (text: no
///     pointer). The reason quotes nothing of the document; the pointer has its keys.
/// @note   One pass; stops where the text would pass `limits.max_bytes`.
[[nodiscard]] inline std::string canonical_json(const nlohmann::json& value, const JsonLimits& limits = {}) {
    detail::BoundedText out{limits.max_bytes, 240};
    detail::DomWriter{out, limits.max_depth}.value(value, nullptr, 0);
    return std::move(out).take();
}

/// The same for JSON text. Numbers keep their digits (`1.10` stays `1.10`, `100e-2` becomes `1.00`), of equal keys the
/// last one stays.
///
/// @throws InvalidInputError  as above, and for text that is not JSON, surrogates without their other half, exponents
///     beyond ±400, and numbers of more digits than PostgreSQL's numeric has.
/// @note   A member that a later one replaces counts towards `limits.max_bytes` nevertheless.
[[nodiscard]] inline std::string canonical_json_text(std::string_view json_text, const JsonLimits& limits = {}) {
    return detail::TextWriter{json_text, limits}.write();
}

}  // namespace gridone::storage::inline v0

#endif
