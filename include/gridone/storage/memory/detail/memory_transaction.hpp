// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_TRANSACTION_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_TRANSACTION_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A transaction, whose changes others see when it is committed.
class MemoryTransaction final : public TransactionState {
public:
    using TransactionState::TransactionState;

    /// The one that the call is in. @throws UsageError  it is of another database
    static MemoryTransaction& of(const CallSite& site, const MemoryState& state) {
        site.transaction->check_database(site, &state);
        return static_cast<MemoryTransaction&>(*site.transaction);
    }

    /// Runs the body, and then what it left to be run after the commit. @throws what the body throws
    static void run(MemoryState& state, CallSite site, const TransactionOptions& options,
                    const std::function<void(Transaction&)>& body) {
        if (options.deadline) site.deadline = std::min(site.deadline, set_deadline_after(*options.deadline));
        std::vector<std::function<void()>> on_commit;  // goes after the turn: it is the user's
        {
            const MemoryState::Turn turn{state, site};
            const auto transaction = std::make_shared<MemoryTransaction>(&state, site.deadline, options.read_only);
            try {
                Transaction handle{transaction};
                body(handle);
                transaction->check_committable(site);
                MemoryState::expect_time_left(site, "before it was committed");
            } catch (...) {
                transaction->changes_.undo_to(0);  // while no other client writes
                on_commit = transaction->end();
                throw;
            }
            state.commit(transaction->changes_);
            on_commit = transaction->end();
        }
        for (const std::function<void()>& f : on_commit) f();
    }

    [[nodiscard]] MemoryChanges& changes() noexcept { return changes_; }

    [[nodiscard]] pqxx::connection& connection(const CallSite& site) override {
        throw UsageError{site.because("a transaction in memory has no connection")};
    }

private:
    void set_savepoint(const CallSite&, int) override { savepoints_.push_back(changes_.now()); }
    void release(const CallSite&, int) override { savepoints_.pop_back(); }
    [[nodiscard]] bool roll_back_to(int) noexcept override {
        changes_.undo_to(savepoints_.back());
        savepoints_.pop_back();
        return true;
    }
    [[nodiscard]] bool is_broken() const noexcept override { return false; }

    MemoryChanges changes_;
    std::vector<std::size_t> savepoints_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
