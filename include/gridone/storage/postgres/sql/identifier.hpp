// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_IDENTIFIER_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_IDENTIFIER_HPP

#include <gridone/storage/query/table_names.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A name as SQL takes it literally: in double quotes, those within doubled. The name is one that `check_identifier`
/// accepted.
inline std::string quote_identifier(std::string_view name) {
    std::string sql = "\"";
    for (const char c : name) {
        if (c == '"') sql += '"';
        sql += c;
    }
    return sql += '"';
}

/// The table with its schema, so that no search_path decides which table is meant.
inline std::string qualified_name(const TableNames& names) {
    return quote_identifier(names.schema_name) + "." + quote_identifier(names.table_name);
}

}  // namespace gridone::storage::inline v0::detail

#endif
