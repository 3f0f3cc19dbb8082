// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_PART_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_PART_HPP

#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/detail/table_ddl.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// The DDL of a table, in the order in which it has to run. Where it has run already it changes nothing and holds up nobody. The id column
/// compares by bytes (COLLATE "C"), so that its index serves the order in which documents are listed. Rules become what the
/// server checks: unique indexes on expressions, foreign keys on columns that are generated from the documents. Where
/// documents break a rule already, its statement fails. A schema other than `public` is made where it is missing.
template <class M>
[[nodiscard]] std::vector<std::string> schema_statements(const DocumentTable<M>& table) {
    detail::TableDdl ddl{table.names(), table.rules()};
    std::vector<std::string> statements = ddl.table();
    for (std::string& rule : ddl.rules()) statements.push_back(std::move(rule));
    return statements;
}

/// What a schema is made of: a table's description, or an SQL statement of your own.
class SchemaPart {
public:
    template <class M>
    SchemaPart(const DocumentTable<M>& table)  // NOLINT(google-explicit-constructor): a list of parts mixes both
        : statements_{schema_statements(table)}, tables_{{table.names(), table.rules()}} {}
    SchemaPart(std::string statement)  // NOLINT(google-explicit-constructor)
        : statements_{std::move(statement)} {}
    SchemaPart(const char* statement)  // NOLINT(google-explicit-constructor)
        : statements_{std::string{statement}} {}

    [[nodiscard]] const std::vector<std::string>& statements() const noexcept { return statements_; }

    /// The table, if it is one, to be compared with what is there.
    [[nodiscard]] const std::vector<detail::DescribedTable>& tables() const noexcept { return tables_; }

private:
    std::vector<std::string> statements_;
    std::vector<detail::DescribedTable> tables_{};
};

}  // namespace gridone::storage::inline v0

#endif
