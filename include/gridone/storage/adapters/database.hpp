// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DATABASE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DATABASE_HPP

#include <gridone/storage/adapters/any_storage_backend.hpp>
#include <gridone/storage/adapters/detail/database_state.hpp>
#include <gridone/storage/adapters/detail/memory_database_state.hpp>
#include <gridone/storage/adapters/detail/postgres_database_state.hpp>
#include <gridone/storage/core/detail/body_result.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// A database, in memory or on a server: what a service is given, and makes its storages of. See `open_database`.
///
/// Copies are handles to the same one. It lasts until the last of them and the last of its storages are gone.
/// Thread-safe.
class Database {
public:
    explicit Database(const MemoryDatabase& database)
        : state_{std::make_shared<detail::MemoryDatabaseState>(database)} {}
    explicit Database(std::shared_ptr<PostgresConnectionManager> manager)
        : state_{std::make_shared<detail::PostgresDatabaseState>(std::move(manager))} {}

    // A move copies: what was moved from stays usable.
    Database(const Database&) = default;
    Database& operator=(const Database&) = default;
    ~Database() = default;

    /// The storage of the table that is described so. No I/O.
    /// @throws UsageError  it has been asked for this table under another description.
    template <class M>
    [[nodiscard]] AnyStorageBackend<M> storage(const DocumentTable<M>& table) const {
        return storage<void>(table);
    }

    /// The same with hooks, of a struct or of a class that derives from `AnyStorageBackend<M, Hooks>`, which it then
    /// gives: `db.storage<DeviceCodec>(table)`.
    template <class Hooks, class M>
    [[nodiscard]] auto storage(const DocumentTable<M>& table) const {
        using Plain = AnyStorageBackend<M, Hooks>;
        auto store = state_->store(table.names(), table.rules(), table.limits());
        if constexpr (std::derived_from<Hooks, Plain>) {
            return Hooks{table, std::move(store)};
        } else {
            return Plain{table, std::move(store)};
        }
    }

    /// Makes the tables that it has been asked for, with their schemas and rules, where they are missing: all or none.
    /// As `BaseSchemaManager::ensure_schema`; tables may refer to each other, whichever was asked for first. In memory
    /// there is nothing to make.
    /// @throws SchemaError, PermissionError, OutcomeUnknownError  as there.
    void ensure_schema(const SchemaOptions& options = {}) const { state_->ensure_schema(options); }

    /// In what the database differs from the descriptions of those tables, as `BaseSchemaManager::verify_schema`; in
    /// memory nothing does.
    [[nodiscard]] std::vector<SchemaDifference> verify_schema() const { return state_->verify_schema(); }

    /// Runs `f(Transaction&)` in one transaction over any of its storages and gives what it gives, as
    /// `storage.transaction(f)`.
    template <class F>
    auto transaction(const TransactionOptions& options, F&& f) const {
        return detail::body_result<Transaction>(f, [&](auto&& body) { state_->transaction(options, body); });
    }
    template <class F>
    auto transaction(F&& f) const {
        return transaction(TransactionOptions{}, std::forward<F>(f));
    }

    /// Connects if there is no connection yet, and asks for an answer.
    /// @throws ConnectionError, AcquireTimeoutError  it cannot be reached.
    /// @throws PoolClosedError                       it is closed.
    void check() const { state_->check(); }

    /// Ends its use, for all handles: storages get `PoolClosedError`. Closing again does nothing.
    void close() const noexcept { state_->close(); }

    /// The connections, for statistics and for what the library does not do. @throws UsageError  in memory.
    [[nodiscard]] PostgresConnectionManager& manager() const { return state_->manager(); }

private:
    std::shared_ptr<detail::DatabaseState> state_;
};

}  // namespace gridone::storage::inline v0

#endif
