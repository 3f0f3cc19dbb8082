// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_PAGE_POSITION_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_PAGE_POSITION_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/query/detail/cursor_text.hpp>
#include <gridone/storage/query/detail/description.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/value_kind_of.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Tells queries apart whose pages have nothing to do with each other.
inline std::uint64_t query_hash(const QuerySpec& spec) {
    auto all = nlohmann::json::array({described(*spec.where)});
    for (const OrderKey& key : spec.order) {
        all.push_back(described(key.field));
        all.push_back(key.descending);
    }
    return description_hash(all);
}

/// The position behind this document.
inline CursorPosition position_behind(const QuerySpec& spec, const StoredRow& row) {
    const nlohmann::json document = parse_json(row.text);
    const SeenDocument seen{
        .document = &document, .id = nlohmann::json(row.id), .version = compared_literal<Version>(row.version)};
    CursorPosition position{.query = query_hash(spec)};
    for (const OrderKey& key : spec.total_order()) {
        const nlohmann::json* value = value_at(seen, key.field);
        if (value == nullptr) {
            position.values.push_back(nullptr);
        } else {
            const bool is_time = key.field.kind == ValueKind::time;
            position.values.push_back(is_time ? nlohmann::json(to_iso(*time_in(*value))) : *value);
        }
    }
    return position;
}

/// The same query from behind the position on. @throws InvalidInputError  the position is of another query.
inline QuerySpec from_position(QuerySpec spec, const CursorPosition& position) {
    const std::vector<OrderKey> order = spec.total_order();
    bool fits = position.query == query_hash(spec) && position.values.size() == order.size();
    for (std::size_t key = 0; fits && key < order.size(); ++key) {
        const nlohmann::json& value = position.values[key];
        fits = value.is_null() ? order[key].field.source == FieldSource::document
                               : is_of_kind(value, order[key].field.kind);
    }
    if (!fits) throw InvalidInputError{"a cursor of another query"};
    spec.after = position.values;
    return spec;
}

}  // namespace gridone::storage::inline v0::detail

#endif
