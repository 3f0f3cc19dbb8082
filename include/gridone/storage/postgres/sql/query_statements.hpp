// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_QUERY_STATEMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_QUERY_STATEMENTS_HPP

#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/condition.hpp>
#include <gridone/storage/postgres/sql/document_statements.hpp>
#include <gridone/storage/postgres/sql/sql_values.hpp>
#include <gridone/storage/postgres/sql/suppression_check.hpp>
#include <gridone/storage/postgres/sql/text_array.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A query as a statement, one each. Its values are parameters, so queries that differ in values alone have one text.
class QueryStatements {
public:
    QueryStatements(const DocumentStatements& table, SqlValues& values)
        : table_{table}, values_{values}, stored_{table.qualified} {}

    /// Id, document, or what of it is asked for, and version of each.
    Statement rows(const QuerySpec& spec) { return made(select_rows(spec, ""), table_.columns_of_row); }

    /// What the server tells of `rows`. @param run  and of how it went
    Statement plan(const QuerySpec& spec, bool run) {
        return made((run ? "EXPLAIN (ANALYZE, BUFFERS) " : "EXPLAIN ") + select_rows(spec, ""), 1);
    }

    /// The same, and with each how many the filter is true of.
    Statement counted_rows(const QuerySpec& spec) {
        return made(select_rows(spec, ", (" + select("count(*)") + where(*spec.where) + ")"),
                    table_.columns_of_row + 1);
    }

    /// The values of a field as JSON, and how often each is there.
    Statement groups(const FilterNode& filter, const FieldPlace& field) {
        const std::string value = value_of(stored_, field);
        const std::string json = field.kind == ValueKind::time     ? "to_jsonb(to_json(value) #>> '{}' || 'Z')"
                                 : field.kind == ValueKind::number ? "to_jsonb(trim_scale(value))"
                                                                   : "to_jsonb(value)";
        return made("SELECT " + json + ", documents FROM (SELECT " + value + " AS value, count(*) AS documents FROM " +
                        table_.table + where(filter) + " GROUP BY 1) AS grouped ORDER BY value",
                    2);
    }

    /// The exact sum of a field's numbers, NULL of none, and how many there are.
    Statement sum(const FilterNode& filter, const FieldPlace& field) {
        const std::string value = value_of(stored_, field);
        return made(select("sum(" + value + "), count(" + value + ")") + where(filter), 2);
    }

    Statement ids(const QuerySpec& spec) { return made(select(table_.id, spec), 1); }
    Statement count(const FilterNode& filter) { return made(select("count(*)") + where(filter), 1); }
    Statement any(const FilterNode& filter) { return made(select("1") + where(filter) + " LIMIT 1", 1); }

    /// The documents that a query is about, for a statement that writes them: SQL that selects their ids.
    struct Chosen {
        std::string seen;
        std::string locked;  ///< Locks them by id, so that two such statements do not lock each other out.
    };
    Chosen chosen(const QuerySpec& spec) {
        std::string seen = select(table_.id) + where(*spec.where);
        if (spec.limit || spec.offset != 0)
            seen += " AND " + table_.id + " = ANY (ARRAY(" + select(table_.id, spec) + "))";
        return {seen, seen + " ORDER BY " + table_.id + " COLLATE \"C\" FOR UPDATE"};
    }

    /// Gives the number of documents that it removed, and the id of one that a trigger or a policy kept.
    /// @param fails  whether it is to fail where one was kept
    Statement remove(const QuerySpec& spec, bool fails) {
        const Chosen rows = chosen(spec);
        return made(table_.removing_chosen(rows.locked, rows.seen, fails ? "TRUE" : "FALSE"), 3, Effect::writes);
    }

    /// Sets the documents to an expression where the condition holds of each. Fails with 22P02 where it does not hold of
    /// one, or a trigger or a policy kept one as it was.
    [[nodiscard]] static Statement change(const DocumentStatements& table, const std::string& expression,
                                          const std::string& condition, const Chosen& chosen) {
        const std::string times = table.timestamps.empty() ? "" : ", created, updated";
        return made("WITH chosen (id) AS MATERIALIZED (" + chosen.locked + "), written (id, data, version" + times +
                        ") AS (UPDATE " + table.table + " SET " + table.data + " = CASE WHEN " + condition + " THEN " +
                        expression + " ELSE ('refused: ' || " + table.id + ")::jsonb END" + table.next_revision() +
                        " WHERE " + table.id + " = ANY (ARRAY (SELECT id FROM chosen)) RETURNING " + table.id + ", " +
                        table.data + ", " + table.version + table.timestamps + ") SELECT * FROM written WHERE " +
                        SuppressionCheck::failing("(" + table.left_of_chosen("written", chosen.seen) + ")") +
                        " IS NOT TRUE",
                    table.columns_of_row, Effect::writes);
    }

private:
    [[nodiscard]] static Statement made(std::string sql, int columns, Effect effect = Effect::reads) {
        Statement statement{.sql = std::move(sql), .parameters = {}, .effect = effect};
        statement.columns = columns;
        statement.is_made_up = true;
        return statement;
    }

