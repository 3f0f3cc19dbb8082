// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_DESCRIPTION_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_DESCRIPTION_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gridone::storage::inline v0::detail {

inline std::uint64_t hash_of(std::string_view text) noexcept {  // FNV-1a
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return hash;
}

// The words below are part of what is stored: the hash of a description is part of index names in databases and of
// cursors that clients hold. A word never changes, whatever happens to the enumerators.

constexpr const char* word_of(FieldSource source) noexcept {
    switch (source) {
        case FieldSource::document:
            return "document";
        case FieldSource::id:
            return "id";
        case FieldSource::version:
            return "version";
        case FieldSource::created_at:
            return "created_at";
        case FieldSource::updated_at:
            return "updated_at";
    }
    return "";
}

constexpr const char* word_of(ValueKind kind) noexcept {
    switch (kind) {
        case ValueKind::number:
            return "number";
        case ValueKind::text:
            return "text";
        case ValueKind::boolean:
            return "boolean";
        case ValueKind::time:
            return "time";
        case ValueKind::array:
            return "array";
        case ValueKind::object:
            return "object";
        case ValueKind::any:
            return "any";
    }
    return "";
}

constexpr const char* word_of(Comparison comparison) noexcept {
    switch (comparison) {
        case Comparison::equal:
            return "equal";
        case Comparison::not_equal:
            return "not_equal";
        case Comparison::less:
            return "less";
        case Comparison::less_equal:
            return "less_equal";
        case Comparison::greater:
            return "greater";
        case Comparison::greater_equal:
            return "greater_equal";
    }
    return "";
}

constexpr const char* word_of(FilterNode::Kind kind) noexcept {
    switch (kind) {
        case FilterNode::Kind::compare:
            return "compare";
        case FilterNode::Kind::in:
            return "in";
        case FilterNode::Kind::is_null:
            return "is_null";
        case FilterNode::Kind::starts_with:
            return "starts_with";
        case FilterNode::Kind::contains:
            return "contains";
        case FilterNode::Kind::has_element:
            return "has_element";
        case FilterNode::Kind::has_key:
            return "has_key";
        case FilterNode::Kind::has_value:
            return "has_value";
        case FilterNode::Kind::any_element:
            return "any_element";
        case FilterNode::Kind::any_value:
            return "any_value";
        case FilterNode::Kind::all_of:
            return "all_of";
        case FilterNode::Kind::any_of:
            return "any_of";
        case FilterNode::Kind::negation:
            return "negation";
    }
    return "";
}

/// A field or a filter as JSON: equal for equal ones, in every release.
inline nlohmann::json described(const FieldPlace& field) {
    return nlohmann::json::array({word_of(field.source), word_of(field.kind), field.keys});
}

inline nlohmann::json described(const FilterNode& filter) {
    auto all = nlohmann::json::array(
        {word_of(filter.kind), word_of(filter.comparison), described(filter.field), filter.literal});
    if (filter.other) all.push_back(described(*filter.other));
    for (const FilterPointer& part : filter.parts) all.push_back(described(*part));
    return all;
}

/// A number for a description.
inline std::uint64_t description_hash(const nlohmann::json& description) {
    const JsonLimits any{.max_depth = 3 * deepest_filter + 16, .max_bytes = std::size_t{1} << 30U};
    return hash_of(canonical_json(description, any));
}

}  // namespace gridone::storage::inline v0::detail

#endif
