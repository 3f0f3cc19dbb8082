// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_TRANSACTION_HPP
#define GRIDONE_STORAGE_CORE_TRANSACTION_HPP

#include <gridone/storage/core/detail/body_result.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {
struct TransactionAccess;
}

/// What the body of a transaction gets: `storage.in(tx)` has the operations of `storage`, all of which take effect when
/// the body returns, or none.
///
/// Belongs to the thread that runs the body, and to the storages of one database; any other use, and any use after its
/// end, is a `UsageError`. After `ConstraintError`, `TransientError`, a timeout or a lost connection nothing can be
/// committed any more: later calls, and the end of a body that went on regardless, throw `UsageError` that names the
/// first error. `NotFoundError`, `AlreadyExistsError`, `VersionConflictError`, `InvalidInputError` and `DecodeError`
/// leave it as it was.
///
/// In a child process that is forked inside the body, every use is a `UsageError`, and however the child leaves the body,
/// the transaction of the parent is not touched. In memory the child has a copy of the whole database, and of the
/// transaction.
class Transaction {
public:
    /// @param part  the part of the transaction that this handle stands for; 0 for all of it
    explicit Transaction(std::shared_ptr<detail::TransactionState> state, std::uint64_t part = 0) noexcept
        : state_{std::move(state)}, part_{part} {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() = default;

    /// Runs `f(Transaction&)` as an inner transaction that can be rolled back alone: if `f` throws, what it did is rolled
    /// back, and the outer transaction continues as before. Returns what `f` returns. Views of the inner transaction,
    /// `storage.in(inner)`, throw `UsageError` after its end.
    /// @note   SAVEPOINT, RELEASE or ROLLBACK TO: two round trips
    template <class F>
    auto transaction(F&& f) {
        return detail::body_result<Transaction>(f, [&](auto&& body) {
            state_->nested({.operation = "transaction"}, [&] {
                Transaction inner{state_, state_->current_part()};
                body(inner);
            });
        });
    }

    /// Calls `f` once the transaction is committed and its connection given back, in the order of these calls, on the
    /// same thread. Not if it is rolled back, nor if the part in which this was called is, nor if it is unknown whether
    /// it was committed. What `f` throws leaves the call of `transaction`; the transaction stays committed.
    void on_commit(std::function<void()> f) {
        state_->check({.operation = "on_commit"}, part_);
        state_->on_commit(std::move(f));
    }

    /// The session, for what the library does not do: `tx.connection()` is a `pqxx::connection&` in a transaction, so
    /// `pqxx::nontransaction` is what runs statements in it. An error of such a statement dooms the transaction.
    /// @throws UsageError  in memory.
    [[nodiscard]] pqxx::connection& connection() {
        const detail::CallSite site{.operation = "connection"};
        state_->check(site, part_);
        return state_->connection(site);
    }

private:
    friend struct detail::TransactionAccess;
    std::shared_ptr<detail::TransactionState> state_;
    std::uint64_t part_;
};

namespace detail {
/// What views keep of a transaction.
struct TransactionAccess {
    static std::shared_ptr<TransactionState> state(const Transaction& transaction) { return transaction.state_; }
    static std::uint64_t part(const Transaction& transaction) noexcept { return transaction.part_; }
};
}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