    [[nodiscard]] std::string select(std::string_view columns) const {
        return "SELECT " + std::string{columns} + " FROM " + table_.table;
    }

    std::string select(std::string_view columns, const QuerySpec& spec) {
        std::string sql = select(columns) + where(*spec.where);
        std::string_view before = " ORDER BY ";
        for (const OrderKey& key : spec.total_order()) {
            sql.append(before).append(value_of(stored_, key.field)).append(key.descending ? " DESC" : "");
            before = ", ";
        }
        if (spec.limit) sql += " LIMIT " + values_.number(*spec.limit);
        if (spec.offset != 0) sql += " OFFSET " + values_.number(spec.offset);
        return sql;
    }

    /// @param and_columns  what goes with each row besides
    std::string select_rows(const QuerySpec& spec, const std::string& and_columns) {
        if (!spec.after.is_null()) return select_behind(spec, and_columns);
        return select(
            table_.id + ", " + part_of(table_.data, spec) + ", " + table_.version + table_.timestamps + and_columns,
            spec);
    }

    /// What is asked for of a document. @param data  the column
    std::string part_of(const std::string& data, const QuerySpec& spec) {
        if (!spec.only_keys) return data;
        const std::string wanted =
            values_.put(ParameterType::text_array, std::string{text_array(*spec.only_keys).wire()}, "::text[]");
        return "CASE WHEN jsonb_typeof(" + data + ") = 'object' THEN (SELECT coalesce(" +
               "jsonb_object_agg(member.key, member.value), '{}') FROM jsonb_each(" + data +
               ") AS member WHERE member.key = ANY (" + wanted + ")) ELSE " + data + " END";
    }

    /// One branch for each way to come behind the position, so that an index on the order bounds each of them; one
    /// condition with OR would be a filter on the whole index.
    std::string select_behind(const QuerySpec& spec, const std::string& and_columns) {
        const bool with_times = !table_.timestamps.empty();
        const std::string columns =
            table_.id + " AS id, " + table_.data + " AS document, " + table_.version + " AS version" +
            (with_times ? ", " + table_.created + " AS created, " + table_.updated + " AS updated" : "");
        const std::vector<OrderKey> keys = spec.total_order();
        std::string by;
        std::string names;
        std::string values;
        for (std::size_t key = 0; key < keys.size(); ++key) {
            const std::string number = std::to_string(key + 1);
            const std::string value = value_of(stored_, keys[key].field);
            const std::string_view direction = keys[key].descending ? " DESC" : "";
            by.append(key == 0 ? " ORDER BY " : ", ").append(value).append(direction);
            names.append(key == 0 ? " ORDER BY key_" : ", key_").append(number).append(direction);
            values.append(", ").append(value).append(" AS key_").append(number);
        }
        const std::string limit = spec.limit ? " LIMIT " + values_.number(*spec.limit) : "";
        const std::string among = where(*spec.where);
        std::string branches;
        for (std::size_t last = keys.size(); last > 0; --last) {
            std::string equal;
            for (std::size_t key = 0; key + 1 < last; ++key) equal += " AND " + is_at(keys[key], spec.after[key]);
            for (const std::string& behind : behind_at(keys[last - 1], spec.after[last - 1])) {
                branches += branches.empty() ? "(" : " UNION ALL (";
                branches.append(select(columns + values)).append(among).append(equal);
                branches.append(" AND ").append(behind).append(by).append(limit).append(")");
            }
        }
        const std::string_view and_times = with_times ? ", created, updated" : "";
        return "SELECT id, " + part_of("document", spec) + ", version" + std::string{and_times} + and_columns +
               " FROM (" + branches + ") AS behind" + names + limit;
    }

    std::string is_at(const OrderKey& key, const nlohmann::json& position) {
        const std::string value = value_of(stored_, key.field);
        return position.is_null() ? value + " IS NULL" : value + " = " + values_.scalar(position, key.field.kind);
    }

    /// The conditions, apart from each other, for values that come behind this one. No value comes last in ascending
    /// order, and first in descending.
    std::vector<std::string> behind_at(const OrderKey& key, const nlohmann::json& position) {
        const std::string value = value_of(stored_, key.field);
        if (position.is_null()) {
            if (key.descending) return {value + " IS NOT NULL"};
            return {};
        }
        const std::string literal = values_.scalar(position, key.field.kind);
        if (key.descending) return {value + " < " + literal};
        if (key.field.source != FieldSource::document) return {value + " > " + literal};
        return {value + " > " + literal, value + " IS NULL"};
    }

    /// Of one statement the same each time, so that its values are parameters once.
    const std::string& where(const FilterNode& filter) {
        if (where_.empty()) where_ = " WHERE " + Conditions{values_}.of(stored_, filter);
        return where_;
    }

    const DocumentStatements& table_;
    SqlValues& values_;
    DocumentExpressions stored_;
    std::string where_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
