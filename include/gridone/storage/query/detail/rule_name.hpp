// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_RULE_NAME_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_RULE_NAME_HPP

#include <gridone/storage/query/detail/description.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

inline std::string hexadecimal(std::uint64_t number) {
    std::string digits;
    for (unsigned shift = 64; shift != 0; shift -= 4) digits += "0123456789abcdef"[number >> (shift - 4) & 0xFU];
    return digits;
}

/// A name of an object that belongs to a table: `users_name_key`. PostgreSQL cuts names at 63 bytes, and two could
/// become one, so a longer name ends in a hash of the whole.
inline std::string rule_name(std::string_view table, const std::vector<std::vector<std::string>>& fields,
                             std::string_view suffix) {
    std::string name{table};
    for (const auto& keys : fields) {
        for (const std::string& key : keys) name.append("_").append(key);
    }
    name.append("_").append(suffix);
    constexpr std::size_t longest = 63;
    if (name.size() <= longest) return name;
    const std::string end = "_" + hexadecimal(hash_of(name)) + "_" + std::string{suffix};
    std::size_t kept = longest - end.size();
    while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0U) == 0x80U) --kept;  // whole characters
    return name.substr(0, kept) + end;
}

/// The name of the trigger that keeps the times of a table's documents.
inline std::string clock_name(std::string_view table) {
    return rule_name("gridone_" + std::string{table}, {}, "clock");
}

/// The name of an index: `devices_site_name_desc_idx`; with a condition, a hash of it besides.
inline std::string index_name(std::string_view table, const std::vector<OrderKey>& keys, const FilterNode& where) {
    std::vector<std::vector<std::string>> parts;
    for (const OrderKey& key : keys) {
        parts.push_back(key.field.keys);
        if (key.field.source == FieldSource::id) parts.back() = {"id"};
        if (key.field.source == FieldSource::created_at) parts.back() = {"created", "at"};
        if (key.field.source == FieldSource::updated_at) parts.back() = {"updated", "at"};
        if (key.descending) parts.back().emplace_back("desc");
    }
    if (!is_everything(where)) {
        parts.push_back({hexadecimal(description_hash(described(where))).substr(0, 8)});
    }
    return rule_name(table, parts, "idx");
}

}  // namespace gridone::storage::inline v0::detail

#endif
