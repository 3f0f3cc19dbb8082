// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_POOL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_POOL_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/acquire_timeout.hpp>
#include <gridone/storage/postgres/connection/detail/checked_options.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/dialler.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/fitness.hpp>
#include <gridone/storage/postgres/connection/detail/lease.hpp>
#include <gridone/storage/postgres/connection/detail/pool_core.hpp>
#include <gridone/storage/postgres/connection/detail/pool_stock.hpp>
#include <gridone/storage/postgres/connection/detail/session_settings.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/connection/detail/waiting_caller.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/pool_stats.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {
class LostWrite;
class ManagerState;
class StatementRun;
class TransactionRun;
}  // namespace detail

/// At most `max_size` connections to one server, lent in order of arrival.
///
/// A caller that finds none free opens one itself while there is room, two callers at a time; otherwise it waits, and a
/// connection that comes back goes straight to the caller who has waited longest. While the server cannot be reached,
/// callers wait for it until their deadline and one at a time tries, at most 20 times a second; a refused login or a
/// missing database is told at once. Idle connections are checked before they are lent, without a round trip unless
/// they have been idle for long, so one that the server closed meanwhile is never seen. There is no background thread.
/// Thread-safe. After a `fork`, the child gets `UsageError` and the parent's connections are not touched, also where the
/// process was forked inside a transaction.
class ConnectionPool final : public std::enable_shared_from_this<ConnectionPool>, private detail::PoolStock {
public:
    /// Does no I/O. Pools are shared: `std::make_shared<ConnectionPool>(dsn, options)`.
    /// @throws InvalidInputError  the connection string is malformed (nothing of it is quoted), or max_size is 0.
    explicit ConnectionPool(const std::string& dsn, PoolOptions options = {})
        : PoolStock{std::move(options)}, dialler_{dsn, options_.password} {
        if (options_.budget) dialler_.close();  // what it kept would be a connection too many
    }
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;
    ConnectionPool(ConnectionPool&&) = delete;
    ConnectionPool& operator=(ConnectionPool&&) = delete;
    ~ConnectionPool() { close(); }

    [[nodiscard]] const PoolOptions& options() const noexcept { return options_; }

    [[nodiscard]] PoolCounters counters() const {
        const std::lock_guard lock{mutex_};
        return core_.counters();
    }

    /// The same, and what has happened since the pool was made: waits, timeouts, connects, retirements …
    [[nodiscard]] PoolStats stats() const { return watch_.stats(counters()); }

    /// Who has a connection at the moment, the longest first.
    [[nodiscard]] std::vector<LeaseInfo> leases() const {
        const auto now = detail::Clock::now();
        const std::lock_guard lock{mutex_};
        return lent_.leases(now);
    }

    /// Closes the idle connections, wakes all waiting callers with `PoolClosedError` and refuses new ones. Connections
    /// in use finish their statement and are closed when they come back. Closing again does nothing.
    void close() noexcept {
        forked() ? dialler_.abandon() : dialler_.close();
        close_idle();
    }

    /// Closes, and waits until every connection in use has come back; those that have not within `drain` are cut off,
    /// which ends their statements as a lost connection does. @returns how many were cut off.
    std::size_t close(std::chrono::milliseconds drain) {
        close();
        if (forked()) return 0;
        std::unique_lock lock{mutex_};
        came_back_.wait_until(lock, detail::deadline_after(drain), [&] { return core_.size() == 0; });
        return lent_.cut_off();
    }

    [[nodiscard]] bool is_closed() const {
        const std::lock_guard lock{mutex_};
        return core_.is_closed();
    }

private:
    friend class detail::Lease;
    friend class detail::LostWrite;
    friend class detail::StatementRun;
    friend class detail::TransactionRun;
    friend class detail::ManagerState;

    /// @throws UsageError  this process is a child of the pool's
    void refuse_child(const detail::CallSite& site) const {
        if (!forked()) return;
        throw UsageError{site.because("the pool was made before fork(); a child process needs a pool of its own")};
    }

    /// @throws UsageError  this thread holds a connection; or as `refuse_child`, before any mutex is taken
    void refuse_nested(const detail::CallSite& site) const {
        refuse_child(site);
        const std::lock_guard lock{mutex_};
        lent_.refuse_second(site);
    }

    std::shared_ptr<detail::BudgetMember> as_member() override { return {shared_from_this(), this}; }

    /// A live, clean connection.
    /// @throws AcquireTimeoutError, PoolClosedError, UsageError, CancelledError, or Failure from dialling.
    detail::Lease acquire(const detail::Until& call, const detail::CallSite& site) {
        refuse_child(site);
        const auto asked = detail::Clock::now();
        if (watch_.reports_leases()) watch_.tell_long_leases(newly_long_leases(asked));
        try {
            return acquire(asked, call, site);
        } catch (const UsageError&) {  // this thread holds a connection
            throw;
        } catch (...) {
            if (watch_.listens()) watch_.tell_not_acquired(site, asked);
            if (watch_.reports_leases()) watch_.tell_long_leases(newly_long_leases(detail::Clock::now()));
            throw;
        }
    }

