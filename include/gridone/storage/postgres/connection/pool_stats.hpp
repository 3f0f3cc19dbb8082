// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_STATS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_STATS_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/postgres/connection/duration_stats.hpp>

#include <cstdint>

namespace gridone::storage::inline v0 {

/// A moment of a connection pool, and what has happened in it since it was made. Counters only grow, and they are read
/// one by one: two of them may differ by what happened in between.
///
/// OpenTelemetry's names: `idle` and `leased` are db.client.connection.count with db.client.connection.state "idle" and
/// "used"; `max_size` db.client.connection.max; `waiting` db.client.connection.pending_requests; `waits`
/// db.client.connection.wait_time; `holds` db.client.connection.use_time; `timeouts.all()` db.client.connection.timeouts.
struct PoolStats : PoolCounters {
    /// From asking for a connection to having it, opening one included; `count` is how often one was had.
    DurationStats waits;
    /// From having a connection to giving it back.
    DurationStats holds;

    /// Callers who got no connection in time.
    struct Timeouts {
        std::uint64_t pool_exhausted = 0;  ///< Every connection was in use.
        std::uint64_t queue_full = 0;      ///< More than `PoolOptions::max_waiting` waited.
        std::uint64_t no_server = 0;       ///< No connection could be opened.
        std::uint64_t budget_used_up = 0;  ///< The pools of the `ConnectionBudget` had all there may be.

        [[nodiscard]] std::uint64_t all() const noexcept {
            return pool_exhausted + queue_full + no_server + budget_used_up;
        }
    } timeouts;

    /// Attempts to open a connection.
    struct Connects {
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;
    } connects;

    /// Connections that were closed, by `Retirement`.
    struct Retirements {
        std::uint64_t max_lifetime = 0;
        std::uint64_t idle = 0;
        std::uint64_t failed_check = 0;
        std::uint64_t broken = 0;
        std::uint64_t left_in_transaction = 0;
        std::uint64_t read_only = 0;
        std::uint64_t session_changed = 0;
        std::uint64_t pool_closed = 0;
        std::uint64_t budget = 0;

        [[nodiscard]] std::uint64_t all() const noexcept {
            return max_lifetime + idle + failed_check + broken + left_in_transaction + read_only + session_changed +
                   pool_closed + budget;
        }
    } retirements;

    /// Statements that the library ran again by itself.
    std::uint64_t retries = 0;
    /// Writes that lost their reply and ended in `OutcomeUnknownError`.
    std::uint64_t unknown_outcomes_raised = 0;
    /// Writes that lost their reply and of which it was then proven what had become of them.
    std::uint64_t unknown_outcomes_resolved = 0;
};

}  // namespace gridone::storage::inline v0

#endif
