// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_CONDITION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_CONDITION_HPP

#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/sql_values.hpp>
#include <gridone/storage/postgres/sql/typed_expression.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What conditions are about, as SQL.
struct DocumentExpressions {
    /// @param table  the table's columns are qualified so: with a point at its end
    static DocumentExpressions of_columns(const TableNames& names, const TableRules& rules, const std::string& table) {
        DocumentExpressions stored{.document = table + quote_identifier(names.data_column),
                                   .id = table + quote_identifier(names.id_column)};
        for (const auto& [field, name] : rules.columns)
            stored.columns.push_back({field, table + quote_identifier(name)});
        if (rules.timestamps) {
            stored.created_at = table + quote_identifier(rules.timestamps->created_at);
            stored.updated_at = table + quote_identifier(rules.timestamps->updated_at);
        }
        return stored;
    }

    /// The column that has the value of a field; null, where it has none.
    [[nodiscard]] const std::string* column_of(const FieldPlace& field) const {
        const auto column = std::ranges::find(columns, field, &FieldColumn::field);
        return column == columns.end() ? nullptr : &column->name;
    }

    std::string document;
    std::string id = {};
    std::string version = {};
    std::string created_at = {};
    std::string updated_at = {};
    std::vector<FieldColumn> columns = {};  ///< What has the value of a field of the document.
};

/// The value of a field, wherever it comes from.
inline std::string value_of(const DocumentExpressions& of, const FieldPlace& field) {
    switch (field.source) {
        case FieldSource::id:
            return "(" + of.id + " COLLATE \"C\")";
        case FieldSource::version:
            return "(" + of.version + ")::numeric";
        case FieldSource::created_at:
            return "(" + of.created_at + " AT TIME ZONE 'UTC')";
        case FieldSource::updated_at:
            return "(" + of.updated_at + " AT TIME ZONE 'UTC')";
        case FieldSource::document:
            break;
    }
    const std::string* const column = of.column_of(field);
    return column != nullptr ? *column : typed_expression(of.document, field);
}

/// The least text that is greater than all that begin so; nothing where there is none.
inline std::optional<std::string> behind_prefix(std::string prefix) {
    while (!prefix.empty()) {
        std::size_t start = prefix.size() - 1;
        while (start > 0 && (static_cast<unsigned char>(prefix[start]) & 0xC0U) == 0x80U) --start;
        char32_t point = static_cast<unsigned char>(prefix[start]);
        const std::size_t length = prefix.size() - start;
        if (length > 1) point &= 0x7FU >> length;
        for (std::size_t at = start + 1; at < prefix.size(); ++at) {
            point = point << 6U | (static_cast<unsigned char>(prefix[at]) & 0x3FU);
        }
        prefix.resize(start);
        if (point == 0x10FFFF) continue;
        point = point == 0xD7FF ? 0xE000 : point + 1;
        const auto add = [&](char32_t bits) { prefix += static_cast<char>(bits); };
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xC0U | point >> 6U);
        } else if (point < 0x10000) {
            add(0xE0U | point >> 12U);
        } else {
            add(0xF0U | point >> 18U);
        }
        if (point >= 0x10000) add(0x80U | (point >> 12U & 0x3FU));
        if (point >= 0x800) add(0x80U | (point >> 6U & 0x3FU));
        if (point >= 0x80) add(0x80U | (point & 0x3FU));
        return prefix;
    }
    return std::nullopt;
}

/// Conditions as SQL, each true of the documents of which `matches` is; where `matches` is false, false or NULL.
class Conditions {
public:
    explicit Conditions(SqlValues& values) : values_{values} {}

