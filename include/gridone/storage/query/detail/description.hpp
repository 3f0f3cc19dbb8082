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

/// What tells fields and filters apart, as JSON.
inline nlohmann::json described(const FieldPlace& field) {
    return nlohmann::json::array({static_cast<int>(field.source), static_cast<int>(field.kind), field.keys});
}

inline nlohmann::json described(const FilterNode& filter) {
    auto all = nlohmann::json::array(
        {static_cast<int>(filter.kind), static_cast<int>(filter.comparison), described(filter.field), filter.literal});
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
