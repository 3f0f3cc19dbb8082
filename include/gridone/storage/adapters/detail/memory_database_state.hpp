// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_MEMORY_DATABASE_STATE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_MEMORY_DATABASE_STATE_HPP

#include <gridone/storage/adapters/detail/database_state.hpp>
#include <gridone/storage/adapters/detail/held_store.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/memory/detail/memory_store.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Storages in memory.
class MemoryDatabaseState final : public DatabaseState {
public:
    explicit MemoryDatabaseState(const MemoryDatabase& database) : database_{database} {}

    std::shared_ptr<const AnyStore> store(const TableNames& names, const TableRules& rules,
                                          const JsonLimits& limits) override {
        return std::make_shared<const HeldStore<MemoryStore>>(
            MemoryStore{MemoryDatabaseAccess::state(database_), names, rules, limits});
    }
    void ensure_schema(const SchemaOptions&) const override {
        MemoryDatabaseAccess::state(database_)->read({.operation = "ensure_schema"}, [] {});
    }
    [[nodiscard]] std::vector<SchemaDifference> verify_schema() const override {
        MemoryDatabaseAccess::state(database_)->read({.operation = "verify_schema"}, [] {});
        return {};
    }

    void transaction(const TransactionOptions& options, const std::function<void(Transaction&)>& body) override {
        database_.transaction(options, body);
    }
    void check() const override { database_.check(); }
    void close() noexcept override { database_.close(); }
    PostgresConnectionManager& manager() override {
        throw UsageError{ErrorInfo{.reason = "a database in memory has no connections", .operation = "manager"}};
    }

private:
    MemoryDatabase database_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
