// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_BASE_SCHEMA_MANAGER_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_BASE_SCHEMA_MANAGER_HPP

#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/schema/detail/apply_schema.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_part.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// Runs a service's DDL, in order, when the service starts.
///
/// Made with its parts, `BaseSchemaManager{manager, {document_table<Device>("devices"), "CREATE INDEX …"}}`, or derived
/// from with an own `schema_statements()`.
class BaseSchemaManager {
public:
    explicit BaseSchemaManager(const PostgresConnectionManager& manager, std::vector<SchemaPart> parts = {})
        : state_{detail::ManagerAccess::state(manager)}, parts_{std::move(parts)} {}
    BaseSchemaManager(const BaseSchemaManager&) = default;
    BaseSchemaManager& operator=(const BaseSchemaManager&) = default;
    BaseSchemaManager(BaseSchemaManager&&) = default;
    BaseSchemaManager& operator=(BaseSchemaManager&&) = default;
    virtual ~BaseSchemaManager() = default;

    /// Runs all statements in one transaction: all of them take effect or none. Services that start at the same time
    /// take turns, under an advisory lock of the database that ends with the transaction; `IF NOT EXISTS` alone does
    /// not keep them from colliding. Needs statements that can be run again. An empty list is fine and sends nothing.
    ///
    /// Of tables, what is missing is made, in place: an index holds up writers while it is built, a column of a field all
    /// others while the table is rewritten, so on a large table both are for a `Migrator`. What is there and is something
    /// else (another column type, another index of that name, no key) is named and refused, as `verify_schema` tells it.
    /// A role that may make no temporary tables does not compare.
    ///
    /// @throws SchemaError  a table differs; or a statement failed: the message names its position, `sqlstate()` and
    ///                      `details()` the cause.
    ///                      Nothing of the list is applied, unless a statement of it ended the transaction itself
    ///                      (COMMIT), which is an error as well.
    /// @throws OutcomeUnknownError  the connection was lost at the commit; running it again is safe.
    /// @note   The time limit is the pool's `operation_timeout`, waiting for the turn included.
    void ensure_schema() const { detail::apply_schema(*state_, schema_statements(), tables()); }

    /// In what the tables of the list differ from the database: what is missing, invalid, or something else. Changes
    /// nothing, and waits only for who lets nobody read (ALTER TABLE, VACUUM FULL). PostgreSQL is let write both sides, so
    /// the role needs the right to make temporary tables, and a standby cannot be asked.
    /// @throws PermissionError  without that right.
    [[nodiscard]] std::vector<SchemaDifference> verify_schema() const {
        return detail::verify_schema(*state_, tables());
    }

    /// The DDL, in order. A statement may hold several commands; it may not end the transaction.
    [[nodiscard]] virtual std::vector<std::string> schema_statements() const {
        std::vector<std::string> statements;
        for (const SchemaPart& part : parts_) {
            statements.insert(statements.end(), part.statements().begin(), part.statements().end());
        }
        return statements;
    }

private:
    [[nodiscard]] std::vector<detail::DescribedTable> tables() const {
        std::vector<detail::DescribedTable> tables;
        for (const SchemaPart& part : parts_) tables.insert(tables.end(), part.tables().begin(), part.tables().end());
        return tables;
    }

    std::shared_ptr<detail::ManagerState> state_;
    std::vector<SchemaPart> parts_;
};

}  // namespace gridone::storage::inline v0

#endif
