// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_PAGE_POSITION_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_PAGE_POSITION_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/detail/json_scanner.hpp>
#include <gridone/storage/core/json/detail/number_text.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/query/detail/cursor_text.hpp>
#include <gridone/storage/query/detail/description.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/seen_row.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// A value of the field in the position. What a double does not hold of a number is told by its text.
inline nlohmann::json position_value(const FieldPlace& field, const nlohmann::json* value, std::string_view document) {
    if (value == nullptr) return nullptr;
    if (field.kind == ValueKind::time) return nlohmann::json(to_iso(*time_in(*value)));
    if (field.kind == ValueKind::number && field.source == FieldSource::document) {
        const std::string_view digits = number_text(document, field.keys);
        if (digits != canonical_json(*value)) return nlohmann::json(std::string{digits});
    }
    return *value;
}

/// The position behind this document.
inline CursorPosition position_behind(const QuerySpec& spec, const StoredRow& row) {
    const nlohmann::json document = parse_json(row.text);
    const SeenDocument seen = seen_row(row.id, row, document);
    CursorPosition position{.query = query_hash(spec)};
    for (const OrderKey& key : spec.total_order()) {
        position.values.push_back(position_value(key.field, value_at(seen, key.field), row.text));
    }
    return position;
}

/// Whether this is a number with digits that no JSON number here has.
inline bool is_long_number(const std::string& text) {
    if (text.empty() || text.find_first_of("eE") != text.npos || JsonScanner{text}.number() != text) return false;
    try {
        return canonical_json(nlohmann::json::parse(text)) != text;
    } catch (const nlohmann::json::exception&) {
        return false;  // beyond double
    }
}

/// Whether a position may have this value of the field: as `position_value` writes it, which SQL relies on.
inline bool is_position_value(const FieldPlace& field, const nlohmann::json& value) {
    if (value.is_null()) return field.source == FieldSource::document;
    if (field.kind == ValueKind::number && value.is_string()) {
        return is_long_number(value.get_ref<const std::string&>());
    }
    if (!is_of_kind(value, field.kind)) return false;
    return field.kind != ValueKind::time || value == to_iso(*time_in(value));
}

/// The same query from behind the position on. @throws InvalidInputError  the position is of another query.
inline QuerySpec from_position(QuerySpec spec, const CursorPosition& position) {
    const std::vector<OrderKey> order = spec.total_order();
    bool fits = position.query == query_hash(spec) && position.values.size() == order.size();
    for (std::size_t key = 0; fits && key < order.size(); ++key) {
        fits = is_position_value(order[key].field, position.values[key]);
    }
    if (!fits)
        throw InvalidInputError{"the cursor is of another query; a page continues the query that it was read with"};
    spec.after = position.values;
    return spec;
}

}  // namespace gridone::storage::inline v0::detail

#endif
