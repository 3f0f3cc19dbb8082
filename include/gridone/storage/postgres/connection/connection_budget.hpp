// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_BUDGET_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_BUDGET_HPP

#include <gridone/storage/core/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {
class BudgetShare;
}

/// The most connections that several pools of a process have together: `PoolOptions::budget` of each.
///
/// A pool that may not grow because the budget is used up waits like one that is full. It then gets what another pool
/// does not use: within some 10 ms, a connection that has been idle for 5 is closed for it. Where all are in use, one
/// that comes back changes sides as long as that evens out the pools' numbers. Give a budget one connection for each
/// pool at least: with fewer, pools take turns, and each turn costs a connect.
/// Attempts to connect that are late are not kept for the next caller, as a pool without a budget does.
/// Thread-safe. It lives as long as a pool uses it.
class ConnectionBudget {
public:
    /// @throws InvalidInputError  `most` is 0
    explicit ConnectionBudget(std::size_t most) : most_{most} {
        if (most == 0) throw InvalidInputError{"a ConnectionBudget of 0 lets nobody connect"};
    }
    ConnectionBudget(const ConnectionBudget&) = delete;
    ConnectionBudget& operator=(const ConnectionBudget&) = delete;
    ConnectionBudget(ConnectionBudget&&) = delete;
    ConnectionBudget& operator=(ConnectionBudget&&) = delete;
    ~ConnectionBudget() = default;

    [[nodiscard]] std::size_t most() const noexcept { return most_; }

    /// Connections that exist or are being opened.
    [[nodiscard]] std::size_t used() const {
        const std::lock_guard lock{mutex_};
        return used_;
    }

private:
    friend class detail::BudgetShare;

    std::size_t most_;
    mutable std::mutex mutex_;  // may be taken under that of a pool, never the other way round
    std::size_t used_ = 0;
    std::uint64_t tickets_ = 0;
    std::vector<detail::BudgetShare*> shares_;
};

}  // namespace gridone::storage::inline v0

#endif
