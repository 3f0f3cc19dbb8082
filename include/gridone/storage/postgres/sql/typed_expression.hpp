// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace gridone::storage::inline v0::detail {

/// What is stored under these keys, one after the other: NULL if there is nothing. Keys are never places in an array.
inline std::string member_of(std::string document, std::span<const std::string> keys) {
    for (const std::string& key : keys) document += "->" + quote_literal(key) + "::text";
    return "(" + document + ")";
}

/// The value of a field in its type, NULL where it has none. Of text without a collation, as ON CONFLICT names what has
/// an index.
inline std::string value_expression(const std::string& document, const FieldPlace& field) {
    const std::string stored = member_of(document, field.keys);
    const std::string text = "(" + stored + " #>> '{}')";
    switch (field.kind) {
        case ValueKind::number:
            return "(CASE WHEN jsonb_typeof" + stored + " = 'number' THEN " + text + "::numeric END)";
        case ValueKind::text:
            return "(CASE WHEN jsonb_typeof" + stored + " = 'string' THEN " + text + " END)";
        case ValueKind::boolean:
            return "(CASE WHEN jsonb_typeof" + stored + " = 'boolean' THEN " + text + "::boolean END)";
    }
    return "NULL";
}

/// The one expression for the value of a field in conditions, orders and indexes.
inline std::string typed_expression(const std::string& document, const FieldPlace& field) {
    const std::string value = value_expression(document, field);
    return field.kind == ValueKind::text ? "(" + value + " COLLATE \"C\")" : value;
}

/// A JSON value of a field's kind as SQL.
inline std::string typed_literal(const nlohmann::json& value, ValueKind kind) {
    switch (kind) {
        case ValueKind::number:
            return quote_literal(canonical_json(value)) + "::numeric";
        case ValueKind::text:
            return quote_literal(value.get_ref<const std::string&>()) + "::text";
        case ValueKind::boolean:
            return value.get<bool>() ? "TRUE" : "FALSE";
    }
    return "NULL";
}

/// A condition as SQL, which is true of the documents of which `matches` is.
inline std::string condition(const std::string& document, const FilterNode& filter) {
    switch (filter.kind) {
        case FilterNode::Kind::equal:
            return "(" + typed_expression(document, filter.field) + " = " +
                   typed_literal(filter.literal, filter.field.kind) + ")";
        case FilterNode::Kind::is_null:
            return "(" + typed_expression(document, filter.field) + " IS NULL)";
        case FilterNode::Kind::all_of: {
            std::string sql = "(TRUE";
            for (const FilterPointer& part : filter.parts) sql += " AND " + condition(document, *part);
            return sql + ")";
        }
    }
    return "TRUE";
}

/// Whether a condition holds for everything.
inline bool is_everything(const FilterNode& filter) noexcept {
    return filter.kind == FilterNode::Kind::all_of && filter.parts.empty();
}

}  // namespace gridone::storage::inline v0::detail

#endif
