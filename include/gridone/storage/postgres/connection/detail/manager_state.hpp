// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_MANAGER_STATE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_MANAGER_STATE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/id_column.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/postgres_transaction.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/statement_run.hpp>
#include <gridone/storage/postgres/connection/detail/stop_signal.hpp>
#include <gridone/storage/postgres/connection/detail/transaction_run.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What a manager and the storages made with it share, so that either may be destroyed first.
class ManagerState {
public:
    ManagerState(std::string dsn, PoolOptions options)
        : dsn_{std::move(dsn)}, options_{std::move(options)}, pool_{std::make_shared<ConnectionPool>(dsn_, options_)} {}

    explicit ManagerState(std::shared_ptr<ConnectionPool> pool) : foreign_{true}, pool_{std::move(pool)} {
        if (!pool_) throw UsageError{ErrorInfo{.reason = "PostgresConnectionManager was given no pool"}};
    }

    /// The pool; a new one after `close`.
    std::shared_ptr<ConnectionPool> open_pool() {
        const std::lock_guard lock{mutex_};
        if (closed_ && !foreign_) pool_ = std::make_shared<ConnectionPool>(dsn_, options_);
        closed_ = false;
        return pool_;
    }

    /// The pool, be it closed.
    std::shared_ptr<ConnectionPool> last_pool() const {
        const std::lock_guard lock{mutex_};
        return pool_;
    }

    /// @returns how many connections were cut off
    std::size_t close(bool foreign_pool_too, std::optional<std::chrono::milliseconds> drain) noexcept {
        std::shared_ptr<ConnectionPool> pool;
        {
            const std::lock_guard lock{mutex_};
            closed_ = true;
            if (!foreign_ || foreign_pool_too) pool = pool_;
        }
        if (pool && drain) return pool->close(*drain);
        if (pool) pool->close();
        return 0;
    }

    /// Runs `f(pool, until)`; the time of the call begins.
    template <class F>
    auto with_pool(const CallSite& site, F&& f) {
        const std::shared_ptr<ConnectionPool> pool = pool_in_use(site);
        const Deadline deadline =
            site.deadline == Deadline::max() ? deadline_after(pool->options().operation_timeout) : site.deadline;
        try {
            const StopSignal stop{site.stop};
            return f(*pool, Until{deadline, stop.descriptor()});
        } catch (const Failure& failure) {
            throw_public_error(failure, site, Effect::reads);
        } catch (const OutcomeUnknownError&) {
            pool->watch_.count_unknown_raised();
            throw;
        }
    }

    /// Runs `f(lease, until)` once; a failure in it becomes the public error of this call. `f` may change `effect` while
    /// it runs.
    template <class F>
    auto with_lease(const CallSite& site, const Effect& effect, F&& f) {
        return with_pool(site, [&](ConnectionPool& pool, const Until& until) {
            try {
                Lease lease = pool.acquire(until, site);
                return f(lease, until);
            } catch (const Failure& failure) {
                throw_public_error(failure, site, effect);
            }
        });
    }

    /// The rows of one statement, in the call's transaction or on its own. Where the reply to a write was lost and it is
    /// proven that it was applied, the row of its evidence.
    /// @param lost  what became of it is open already
    /// @param ids   the id column of its table, which is looked at before
    Result run(const Statement& statement, const Parameters& values, const CallSite& site,
               const LostReply* lost = nullptr, IdColumn* ids = nullptr) {
        if (site.transaction != nullptr) {
            auto& transaction = PostgresTransaction::of(site, this, statement.effect);
            if (ids != nullptr) transaction.expect_exact_ids(*ids, site);
            return transaction.run(statement, values, site);
        }
        return with_pool(site, [&](ConnectionPool& pool, const Until& until) {
            return StatementRun{pool, statement, values, site, until, ids}.run(lost);
        });
    }

    /// Runs the body in a transaction, and then what it left to be run after the commit.
    void transaction(CallSite site, const TransactionOptions& options, const std::function<void(Transaction&)>& body) {
        if (options.deadline) site.deadline = std::min(site.deadline, set_deadline_after(*options.deadline));
        const auto on_commit = with_pool(site, [&](ConnectionPool& pool, const Until& until) {
            return TransactionRun{pool, this, site, options, until}.run(body);
        });
        for (const std::function<void()>& f : on_commit) f();
    }

    /// A call begins that another thread may make for it: gives it a deadline, if it has none. @returns how long it may
    /// wait for its turn. @throws UsageError  this thread holds a connection, so it could wait for itself.
    Deadline begin_to_wait(CallSite& site) const {
        const std::shared_ptr<ConnectionPool> pool = last_pool();
        pool->refuse_nested(site);
        const auto now = Clock::now();
        if (site.deadline == Deadline::max()) site.deadline = deadline_after(pool->options().operation_timeout, now);
        return deadline_after(pool->options().acquire_timeout, now);
    }

    /// What a call did with a connection that has gone on to another. @pre  the thread holds none
    void tell_lease(const CallSite& site, const LeaseReport& report) const noexcept {
        last_pool()->watch_.tell_lease(site, report);
    }

    /// The id column of a table, the same one for all its storages.
    std::shared_ptr<IdColumn> id_column(const TableNames& names) {
        const std::lock_guard lock{mutex_};
        std::shared_ptr<IdColumn>& column = id_columns_[{names.schema_name, names.table_name, names.id_column}];
        if (!column) column = std::make_shared<IdColumn>(names.schema_name, names.table_name, names.id_column);
        return column;
    }

    /// Of a call that begins now.
    [[nodiscard]] Deadline deadline() const { return deadline_after(last_pool()->options().operation_timeout); }

private:
    std::shared_ptr<ConnectionPool> pool_in_use(const CallSite& site) const {
        const std::lock_guard lock{mutex_};
        if (closed_) throw PoolClosedError{site.because("the connection manager is closed")};
        return pool_;
    }

    std::string dsn_;
    PoolOptions options_;
    bool foreign_ = false;
    mutable std::mutex mutex_;
    std::shared_ptr<ConnectionPool> pool_;
    bool closed_ = false;
    std::map<std::array<std::string, 3>, std::shared_ptr<IdColumn>> id_columns_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