    detail::Lease acquire(detail::Clock::time_point asked, const detail::Until& call, const detail::CallSite& site) {
        const detail::Until until = call.but_not_after(detail::deadline_after(options_.acquire_timeout, asked));
        detail::WaitingCaller me;
        const std::stop_callback on_stop{site.stop == nullptr ? std::stop_token{} : *site.stop, [&] {
                                             const std::lock_guard lock{mutex_};
                                             me.notify();
                                         }};
        std::optional<Retirement> unfit;
        std::optional<detail::Failure> failure;
        bool failed = false;  // the last attempt to connect
        for (auto now = asked;; now = detail::Clock::now()) {
            std::unique_lock lock{mutex_};
            lent_.refuse_second(site);
            core_.ask(me, now);
            if (failure) {
                conclude(*failure);
                // An attempt that ran out of time tells less than the one before it.
                if (failure->connect_failure != ConnectFailure::deadline || !last_connect_failure_) {
                    last_connect_failure_.swap(failure);
                }
                failure.reset();
                failed = true;
            }
            if (me.grant == Grant::none) {
                me.await_grant(core_, share_, lock, until.deadline, site);
                now = detail::Clock::now();
            }
            switch (me.grant) {
                case Grant::connection:
                    lent_.lend(*me.handle, site, now);
                    me.handle->trace().share_with(newest_trace_);
                    lock.unlock();
                    {
                        detail::Lease lease{shared_from_this(), std::move(me.handle)};
                        unfit = detail::unfit_to_lend(*lease, options_.check_after_idle, until, now);
                        if (!unfit) return counted(std::move(lease), now - asked);
                        const auto ended = discard(lease.release(), *unfit);
                        if (ended && watch_.listens()) watch_.tell_retirement(site, ended->why, ended->age);
                    }
                    failed = false;
                    break;
                case Grant::connect:
                    me.slot = share_.slot();
                    if (failed && last_connect_failure_ && detail::Clock::now() >= until.deadline) {
                        core_.connect_abandoned(detail::Clock::now());
                        throw_no_server(*last_connect_failure_);
                    }
                    lock.unlock();
                    failure = connect(me, site, until);
                    if (!failure) {
                        now = me.handle->borrower.since;
                        return counted({shared_from_this(), std::move(me.handle)}, now - asked);
                    }
                    if (failure->for_good || failure->kind != detail::Failure::Kind::cannot_connect) {
                        lock.lock();
                        conclude(*failure);
                        throw detail::Failure{*failure};
                    }
                    break;
                case Grant::closed:
                    throw PoolClosedError{site.because("the connection pool is closed")};
                case Grant::refused:
                    throw_timeout(site, detail::NoConnection::queue_full);
                case Grant::none:
                    core_.withdraw(me);
                    // Where there is no connection at all, the reason why is the news, not the waiting.
                    if (core_.is_short_of_room()) throw_timeout(site, detail::NoConnection::budget_used_up);
                    if (core_.leased() == 0 && last_connect_failure_) throw_no_server(*last_connect_failure_);
                    throw_timeout(site, detail::NoConnection::pool_exhausted);
            }
        }
    }

    /// Opens a connection for a `connect` grant. A failure has yet to be told to the core.
    std::optional<detail::Failure> connect(detail::WaitingCaller& me, const detail::CallSite& site,
                                           const detail::Until& until) {
        try {
            me.handle = std::make_unique<detail::Connection>(dialler_.dial(until), options_, settings_, until);
            me.handle->slot = std::move(me.slot);
        } catch (const detail::Failure& caught) {
            me.slot = {};
            return caught;
        } catch (...) {
            const std::lock_guard lock{mutex_};
            core_.connect_abandoned(detail::Clock::now());
            throw;
        }
        const auto now = detail::Clock::now();
        const std::lock_guard lock{mutex_};
        me.handle->expires = detail::end_of_life(options_, now, chance());
        last_connect_failure_.reset();
        core_.connected(now);
        watch_.count_connect(true);
        lent_.lend(*me.handle, site, now);
        return std::nullopt;
    }

    void conclude(const detail::Failure& failure) {
        const auto now = detail::Clock::now();
        const bool is_refusal = failure.kind == detail::Failure::Kind::cannot_connect;
        if (is_refusal) watch_.count_connect(false);
        if (is_refusal && failure.connect_failure != ConnectFailure::deadline) {
            core_.connect_failed(now, chance());
        } else {
            core_.connect_abandoned(now);
        }
    }

    detail::Lease counted(detail::Lease lease, detail::Clock::duration wait) {
        watch_.count_wait(wait);
        if (watch_.listens()) lease.report(wait);
        return lease;
    }

    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>{0, 1}(random_); }

    [[noreturn]] void throw_no_server(const detail::Failure& failure) {
        watch_.count_timeout(detail::NoConnection::no_server);
        throw detail::Failure{failure};
    }

    [[noreturn]] void throw_timeout(const detail::CallSite& site, detail::NoConnection cause) {
        watch_.count_timeout(cause);
        detail::throw_acquire_timeout(site, cause, core_.counters(),
                                      last_connect_failure_ ? last_connect_failure_->reason : std::string{});
    }

    using Grant = detail::Grant;

    detail::Dialler dialler_;
    detail::SessionSettings settings_{options_.operation_timeout};
    std::optional<detail::Failure> last_connect_failure_;  // since the last success
    std::minstd_rand random_{std::random_device{}()};
};

inline bool detail::Lease::may_go_on() noexcept {
    return pool_->may_go_on(*connection_);
}
inline std::optional<detail::LeaseReport> detail::Lease::go_on_to(const CallSite& site,
                                                                  std::thread::id thread) noexcept {
    pool_->go_on(*connection_, site, thread);
    return report_ ? std::exchange(report_, LeaseReport{}) : std::nullopt;
}
inline detail::Lease::~Lease() {
    if (connection_) pool_->give_back(std::move(connection_), report_ ? &*report_ : nullptr);
}

}  // namespace gridone::storage::inline v0

#endif
