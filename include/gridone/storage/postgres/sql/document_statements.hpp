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
        find = {"SELECT " + data + " FROM " + table + by_id, {text}, Effect::reads};
        put = {insert_or + "UPDATE SET " + data + " = EXCLUDED." + data, {text, jsonb}, Effect::writes};
        insert = {insert_or + "NOTHING", {text, jsonb}, Effect::writes};
        replace = {"UPDATE " + table + " SET " + data + " = $2" + by_id, {text, jsonb}, Effect::writes};
        remove = {"DELETE FROM " + table + by_id, {text}, Effect::writes};
        contains = {"SELECT 1 FROM " + table + by_id, {text}, Effect::reads};
        rows = {"SELECT " + id + ", " + data + " FROM " + table + in_order, {}, Effect::reads};
        ids = {"SELECT " + id + " FROM " + table + in_order, {}, Effect::reads};
        count = {"SELECT count(*) FROM " + table, {}, Effect::reads};
        clear = {"DELETE FROM " + table, {}, Effect::writes};
    }

    Statement find, put, insert, replace, remove, contains, rows, ids, count, clear;
};

}  // namespace gridone::storage::inline v0::detail

#endif
