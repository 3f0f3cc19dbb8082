// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_DOCUMENT_STATEMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_DOCUMENT_STATEMENTS_HPP

#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The statements of one table, written once. $1 is the id, $2 the document.
struct DocumentStatements {
    explicit DocumentStatements(const TableNames& names) {
        using enum ParameterType;
        const std::string table = qualified_name(names);
        const std::string id = quote_identifier(names.id_column);
        const std::string data = quote_identifier(names.data_column);
        const std::string by_id = " WHERE " + id + " = $1";
        const std::string in_order = " ORDER BY " + id + " COLLATE \"C\"";
        const std::string insert_or =
            "INSERT INTO " + table + " (" + id + ", " + data + ") VALUES ($1, $2) ON CONFLICT (" + id + ") DO ";
        const std::string progress = " RETURNING txid_snapshot_xmin(txid_current_snapshot()), txid_current()";
        const std::string row = " FROM " + table + by_id;
        const std::string same_content = "SELECT xmin, " + data + "::text = $2::text" + row;
        const auto write = [&](const std::string& sql, bool needs_absence = false) {
            return Statement{sql + progress, {text, jsonb}, Effect::writes, same_content, needs_absence};
        };
        find = {"SELECT " + data + row, {text}};
        put = write(insert_or + "UPDATE SET " + data + " = EXCLUDED." + data);
        insert = write(insert_or + "NOTHING", true);
        replace = write("UPDATE " + table + " SET " + data + " = $2" + by_id);
        remove = {"DELETE" + row + progress, {text}, Effect::writes, "SELECT xmin, false" + row};
        contains = {"SELECT 1" + row, {text}};
        rows = {"SELECT " + id + ", " + data + " FROM " + table + in_order, {}};
        ids = {"SELECT " + id + " FROM " + table + in_order, {}};
        count = {"SELECT count(*) FROM " + table, {}};
        clear = {"DELETE FROM " + table, {}, Effect::writes};
    }

    Statement find, put, insert, replace, remove, contains, rows, ids, count, clear;
};

}  // namespace gridone::storage::inline v0::detail

#endif
