// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TYPED_EXPRESSION_HPP

#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/time_expression.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// What is stored under these keys, one after the other: NULL if there is nothing. Keys are never places in an array.
inline std::string member_of(std::string document, std::span<const std::string> keys) {
    for (const std::string& key : keys) document += "->" + quote_literal(key) + "::text";
    return "(" + document + ")";
}

/// The same as text, by one operator where it can be: `#>>` takes a key that looks like a number for a place in an array.
inline std::string text_of(const std::string& document, std::span<const std::string> keys) {
    if (keys.size() == 1) return "(" + document + "->>" + quote_literal(keys.front()) + "::text)";
    const auto is_place = [](const std::string& key) {
        return !key.empty() && std::string_view{"0123456789+- \t\n\v\f\r"}.find(key.front()) != std::string_view::npos;
    };
    if (std::ranges::any_of(keys, is_place)) return "(" + member_of(document, keys) + " #>> '{}')";
    std::string path;
    for (const std::string& key : keys) {
        path += path.empty() ? "{\"" : ",\"";
        for (const char c : key) path.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
        path += '"';
    }
    return "(" + document + " #>> " + (keys.empty() ? "'{}'" : quote_literal(path + "}")) + ")";
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
            return time_expression(text_of(document, field.keys));
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
