// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP

#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/time_expression.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <span>
#include <string>
#include <string_view>

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
    const auto of_type = [&](std::string_view type, const std::string& value) {
        return "(CASE WHEN jsonb_typeof" + stored + " = '" + std::string{type} + "' THEN " + value + " END)";
    };
    switch (field.kind) {
        case ValueKind::number:
            return of_type("number", text + "::numeric");
        case ValueKind::text:
            return of_type("string", text);
        case ValueKind::boolean:
            return of_type("boolean", text + "::boolean");
        case ValueKind::time:
            return of_type("string", time_expression(text));
        case ValueKind::array:
            return of_type("array", stored);
        case ValueKind::object:
            return of_type("object", stored);
        case ValueKind::any:
            return "nullif(" + stored + ", 'null')";
    }
    return "NULL";
}

/// The one expression for the value of a field in conditions, orders and indexes.
inline std::string typed_expression(const std::string& document, const FieldPlace& field) {
    const std::string value = value_expression(document, field);
    return field.kind == ValueKind::text ? "(" + value + " COLLATE \"C\")" : value;
}

}  // namespace gridone::storage::inline v0::detail

#endif
