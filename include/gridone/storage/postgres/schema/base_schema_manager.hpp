// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_BASE_SCHEMA_MANAGER_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_BASE_SCHEMA_MANAGER_HPP

#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/schema/detail/apply_schema.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>
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

    // A move copies: what was moved from stays usable.
    BaseSchemaManager(const BaseSchemaManager&) = default;
    BaseSchemaManager& operator=(const BaseSchemaManager&) = default;
    virtual ~BaseSchemaManager() = default;

    /// Runs all statements in one transaction: all of them take effect or none. Services that start at the same time
    /// take turns, under an advisory lock of the database that ends with the transaction; `IF NOT EXISTS` alone does
    /// not keep them from colliding. Needs statements that can be run again. An empty list is fine and sends nothing.
    ///
    /// Of tables, what is missing is made, in place. What exists and differs (another column type, another index of that
    /// name, no key) is named and refused, as `verify_schema` lists it. A role that may not make temporary tables does not
    /// compare.
    ///
    /// Locks on a table that exists, held until the transaction ends (PostgreSQL's documentation, "Explicit Locking"):
    ///
    /// | What is missing | Lock | Blocks |
    /// | --- | --- | --- |
    /// | a column of a field, a foreign key or revisions | ACCESS EXCLUSIVE while the table is rewritten | everyone |
    /// | the columns of times | ACCESS EXCLUSIVE, for a moment | everyone |
    /// | an index or unique constraint | SHARE while it is built | writers |
    /// | the same with `concurrent_indexes` | SHARE UPDATE EXCLUSIVE, outside of the transaction | other DDL |
    /// | the constraint of a foreign key | SHARE ROW EXCLUSIVE on both tables while documents are checked | writers |
    /// | a trigger | SHARE ROW EXCLUSIVE, for a moment | writers |
    ///
    /// Where nothing is missing, nothing is locked. If a statement waits for a lock longer than `lock_timeout`, the
    /// transaction is rolled back and runs again after a pause, until the deadline.
    ///
    /// @throws SchemaError  a table differs; or a statement failed: the message names its position and what it makes,
    ///                      `sqlstate()` and `details()` the cause.
    ///                      Nothing of the list is applied, unless a statement of it ended the transaction itself
    ///                      (COMMIT), which is an error as well. With `concurrent_indexes`, an index that cannot be built:
    ///                      the rest is applied, and another call continues.
    /// @throws TransientError  a lock was not free, or the server was out of resources, until the deadline; nothing was
    ///                      applied.
    /// @throws DeadlineExceededError, CancelledError  a statement ran into a time limit, or was cancelled on the server.
    /// @throws OutcomeUnknownError  the connection was lost at the commit; running it again is safe.
    void ensure_schema(const SchemaOptions& options = {}) const {
        detail::apply_schema(*state_, schema_statements(), tables(), options);
    }

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
