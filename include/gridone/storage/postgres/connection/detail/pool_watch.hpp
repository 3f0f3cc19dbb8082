// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_WATCH_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_WATCH_HPP

#include <gridone/storage/postgres/connection/detail/acquire_timeout.hpp>
#include <gridone/storage/postgres/connection/detail/duration_recorder.hpp>
#include <gridone/storage/postgres/connection/pool_stats.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gridone::storage::inline v0::detail {

/// What has happened in a pool. Any thread, with the pool's mutex or without; reads no clock.
class PoolWatch {
public:
    void count_wait(std::chrono::nanoseconds time) noexcept { waits_.add(time); }
    void count_hold(std::chrono::nanoseconds time) noexcept { holds_.add(time); }
    void count_timeout(NoConnection cause) noexcept { one_more(timeouts_[static_cast<std::size_t>(cause)]); }
    void count_connect(bool succeeded) noexcept { one_more(succeeded ? connected_ : not_connected_); }
    void count_retirement(Retirement why) noexcept { one_more(retirements_[static_cast<std::size_t>(why)]); }
    void count_retry() noexcept { one_more(retries_); }
    void count_unknown_raised() noexcept { one_more(unknown_raised_); }
    void count_unknown_resolved() noexcept { one_more(unknown_resolved_); }

    /// What was counted; the rest is the pool's to fill in.
    [[nodiscard]] PoolStats stats(const PoolCounters& now) const noexcept {
        const auto timeouts = [&](NoConnection cause) { return so_far(timeouts_[static_cast<std::size_t>(cause)]); };
        const auto retired = [&](Retirement why) { return so_far(retirements_[static_cast<std::size_t>(why)]); };
        PoolStats stats;
        static_cast<PoolCounters&>(stats) = now;
        stats.waits = waits_.stats();
        stats.holds = holds_.stats();
        stats.timeouts = {.pool_exhausted = timeouts(NoConnection::pool_exhausted),
                          .queue_full = timeouts(NoConnection::queue_full),
                          .no_server = timeouts(NoConnection::no_server)};
        stats.connects = {.succeeded = so_far(connected_), .failed = so_far(not_connected_)};
        stats.retirements = {.max_lifetime = retired(Retirement::max_lifetime),
                             .idle = retired(Retirement::idle),
                             .failed_check = retired(Retirement::failed_check),
                             .broken = retired(Retirement::broken),
                             .left_in_transaction = retired(Retirement::left_in_transaction),
                             .read_only = retired(Retirement::read_only),
                             .session_changed = retired(Retirement::session_changed),
                             .pool_closed = retired(Retirement::pool_closed)};
        stats.retries = so_far(retries_);
        stats.unknown_outcomes_raised = so_far(unknown_raised_);
        stats.unknown_outcomes_resolved = so_far(unknown_resolved_);
        return stats;
    }

private:
    using Count = std::atomic<std::uint64_t>;

    static void one_more(Count& count) noexcept { count.fetch_add(1, std::memory_order_relaxed); }
    static std::uint64_t so_far(const Count& count) noexcept { return count.load(std::memory_order_relaxed); }

    DurationRecorder waits_;
    DurationRecorder holds_;
    std::array<Count, 3> timeouts_{};
    Count connected_{};
    Count not_connected_{};
    std::array<Count, 8> retirements_{};
    Count retries_{};
    Count unknown_raised_{};
    Count unknown_resolved_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
