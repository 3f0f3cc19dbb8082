// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_DATABASE_STATE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_DATABASE_STATE_HPP

#include <gridone/storage/adapters/detail/any_store.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace gridone::storage::inline v0 {

class PostgresConnectionManager;

namespace detail {

/// What is behind a `Database`.
class DatabaseState {
public:
    DatabaseState() = default;
    DatabaseState(const DatabaseState&) = delete;
    DatabaseState& operator=(const DatabaseState&) = delete;
    DatabaseState(DatabaseState&&) = delete;
    DatabaseState& operator=(DatabaseState&&) = delete;
    virtual ~DatabaseState() = default;

    /// @throws UsageError  it has been asked for this table under another description.
    [[nodiscard]] virtual std::shared_ptr<const AnyStore> store(const TableNames& names, const TableRules& rules,
                                                                const JsonLimits& limits) = 0;
    virtual void ensure_schema(const SchemaOptions& options) const = 0;
    [[nodiscard]] virtual std::vector<SchemaDifference> verify_schema() const = 0;
    virtual void transaction(const TransactionOptions& options, const std::function<void(Transaction&)>& body) = 0;
    virtual void check() const = 0;
    virtual void close() noexcept = 0;

    /// @throws UsageError  in memory.
    [[nodiscard]] virtual PostgresConnectionManager& manager() = 0;
};

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
