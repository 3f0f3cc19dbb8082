// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_FILTER_NODE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_FILTER_NODE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/query/detail/equal_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The kinds of JSON values that can be compared. A value of another kind is no value.
enum class ValueKind { number, text, boolean };

/// A field, as conditions and rules see it.
struct FieldPlace {
    std::vector<std::string> keys;
    ValueKind kind = ValueKind::text;

    friend bool operator==(const FieldPlace&, const FieldPlace&) = default;
};

inline bool is_of_kind(const nlohmann::json& value, ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::number:
            return value.is_number();
        case ValueKind::text:
            return value.is_string();
        case ValueKind::boolean:
            return value.is_boolean();
    }
    return false;
}

/// The field's value in the document; null where there is none of its kind.
inline const nlohmann::json* value_at(const nlohmann::json& document, const FieldPlace& field) {
    const nlohmann::json* value = &document;
    for (const std::string& key : field.keys) {
        if (!value->is_object()) return nullptr;
        const auto found = value->find(key);
        if (found == value->end()) return nullptr;
        value = &*found;
    }
    return is_of_kind(*value, field.kind) ? value : nullptr;
}

/// A condition on a document. Never changed once it is made, so it can be shared.
struct FilterNode {
    enum class Kind { equal, is_null, all_of };
    Kind kind = Kind::all_of;
    FieldPlace field{};                                         ///< Of equal and is_null.
    nlohmann::json literal = nullptr;                           ///< Of equal; of the field's kind.
    std::vector<std::shared_ptr<const FilterNode>> parts = {};  ///< Of all_of; nothing is everything.

    friend bool operator==(const FilterNode& a, const FilterNode& b) {
        return a.kind == b.kind && a.field == b.field && a.literal == b.literal &&
               std::ranges::equal(a.parts, b.parts, [](const auto& x, const auto& y) { return *x == *y; });
    }
};
using FilterPointer = std::shared_ptr<const FilterNode>;

/// Whether the condition holds for a document.
inline bool matches(const FilterNode& filter, const nlohmann::json& document) {
    switch (filter.kind) {
        case FilterNode::Kind::equal: {
            const nlohmann::json* value = value_at(document, filter.field);
            return value != nullptr && equal_json(*value, filter.literal);
        }
        case FilterNode::Kind::is_null:
            return value_at(document, filter.field) == nullptr;
        case FilterNode::Kind::all_of:
            return std::ranges::all_of(filter.parts, [&](const auto& part) { return matches(*part, document); });
    }
    return false;
}

}  // namespace gridone::storage::inline v0::detail

#endif
