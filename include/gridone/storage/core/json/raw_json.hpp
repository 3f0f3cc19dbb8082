// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_RAW_JSON_HPP
#define GRIDONE_STORAGE_CORE_JSON_RAW_JSON_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0 {

/// A document as JSON text: what a serialize hook gives that writes the text itself, and a model for those who pass
/// documents on unread: `PostgresStorageBackend<RawJson>`.
///
/// The text is checked before it is sent, in one pass and without a tree, as `canonical_json_text` does; any JSON form
/// will do. What comes back is the form of `canonical_json_text`.
struct RawJson {
    std::string text = "null";
    friend bool operator==(const RawJson&, const RawJson&) = default;
};

/// The same for a deserialize hook that reads the text itself: what is stored, which the hook need not check to be JSON.
/// Valid during the call.
struct RawJsonView {
    std::string_view text;
};

/// For what works on trees all the same: `edit`, queries in memory.
inline void to_json(nlohmann::json& document, const RawJson& raw) {
    document = parse_json(canonical_json_text(raw.text));
}
inline void from_json(const nlohmann::json& document, RawJson& raw) {
    raw.text = canonical_json(document);
}

}  // namespace gridone::storage::inline v0

#endif
