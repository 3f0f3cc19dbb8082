// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_INDEX_CHOICE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_INDEX_CHOICE_HPP

#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Which part of an index serves a condition that has to hold.
enum class Served { as_equal, as_range, as_condition, not_at_all };

inline Served served(const FilterNode& filter) {
    if (filter.field.source == FieldSource::version || filter.other) return Served::not_at_all;
    switch (filter.kind) {
        case FilterNode::Kind::compare:
            if (filter.comparison == Comparison::not_equal) return Served::not_at_all;
            return filter.comparison == Comparison::equal ? Served::as_equal : Served::as_range;
        case FilterNode::Kind::in:
        case FilterNode::Kind::starts_with:
            return Served::as_range;
        case FilterNode::Kind::is_null:
            return filter.field.source == FieldSource::document ? Served::as_condition : Served::not_at_all;
        case FilterNode::Kind::negation:
            return filter.parts.front()->kind == FilterNode::Kind::is_null ? served(*filter.parts.front())
                                                                           : Served::not_at_all;
        case FilterNode::Kind::contains:
        case FilterNode::Kind::has_element:
        case FilterNode::Kind::has_key:
        case FilterNode::Kind::has_value:
        case FilterNode::Kind::any_element:
        case FilterNode::Kind::any_value:
        case FilterNode::Kind::all_of:
        case FilterNode::Kind::any_of:
            break;
    }
    return Served::not_at_all;
}

inline bool is_key(const std::vector<OrderKey>& keys, const FieldPlace& field) {
    return std::ranges::find(keys, field, &OrderKey::field) != keys.end();
}

/// Adds a key, unless the field is one already: what comes behind the first is decided by it.
inline void add_key(std::vector<OrderKey>& keys, const OrderKey& key) {
    if (!is_key(keys, key.field)) keys.push_back(key);
}

/// About how many bytes of the catalog the SQL expression of a field takes, rounded up from what PostgreSQL 15 stores.
inline std::size_t catalog_bytes(const FieldPlace& field) {
    if (field.source != FieldSource::document) return 50;
    std::size_t bytes = field.kind == ValueKind::time ? 2000 : 120;
    for (const std::string& key : field.keys) bytes += 30 + 2 * key.size();
    return bytes;
}

/// Leaves out what the server could not create: an index has at most 32 columns, and its expressions and its condition
/// have to fit into one row of pg_index, which is a page of 8 kB at most. An index on the first keys still bounds what a
/// query reads.
inline void fit_into_catalog(std::vector<OrderKey>& keys, std::vector<FilterPointer>& conditions) {
    constexpr std::size_t most_keys = 32;
    constexpr std::size_t most_bytes = 7400;
    std::size_t bytes = 0;
    const auto exceeds = [&](const FieldPlace& field) {
        bytes += catalog_bytes(field);
        return bytes > most_bytes;
    };
    keys.erase(std::ranges::find_if(keys, exceeds, &OrderKey::field), keys.end());
    if (keys.size() > most_keys) keys.resize(most_keys);
    std::erase_if(conditions, [&](const FilterPointer& condition) {
        const bool is_negated = condition->kind == FilterNode::Kind::negation;
        return exceeds(is_negated ? condition->parts.front()->field : condition->field);
    });
}

/// The index that serves a query; see `index_for`.
inline IndexRule index_choice(const QuerySpec& spec) {
    const bool is_one = spec.where->kind != FilterNode::Kind::all_of;
    const std::vector<FilterPointer> parts = is_one ? std::vector{spec.where} : spec.where->parts;
    std::vector<OrderKey> keys;
    std::vector<OrderKey> ranges;
    FilterNode condition;
    for (const FilterPointer& part : parts) {
        const Served how = served(*part);
        if (how == Served::as_equal) add_key(keys, {.field = part->field});
        if (how == Served::as_range) ranges.push_back({.field = part->field});
        if (how == Served::as_condition) condition.parts.push_back(part);
    }
    std::ranges::sort(keys, {}, [](const OrderKey& key) { return key.field.keys; });
    std::vector<OrderKey> order = spec.total_order();
    std::erase_if(order, [&](const OrderKey& key) { return is_key(keys, key.field); });
    // Read backwards an index serves the order backwards, so it is the same for both.
    const bool is_backwards = !order.empty() && order.front().descending;
    for (OrderKey& key : order) key.descending = key.descending != is_backwards;
    const bool ranges_first = spec.order.empty();
    for (const OrderKey& key : ranges_first ? ranges : order) add_key(keys, key);
    for (const OrderKey& key : ranges_first ? order : ranges) add_key(keys, key);
    fit_into_catalog(keys, condition.parts);
    return {.keys = std::move(keys), .where = combined(std::move(condition))};
}

}  // namespace gridone::storage::inline v0::detail

#endif
