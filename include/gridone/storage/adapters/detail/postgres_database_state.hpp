// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_POSTGRES_DATABASE_STATE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_POSTGRES_DATABASE_STATE_HPP

#include <gridone/storage/adapters/detail/database_state.hpp>
#include <gridone/storage/adapters/detail/held_store.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/detail/postgres_store.hpp>
#include <gridone/storage/postgres/schema/detail/apply_schema.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/detail/table_ddl.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Storages on a server, and the descriptions of their tables.
class PostgresDatabaseState final : public DatabaseState {
public:
    explicit PostgresDatabaseState(std::shared_ptr<PostgresConnectionManager> manager) : manager_{std::move(manager)} {}

    std::shared_ptr<const AnyStore> store(const TableNames& names, const TableRules& rules,
                                          const JsonLimits& limits) override {
        remember(names, rules);
        return std::make_shared<const HeldStore<PostgresStore>>(
            PostgresStore{ManagerAccess::state(*manager_), names, rules, limits}, manager_);
    }

    /// All tables come before all rules, so a table can refer to one that was asked for after it.
    void ensure_schema(const SchemaOptions& options) const override {
        std::vector<std::string> statements;
        std::vector<std::string> rules;
        const std::vector<DescribedTable> described = tables();
        for (const DescribedTable& table : described) {
            TableDdl ddl{table.names, table.rules};
            for (std::string& statement : ddl.table()) statements.push_back(std::move(statement));
            for (std::string& statement : ddl.rules()) rules.push_back(std::move(statement));
        }
        statements.insert(statements.end(), rules.begin(), rules.end());
        apply_schema(*ManagerAccess::state(*manager_), statements, described, options);
    }
    [[nodiscard]] std::vector<SchemaDifference> verify_schema() const override {
        return detail::verify_schema(*ManagerAccess::state(*manager_), tables());
    }

    void transaction(const TransactionOptions& options, const std::function<void(Transaction&)>& body) override {
        manager_->transaction(options, body);
    }
    void check() const override { manager_->check(); }
    void close() noexcept override { manager_->close(); }
    PostgresConnectionManager& manager() override { return *manager_; }

private:
    /// A copy: storages are asked for without waiting for the server.
    [[nodiscard]] std::vector<DescribedTable> tables() const {
        const std::lock_guard lock{mutex_};
        std::vector<DescribedTable> tables;
        tables.reserve(tables_.size());
        for (const auto& [key, table] : tables_) tables.push_back(table);
        return tables;
    }

    void remember(const TableNames& names, const TableRules& rules) {
        const std::lock_guard lock{mutex_};
        const auto [known, is_new] =
            tables_.try_emplace({names.schema_name, names.table_name}, DescribedTable{.names = names, .rules = rules});
        if (!is_new && (known->second.names != names || known->second.rules != rules)) refuse_other_description(names);
    }

    std::shared_ptr<PostgresConnectionManager> manager_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, DescribedTable> tables_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
