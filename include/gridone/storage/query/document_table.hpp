// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP
#define GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP

#include <gridone/storage/core/identifier.hpp>
#include <gridone/storage/core/json/json_limits.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// Where a table is and what its two columns are called. Taken exactly as given: upper case stays upper case.
struct TableNames {
    std::string table_name = {};
    std::string schema_name = "public";
    std::string id_column = "id";
    std::string data_column = "data";

    friend bool operator==(const TableNames&, const TableNames&) = default;
};

/// The description of a table of `M` documents: a plain value that a backend, its memory twin and a schema manager
/// share.
template <class M>
class DocumentTable {
public:
    /// @throws InvalidInputError  for a name that PostgreSQL could not keep as it is; see `check_identifier`.
    explicit DocumentTable(TableNames names) : names_{std::move(names)} {
        check_identifier(names_.table_name, "table name");
        check_identifier(names_.schema_name, "schema name");
        check_identifier(names_.id_column, "id column");
        check_identifier(names_.data_column, "data column");
        if (names_.id_column == names_.data_column) {
            throw InvalidInputError{"the id column and the data column have the same name"};
        }
    }

    [[nodiscard]] const TableNames& names() const noexcept { return names_; }
    [[nodiscard]] const JsonLimits& limits() const noexcept { return limits_; }

    /// The same table with other limits on its documents.
    [[nodiscard]] DocumentTable with_limits(JsonLimits limits) const {
        DocumentTable copy = *this;
        copy.limits_ = limits;
        return copy;
    }

private:
    TableNames names_;
    JsonLimits limits_;
};

/// A table `(id text PRIMARY KEY, data jsonb NOT NULL)` in the schema `public`.
template <class M>
[[nodiscard]] DocumentTable<M> document_table(std::string_view table_name) {
    return DocumentTable<M>{TableNames{.table_name = std::string{table_name}}};
}

/// The same with names of your own: `document_table<Device>({.table_name = "devices", .schema_name = "plant"})`.
template <class M>
[[nodiscard]] DocumentTable<M> document_table(TableNames names) {
    return DocumentTable<M>{std::move(names)};
}

}  // namespace gridone::storage::inline v0

#endif
