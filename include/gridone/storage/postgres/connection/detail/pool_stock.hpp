// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_STOCK_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_STOCK_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/budget_share.hpp>
#include <gridone/storage/postgres/connection/detail/checked_options.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/fitness.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/detail/lent_connections.hpp>
#include <gridone/storage/postgres/connection/detail/pool_watch.hpp>
#include <gridone/storage/postgres/connection/detail/process_mark.hpp>
#include <gridone/storage/postgres/connection/detail/waiting_caller.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a pool has: its connections, wherever they are, and who waits for them. Takes connections back and closes them.
class PoolStock : protected BudgetMember {
public:
    PoolStock(const PoolStock&) = delete;
    PoolStock& operator=(const PoolStock&) = delete;
    PoolStock(PoolStock&&) = delete;
    PoolStock& operator=(PoolStock&&) = delete;

protected:
    using ConnectionPtr = std::unique_ptr<Connection>;

    explicit PoolStock(PoolOptions options)
        : options_{checked(std::move(options))},
          share_{options_.budget},
          core_{limits_of(options_, [this] { return share_.take(as_member()); })},
          lent_{options_.max_size},
          watch_{options_} {}
    ~PoolStock() = default;

    [[nodiscard]] bool forked() const noexcept { return !process_.is_of_this_process(); }

    /// A connection that was lent comes back. @param report  if somebody listens
    void give_back(ConnectionPtr connection, const LeaseReport* report) noexcept {
        if (forked()) return connection->abandon();
        const auto now = Clock::now();
        const CallSite site = connection->borrower.site;
        watch_.count_hold(now - connection->borrower.since);
        const auto long_leases = newly_long_leases(now);
        auto unfit = unfit_to_keep(*connection, now);
        if (!unfit && share_.gives_way()) unfit = Retirement::budget;
        const auto ended = unfit ? discard(std::move(connection), *unfit) : keep(std::move(connection), now);
        if (report == nullptr) return;
        watch_.tell_lease(site, *report);
        if (ended) watch_.tell_retirement(site, ended->why, ended->age);
        watch_.tell_long_leases(long_leases);
    }

    /// Whether a connection that was lent may go from one call to another as if it had been back; what it wrote is known
    /// then, before it writes anything else.
    [[nodiscard]] bool may_go_on(Connection& connection) noexcept {
        const auto now = Clock::now();
        if (forked() || unfit_to_keep(connection, now) || !connection.is_clean() || share_.gives_way()) return false;
        const std::lock_guard lock{mutex_};
        if (core_.waiting() != 0 || core_.is_closed()) return false;
        note_written(connection, now);
        return true;
    }
    /// It does.
    void go_on(Connection& connection, const CallSite& site, std::thread::id thread) noexcept {
        const auto now = Clock::now();
        watch_.count_hold(now - connection.borrower.since);
        watch_.count_wait({});
        const std::lock_guard lock{mutex_};
        lent_.take_back(connection);
        lent_.lend(connection, site, now, thread);
    }

    /// Those that are to be told, once nothing is held.
    [[nodiscard]] std::vector<LeaseInfo> newly_long_leases(Clock::time_point now) noexcept {
        if (!watch_.reports_leases()) return {};
        const std::lock_guard lock{mutex_};
        return lent_.newly_older(now - options_.report_leases_after, now);
    }

    /// A connection that was closed.
    struct Ended {
        Retirement why;
        Clock::duration age;
    };

    /// Ends a connection that was lent.
    std::optional<Ended> discard(ConnectionPtr connection, Retirement why) noexcept {
        {
            const std::lock_guard lock{mutex_};
            lent_.take_back(*connection);
        }
        const auto began = connection->began;
        end(std::move(connection), why);  // before there is room for another, so that the server sees no more than that
        const auto now = Clock::now();
        const std::lock_guard lock{mutex_};
        core_.discarded(now);
        if (core_.is_closed()) came_back_.notify_all();
        return Ended{why, now - began};
    }

    /// A row's transaction was seen to have ended.
    void note_ended(const Backend& by, Xmin xmin) noexcept {
        const std::lock_guard lock{mutex_};
        acknowledged_.add(by, xmin, Clock::now());
    }

    /// Whether a row's transaction wrote for this pool and was known to have ended at that time.
    [[nodiscard]] bool was_acknowledged(Xmin xmin, Clock::time_point time) const noexcept {
        const std::lock_guard lock{mutex_};
        return acknowledged_.contain(xmin, time);
    }

    /// Ends the idle connections; nobody gets one from now on.
    void close_idle() noexcept {
        std::vector<WaitingCaller::Core::Idle> idle;
        if (forked()) {  // the mutex may be held by a thread that is not here
            for (auto& one : idle = core_.close()) one.handle->abandon();
            return;
        }
        {
            const std::lock_guard lock{mutex_};
            idle = core_.close();
        }
        for (auto& one : idle) {
            const auto began = one.handle->began;
            end(std::move(one.handle), Retirement::pool_closed);
            if (watch_.listens()) watch_.tell_retirement({}, Retirement::pool_closed, Clock::now() - began);
        }
    }

    // The derived pool lends under the same lock; what follows the mutex is touched under it only, but for share_ and
    // watch_.
    PoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable came_back_;  // after closing
    BudgetShare share_;
    WaitingCaller::Core core_;
    LentConnections lent_;
    Trace newest_trace_;  // of the sessions that came back
    AcknowledgedWrites acknowledged_;
    PoolWatch watch_;

private:
    std::size_t use_room() noexcept override {
        const std::lock_guard lock{mutex_};
        core_.time_passed(Clock::now());
        return share_.leave();
    }

    bool give_up_idle(Clock::time_point since) noexcept override {
        std::optional<ConnectionPtr> idle;
        {
            const std::lock_guard lock{mutex_};
            idle = core_.take_idle_since(since);
        }
        if (!idle) return false;
        const auto began = (*idle)->began;
        end(std::move(*idle), Retirement::budget);
        if (watch_.listens()) watch_.tell_retirement({}, Retirement::budget, Clock::now() - began);
        return true;
    }

    void note_written(Connection& connection, Clock::time_point now) noexcept {
        connection.trace().share_with(newest_trace_);
        if (const auto written = connection.take_acknowledged(); written != 0) {
            acknowledged_.add(connection.trace().backend, written, now);
        }
    }

    /// Lends it to the next, or has it idle; may be the end of it, or of one that was idle for long.
    std::optional<Ended> keep(ConnectionPtr connection, Clock::time_point now) noexcept {
        std::optional<ConnectionPtr> refused;
        std::optional<ConnectionPtr> stale;
        connection->idle_since = now;
        {
            const std::lock_guard lock{mutex_};
            lent_.take_back(*connection);
            note_written(*connection, now);
            refused = core_.returned(std::move(connection), now);
            stale = core_.take_idle_since(now - options_.idle_timeout);
            if (core_.is_closed()) came_back_.notify_all();
        }
        if (!refused && !stale) return std::nullopt;
        ConnectionPtr& one = refused ? *refused : *stale;
        const Ended ended{refused ? Retirement::pool_closed : Retirement::idle, now - one->began};
        end(std::move(one), ended.why);
        return ended;
    }

    void end(ConnectionPtr connection, Retirement why) noexcept {
        connection.reset();
        watch_.count_retirement(why);
    }

    ProcessMark process_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
