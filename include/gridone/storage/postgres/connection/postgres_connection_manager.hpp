// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_POSTGRES_CONNECTION_MANAGER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_POSTGRES_CONNECTION_MANAGER_HPP

#include <gridone/storage/core/detail/body_result.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/pool_stats.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {
struct ManagerAccess;
}

/// What `PostgresConnectionManager::close` closes.
struct CloseOptions {
    /// Also closes a pool that the manager was given instead of making it.
    bool foreign_pool = false;

    /// How long to wait for the connections in use. Those that have not come back by then are cut off, which ends their
    /// statements as a lost connection does. Nothing: does not wait; connections in use finish what they are doing and
    /// are closed when they come back.
    std::optional<std::chrono::milliseconds> drain = std::nullopt;
};

/// Gives the storages of one database their connections.
///
/// A storage may outlive its manager: it then gets `PoolClosedError`. Thread-safe.
class PostgresConnectionManager {
public:
    /// Does no I/O: the first call on a storage connects, or `check()`.
    /// @param dsn  a postgresql:// URI or key=value pairs, as libpq reads them; several hosts are tried in turn.
    /// @throws InvalidInputError  the connection string is malformed; nothing of it is quoted in any error.
    explicit PostgresConnectionManager(std::string dsn, PoolOptions options = {})
        : state_{std::make_shared<detail::ManagerState>(std::move(dsn), std::move(options))} {}

    /// Uses a pool that someone else owns. It keeps its own options, and stays open when the manager closes.
    explicit PostgresConnectionManager(std::shared_ptr<ConnectionPool> pool)
        : state_{std::make_shared<detail::ManagerState>(std::move(pool))} {}

    PostgresConnectionManager(const PostgresConnectionManager&) = delete;
    PostgresConnectionManager& operator=(const PostgresConnectionManager&) = delete;
    PostgresConnectionManager(PostgresConnectionManager&&) = delete;
    PostgresConnectionManager& operator=(PostgresConnectionManager&&) = delete;
    ~PostgresConnectionManager() { close(); }

    /// Connects if there is no connection yet, and asks the server for an answer.
    /// @throws ConnectionError      with the cause: no server, refused login, unknown database, server starting …
    /// @throws AcquireTimeoutError  every connection was in use for too long.
    void check() {
        state_->run(detail::Statement{.sql = "SELECT 1", .parameters = {}, .columns = 1}, {}, {.operation = "check"});
    }

    /// Runs `f(pqxx::connection&)` on a connection of the pool and gives what `f` gives: the way to what the library
    /// does not do. What `f` leaves in the session (settings, temporary tables, prepared statements, locks) is cleared
    /// away, with two round trips; a connection left in a transaction is closed, which rolls it back. The statements of
    /// `f` have no deadline but the server's `statement_timeout`. Inside `f` the same thread can borrow no second one.
    /// A child process that is forked inside `f` has a copy of the session. The library sends nothing on it, but what the
    /// child does with plain libpqxx goes to the session of its parent, also from the destructor of a pqxx::transaction;
    /// so end such a child with `_exit`, or fork outside of `f`.
    /// @throws whatever `f` throws, and what `check` throws.
    template <class F>
    auto with_connection(F&& f) {
        return state_->with_lease({.operation = "with_connection"}, detail::Effect::reads,
                                  [&](detail::Lease& lease, const detail::Until& until) {
                                      return lease->lend_to(std::forward<F>(f), until);
                                  });
    }

    /// Runs `f(Transaction&)` in one transaction and gives what it gives; `storage.in(tx)` has the operations of a
    /// storage. As `storage.transaction(f)`, which says more.
    template <class F>
    auto transaction(const TransactionOptions& options, F&& f) {
        return detail::body_result<Transaction>(
            f, [&](auto&& body) { state_->transaction({.operation = "transaction"}, options, body); });
    }
    template <class F>
    auto transaction(F&& f) {
        return transaction(TransactionOptions{}, std::forward<F>(f));
    }

    /// The pool, the same one until `close()`; after it, a new one, with which the storages work again. (A pool that
    /// was given to the manager is given back as it is.)
    [[nodiscard]] std::shared_ptr<ConnectionPool> pool() { return state_->open_pool(); }

    /// What goes on in the pool and what has happened in it; also after `close()`.
    [[nodiscard]] PoolStats stats() const { return state_->last_pool()->stats(); }

    /// Who has a connection at the moment, the longest first: operation, table, thread, age.
    [[nodiscard]] std::vector<LeaseInfo> leases() const { return state_->last_pool()->leases(); }

    /// Ends the use of the pool: storages get `PoolClosedError`. Closes an own pool, as the destructor does; leaves a
    /// foreign one alone unless asked. Closing again does nothing, but may wait: `manager.close({.drain = 5s})`.
    /// @returns how many connections were cut off: 0 without a drain limit, and where all came back within it.
    std::size_t close(CloseOptions options = {}) noexcept { return state_->close(options.foreign_pool, options.drain); }

private:
    friend struct detail::ManagerAccess;
    std::shared_ptr<detail::ManagerState> state_;
};

namespace detail {
/// What storages and schema managers keep of a manager.
struct ManagerAccess {
    static std::shared_ptr<ManagerState> state(const PostgresConnectionManager& manager) { return manager.state_; }
};
}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