    std::string of(const DocumentExpressions& stored, const FilterNode& filter) {
        return negatable(stored, filter, false);
    }

private:
    /// The condition, or what is true where it is not.
    std::string negatable(const DocumentExpressions& of, const FilterNode& filter, bool negated) {
        switch (filter.kind) {
            case FilterNode::Kind::negation:
                return negatable(of, *filter.parts.front(), !negated);
            case FilterNode::Kind::all_of:
            case FilterNode::Kind::any_of: {
                const bool all = (filter.kind == FilterNode::Kind::all_of) != negated;
                if (filter.parts.empty()) return all ? "TRUE" : "FALSE";
                std::string sql;
                for (const FilterPointer& part : filter.parts) {
                    sql += (sql.empty() ? "(" : all ? " AND " : " OR ") + negatable(of, *part, negated);
                }
                return sql + ")";
            }
            case FilterNode::Kind::is_null:
                return "(" + value_of(of, filter.field) + (negated ? " IS NOT NULL)" : " IS NULL)");
            case FilterNode::Kind::compare:
            case FilterNode::Kind::in:
            case FilterNode::Kind::starts_with:
            case FilterNode::Kind::contains:
            case FilterNode::Kind::has_element:
            case FilterNode::Kind::has_key:
            case FilterNode::Kind::has_value:
            case FilterNode::Kind::any_element:
            case FilterNode::Kind::any_value:
                break;
        }
        return negated ? "((" + leaf(of, filter) + ") IS NOT TRUE)" : "(" + leaf(of, filter) + ")";
    }

    std::string leaf(const DocumentExpressions& of, const FilterNode& filter) {
        const std::string value = value_of(of, filter.field);
        switch (filter.kind) {
            case FilterNode::Kind::compare:
                return std::string{value}.append(sign(filter.comparison)) +
                       (filter.other ? value_of(of, *filter.other) : values_.scalar(filter.literal, filter.field.kind));
            case FilterNode::Kind::in:
                return value + " = ANY (" + values_.list(filter.literal, filter.field.kind) + ")";
            case FilterNode::Kind::starts_with: {
                const auto& prefix = filter.literal.get_ref<const std::string&>();
                std::string sql = value + " >= " + values_.text(prefix);
                if (auto end = behind_prefix(prefix)) sql += " AND " + value + " < " + values_.text(*std::move(end));
                return sql;
            }
            case FilterNode::Kind::contains:
                return "strpos(" + value + ", " + values_.text(filter.literal.get<std::string>()) + ") > 0";
            case FilterNode::Kind::has_key:
                return value + " ? " + values_.text(filter.literal.get<std::string>());
            case FilterNode::Kind::has_element:
                return value + " @> " + values_.json(nlohmann::json::array({filter.literal}));
            case FilterNode::Kind::has_value: {
                const std::string held = next_name();
                return "EXISTS (SELECT 1 FROM jsonb_each(" + value + ") AS " + held + " (key, held) WHERE " + held +
                       ".held = " + values_.json(filter.literal) + ")";
            }
            case FilterNode::Kind::any_element:
            case FilterNode::Kind::any_value: {
                const std::string held = next_name();
                const bool elements = filter.kind == FilterNode::Kind::any_element;
                const std::string all = elements ? "jsonb_array_elements(" + value + ") AS " + held + " (held)"
                                                 : "jsonb_each(" + value + ") AS " + held + " (key, held)";
                return "EXISTS (SELECT 1 FROM " + all + " WHERE " +
                       this->of(in_element(of, held + ".held"), *filter.parts.front()) + ")";
            }
            case FilterNode::Kind::is_null:
            case FilterNode::Kind::all_of:
            case FilterNode::Kind::any_of:
            case FilterNode::Kind::negation:
                break;  // `negatable` writes these
        }
        return "NULL";
    }

    static DocumentExpressions in_element(DocumentExpressions of, std::string element) {
        of.document = std::move(element);
        of.columns.clear();
        return of;
    }

    std::string next_name() { return "held_" + std::to_string(++names_); }

    static std::string_view sign(Comparison comparison) noexcept {
        switch (comparison) {
            case Comparison::equal:
                return " = ";
            case Comparison::not_equal:
                return " <> ";
            case Comparison::less:
                return " < ";
            case Comparison::less_equal:
                return " <= ";
            case Comparison::greater:
                return " > ";
            case Comparison::greater_equal:
                return " >= ";
        }
        return " = ";
    }

    SqlValues& values_;
    int names_ = 0;
};

/// A condition with its values in it, for DDL.
inline std::string condition(const DocumentExpressions& of, const FilterNode& filter) {
    SqlValues literals{SqlValues::As::literals};
    return Conditions{literals}.of(of, filter);
}

}  // namespace gridone::storage::inline v0::detail

#endif
