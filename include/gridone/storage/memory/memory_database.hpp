// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_MEMORY_DATABASE_HPP
#define GRIDONE_STORAGE_MEMORY_MEMORY_DATABASE_HPP

#include <gridone/storage/core/detail/body_result.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_transaction.hpp>

#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {
struct MemoryDatabaseAccess;
}

/// The twin of `PostgresConnectionManager`: what storages in memory have in common. Those that name the same table share
/// its documents, and all of them take part in its transactions.
///
/// Copies are handles to the same database, which is there until the last handle and the last storage are gone.
/// Thread-safe. Transactions run one after the other, and so does every write that is in none; readers see what is
/// committed, and do not wait for transactions. A writer waits for another writer for 30 s at most, or as
/// `within` says. A query examines its documents under a lock that every other call needs for a moment, and a commit
/// takes that lock for as long as it moves the changes of the transaction into the tables. What operations cost, and how
/// much memory documents take, is in `MemoryStorageBackend`.
class MemoryDatabase {
public:
    /// An empty one.
    MemoryDatabase() : state_{std::make_shared<detail::MemoryState>()} {}

    // A move copies: what was moved from stays usable.
    MemoryDatabase(const MemoryDatabase&) = default;
    MemoryDatabase& operator=(const MemoryDatabase&) = default;
    ~MemoryDatabase() = default;

    /// Runs `f(Transaction&)` in one transaction and gives what it gives; `storage.in(tx)` has the operations of a
    /// storage. All of them take effect, or none if `f` throws. `f` runs once. Calls in it that bypass `tx` are
    /// `UsageError`s.
    /// @throws DeadlineExceededError, CancelledError  it was not its turn in time, or `f` took too long. Nothing was
    ///                                                applied.
    /// @throws UsageError  `f` went on after an error that dooms the transaction. Nothing was applied.
    template <class F>
    auto transaction(const TransactionOptions& options, F&& f) {
        return detail::body_result<Transaction>(f, [&](auto&& body) {
            detail::MemoryTransaction::run(*state_, {.operation = "transaction"}, options, body);
        });
    }
    template <class F>
    auto transaction(F&& f) {
        return transaction(TransactionOptions{}, std::forward<F>(f));
    }

    /// @throws PoolClosedError  the database is closed.
    void check() const {
        state_->read({.operation = "check"}, [] {});
    }

    /// Ends the use of the database: storages get `PoolClosedError`, and so do those who wait for others. A transaction
    /// that runs goes on to its end. Closing again does nothing.
    void close() noexcept { state_->close(); }

private:
    friend struct detail::MemoryDatabaseAccess;
    std::shared_ptr<detail::MemoryState> state_;
};

namespace detail {
/// What storages keep of a database.
struct MemoryDatabaseAccess {
    static std::shared_ptr<MemoryState> state(const MemoryDatabase& database) { return database.state_; }
};
}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
