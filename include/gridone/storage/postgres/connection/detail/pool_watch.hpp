// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_WATCH_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_WATCH_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/acquire_timeout.hpp>
#include <gridone/storage/postgres/connection/detail/duration_recorder.hpp>
#include <gridone/storage/postgres/connection/detail/error_name.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/pool_stats.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>
#include <gridone/storage/postgres/connection/storage_event.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What has happened in a pool: counts it, and tells it to the listener. Any thread. Counting needs no mutex and reads
/// no clock; nothing is told while the pool's mutex is held.
class PoolWatch {
public:
    explicit PoolWatch(const PoolOptions& options) noexcept : options_{options} {}

    void count_wait(std::chrono::nanoseconds time) noexcept { waits_.add(time); }
    void count_hold(std::chrono::nanoseconds time) noexcept { holds_.add(time); }
    void count_timeout(NoConnection cause) noexcept { one_more(timeouts_[static_cast<std::size_t>(cause)]); }
    void count_connect(bool succeeded) noexcept { one_more(succeeded ? connected_ : not_connected_); }
    void count_retirement(Retirement why) noexcept { one_more(retirements_[static_cast<std::size_t>(why)]); }
    /// @pre  no connection is held
    void count_retry(const CallSite& site, const Failure& why, Clock::time_point call_began) noexcept {
        one_more(retries_);
        if (!listens()) return;
        const ErrorName error{why};
        StorageEvent event = event_of(StorageEvent::Kind::retry, site, Clock::now() - call_began);
        event.sqlstate = error.sqlstate();
        event.error = error.type();
        tell(event);
    }
    /// @pre  no connection is held
    void count_lost_reply(const CallSite& site, Outcome outcome, Clock::time_point lost) noexcept {
        if (outcome != Outcome::unknown) one_more(unknown_resolved_);
        if (!listens()) return;
        StorageEvent event = event_of(StorageEvent::Kind::lost_reply, site, Clock::now() - lost);
        event.outcome = outcome;
        tell(event);
    }
    void count_unknown_raised() noexcept { one_more(unknown_raised_); }

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
                          .no_server = timeouts(NoConnection::no_server),
                          .budget_used_up = timeouts(NoConnection::budget_used_up)};
        stats.connects = {.succeeded = so_far(connected_), .failed = so_far(not_connected_)};
        stats.retirements = {.max_lifetime = retired(Retirement::max_lifetime),
                             .idle = retired(Retirement::idle),
                             .failed_check = retired(Retirement::failed_check),
                             .broken = retired(Retirement::broken),
                             .left_in_transaction = retired(Retirement::left_in_transaction),
                             .read_only = retired(Retirement::read_only),
                             .session_changed = retired(Retirement::session_changed),
                             .pool_closed = retired(Retirement::pool_closed),
                             .budget = retired(Retirement::budget)};
        stats.retries = so_far(retries_);
        stats.unknown_outcomes_raised = so_far(unknown_raised_);
        stats.unknown_outcomes_resolved = so_far(unknown_resolved_);
        return stats;
    }

    [[nodiscard]] bool listens() const noexcept { return static_cast<bool>(options_.on_event); }

    /// A caller got no connection, for the reason that is being handled.
    void tell_not_acquired(const CallSite& site, Clock::time_point asked) const noexcept {
        const ErrorName error = ErrorName::of_current();
        StorageEvent event = event_of(StorageEvent::Kind::acquire, site, Clock::now() - asked);
        event.sqlstate = error.sqlstate();
        event.error = error.type();
        tell(event);
    }

    void tell_lease(const CallSite& site, const LeaseReport& report) const noexcept {
        tell(event_of(StorageEvent::Kind::acquire, site, report.waited));
        for (const LeaseReport::Statement& statement : report.statements) {
            StorageEvent event = event_of(StorageEvent::Kind::statement, site, statement.duration);
            if (!statement.operation.empty()) {
                event.operation = statement.operation;
                event.table = statement.table;
            }
            event.sqlstate = statement.error.sqlstate();
            event.error = statement.error.type();
            event.returned_rows = statement.returned_rows;
            event.affected_rows = statement.affected_rows;
            tell(event);
        }
    }

    /// @param error  what it failed with, if it did
    /// @pre  no connection is held
    void tell_transaction(const CallSite& site, const ErrorName& error, Clock::time_point call_began) const noexcept {
        StorageEvent event = event_of(StorageEvent::Kind::transaction, site, Clock::now() - call_began);
        event.sqlstate = error.sqlstate();
        event.error = error.type();
        tell(event);
    }

    void tell_retirement(const CallSite& site, Retirement why, std::chrono::nanoseconds age) const noexcept {
        StorageEvent event = event_of(StorageEvent::Kind::retirement, site, age);
        event.retirement = why;
        tell(event);
    }

    [[nodiscard]] bool reports_leases() const noexcept {
        return listens() && options_.report_leases_after > std::chrono::milliseconds{0};
    }

    void tell_long_leases(const std::vector<LeaseInfo>& leases) const noexcept {
        for (const LeaseInfo& lease : leases) {
            tell({.kind = StorageEvent::Kind::long_lease,
                  .operation = lease.operation,
                  .table = lease.table,
                  .duration = lease.age,
                  .thread = lease.thread});
        }
    }

private:
    [[nodiscard]] static StorageEvent event_of(StorageEvent::Kind kind, const CallSite& site,
                                               std::chrono::nanoseconds duration) noexcept {
        return {.kind = kind,
                .operation = site.operation,
                .table = site.table,
                .duration = duration,
                .thread = std::this_thread::get_id()};
    }

    void tell(const StorageEvent& event) const noexcept {
        try {
            options_.on_event(event);
        } catch (...) {
            return;  // what a listener throws is no business of the call that is being told
        }
    }

    using Count = std::atomic<std::uint64_t>;

    static void one_more(Count& count) noexcept { count.fetch_add(1, std::memory_order_relaxed); }
    static std::uint64_t so_far(const Count& count) noexcept { return count.load(std::memory_order_relaxed); }

    const PoolOptions& options_;  // the pool's
    DurationRecorder waits_;
    DurationRecorder holds_;
    std::array<Count, 4> timeouts_{};
    Count connected_{};
    Count not_connected_{};
    std::array<Count, 9> retirements_{};
    Count retries_{};
    Count unknown_raised_{};
    Count unknown_resolved_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
