// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_TABLE_NAMES_HPP
#define GRIDONE_STORAGE_QUERY_TABLE_NAMES_HPP

#include <string>

namespace gridone::storage::inline v0 {

/// Where a table is and what its two columns are called. Taken exactly as given: upper case stays upper case.
struct TableNames {
    std::string table_name = {};
    std::string schema_name = "public";
    std::string id_column = "id";
    std::string data_column = "data";

    friend bool operator==(const TableNames&, const TableNames&) = default;
};

}  // namespace gridone::storage::inline v0

#endif
