// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_TABLE_CONNECTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_TABLE_CONNECTIONS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/connection/detail/id_column.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/postgres_transaction.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The connections of a manager, for the statements on one table: before the first of them, the id column of the table is
/// looked at, on the same connection. Used as a pointer to a manager is.
class TableConnections {
public:
    TableConnections(std::shared_ptr<ManagerState> manager, const TableNames& names)
        : manager_{std::move(manager)}, id_column_{manager_->id_column(names)} {}

    const TableConnections* operator->() const noexcept { return this; }
    /// What storages of the same database have in common.
    [[nodiscard]] const ManagerState* get() const noexcept { return manager_.get(); }

    /// As of the manager. @throws SchemaError  the id column is not exact
    Result run(const Statement& statement, const Parameters& values, const CallSite& site,
               const LostReply* lost = nullptr) const {
        try {
            return manager_->run(statement, values, site, lost, id_column_.get());
        } catch (const SchemaError&) {
            id_column_->forget();
            throw;
        }
    }

    /// Looks at the id column, if nobody has: for what does not go through `run`.
    void expect_exact_ids(PostgresTransaction& transaction, const CallSite& site) const {
        transaction.expect_exact_ids(*id_column_, site);
    }

    /// As of the manager, once the id column was looked at.
    template <class F>
    auto with_lease(const CallSite& site, const Effect& effect, F&& f) const {
        return manager_->with_lease(site, effect, [&](Lease& lease, const Until& until) {
            id_column_->expect_exact(*lease, until, site);
            return f(lease, until);
        });
    }

    void transaction(const CallSite& site, const TransactionOptions& options,
                     const std::function<void(Transaction&)>& body) const {
        manager_->transaction(site, options, body);
    }
    Deadline begin_to_wait(CallSite& site) const { return manager_->begin_to_wait(site); }
    void tell_lease(const CallSite& site, const LeaseReport& report) const noexcept {
        manager_->tell_lease(site, report);
    }
    [[nodiscard]] Deadline deadline() const { return manager_->deadline(); }

private:
    std::shared_ptr<ManagerState> manager_;
    std::shared_ptr<IdColumn> id_column_;  // which storages of the same table share
};

}  // namespace gridone::storage::inline v0::detail

#endif
