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
#include <gridone/storage/postgres/connection/detail/lease.hpp>
#include <gridone/storage/postgres/connection/detail/lent_connections.hpp>
#include <gridone/storage/postgres/connection/detail/pool_core.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/connection/detail/waiting_caller.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {
class LostWrite;
class ManagerState;
class StatementRun;
}  // namespace detail

/// At most `max_size` connections to one server, lent in order of arrival.
///
/// A caller that finds none free opens one itself while there is room, two callers at a time; otherwise it waits, and a
/// connection that comes back goes straight to the caller who has waited longest. While the server cannot be reached,
/// callers wait for it until their deadline and one at a time tries, at most 20 times a second; a refused login or a
/// missing database is told at once. Idle connections are checked before they are lent, without a round trip unless
/// they have been idle for long, so one that the server closed meanwhile is never seen. There is no background thread.
/// Thread-safe. After a `fork`, the child gets `UsageError` and the parent's connections are not touched.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
public:
    /// Does no I/O. Pools are shared: `std::make_shared<ConnectionPool>(dsn, options)`.
    /// @throws InvalidInputError  the connection string is malformed (nothing of it is quoted), or max_size is 0.
    explicit ConnectionPool(const std::string& dsn, PoolOptions options = {})
        : dialler_{dsn},
          options_{detail::checked(options)},
          core_{detail::limits_of(options)},
          lent_{options_.max_size} {}
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;
    ConnectionPool(ConnectionPool&&) = delete;
    ConnectionPool& operator=(ConnectionPool&&) = delete;
    ~ConnectionPool() { close(); }

    [[nodiscard]] const PoolOptions& options() const noexcept { return options_; }

    [[nodiscard]] PoolCounters counters() const {
        const std::lock_guard lock{mutex_};
        return counters_locked();
    }

    /// Closes the idle connections, wakes all waiting callers with `PoolClosedError` and refuses new ones. Connections
    /// in use finish their statement and are closed when they come back. Closing again does nothing.
    void close() noexcept {
        std::vector<detail::WaitingCaller::Core::Idle> idle;  // closed when nobody waits for it
        if (forked()) {                                       // the mutex may be held by a thread that is not here
            for (auto& one : idle = core_.close()) one.handle->abandon();
            dialler_.abandon();
            return;
        }
        dialler_.close();
        const std::lock_guard lock{mutex_};
        idle = core_.close();
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
    friend class detail::ManagerState;

    using ConnectionPtr = std::unique_ptr<detail::Connection>;

    [[nodiscard]] bool forked() const noexcept { return ::getpid() != process_; }

    /// A live, clean connection.
    /// @throws AcquireTimeoutError, PoolClosedError, UsageError, CancelledError, or Failure from dialling.
    detail::Lease acquire(const detail::Until& call, const detail::CallSite& site) {
        if (forked()) {
            throw UsageError{site.because("the pool was made before fork(); a child process needs a pool of its own")};
        }
        const detail::Until until = call.but_not_after(detail::deadline_after(options_.acquire_timeout));
        detail::WaitingCaller me;
        const std::stop_callback on_stop{site.stop == nullptr ? std::stop_token{} : *site.stop, [&] {
                                             const std::lock_guard lock{mutex_};
                                             me.notify();
                                         }};
        std::optional<detail::Failure> failure;
        for (;;) {
            ConnectionPtr dead;  // closed when nobody waits for it
            std::unique_lock lock{mutex_};
            lent_.refuse_second(site);
            core_.ask(me, detail::Clock::now());
            if (failure) {
                conclude(*failure);
                remember(*failure);
            }
            me.await_grant(core_, lock, until.deadline, site);
            switch (me.grant) {
                case Grant::connection:
                    lent_.lend(*me.handle, site);
                    lock.unlock();
                    if (detail::Lease lease{shared_from_this(), std::move(me.handle)}; is_usable(*lease, until)) {
                        return lease;
                    } else {
                        discard(lease.release());
                    }
                    failure.reset();
                    break;
                case Grant::connect:
                    if (failure && detail::Clock::now() >= until.deadline) {
                        core_.connect_abandoned(detail::Clock::now());
                        throw detail::Failure{*failure};
                    }
                    lock.unlock();
                    failure = connect(me, site, until);
                    if (!failure) return {shared_from_this(), std::move(me.handle)};
                    if (failure->for_good || failure->kind != detail::Failure::Kind::cannot_connect) {
                        lock.lock();
                        conclude(*failure);
                        throw detail::Failure{*failure};
                    }
                    break;
                case Grant::closed:
                    throw PoolClosedError{site.because("the connection pool is closed")};
                case Grant::refused:
                    throw_timeout(site, "too many callers wait for a connection");
                case Grant::none:
                    core_.withdraw(me);
                    // Where there is no connection at all, the reason why is the news, not the waiting.
                    if (core_.leased() == 0 && last_connect_failure_) throw detail::Failure{*last_connect_failure_};
                    throw_timeout(site, "no connection became free in time");
            }
        }
    }

    /// Opens a connection for a `connect` grant. A failure has yet to be told to the core.
    std::optional<detail::Failure> connect(detail::WaitingCaller& me, const detail::CallSite& site,
                                           const detail::Until& until) {
        std::optional<detail::Failure> failure;
        try {
            me.handle = std::make_unique<detail::Connection>(dialler_.dial(until), options_.operation_timeout, until);
        } catch (const detail::Failure& caught) {
            return caught;
        } catch (...) {
            const std::lock_guard lock{mutex_};
            core_.connect_abandoned(detail::Clock::now());
            throw;
        }
        const auto now = detail::Clock::now();
        const std::lock_guard lock{mutex_};
        const double shortened = 1 - chance() / 10;
        me.handle->expires = detail::deadline_after(std::chrono::milliseconds{
            static_cast<std::int64_t>(static_cast<double>(options_.max_lifetime.count()) * shortened)});
        last_connect_failure_.reset();
        core_.connected(now);
        lent_.lend(*me.handle, site);
        return std::nullopt;
    }

    /// For the error of those who wait in vain.
    void remember(const detail::Failure& failure) noexcept {
        try {
            last_connect_failure_ = failure;
        } catch (const std::bad_alloc&) {
            last_connect_failure_.reset();
        }
    }

    void conclude(const detail::Failure& failure) {
        const auto now = detail::Clock::now();
        if (failure.kind == detail::Failure::Kind::cannot_connect &&
            failure.connect_failure != ConnectFailure::deadline) {
            core_.connect_failed(now, chance());
        } else {
            core_.connect_abandoned(now);
        }
    }

    bool is_usable(detail::Connection& connection, const detail::Until& until) const {
        const auto now = detail::Clock::now();
        if (now >= connection.expires || !connection.is_clean()) return false;
        return now - connection.idle_since < options_.check_after_idle ||
               connection.answers(until.but_not_after(now + longest_check));
    }

    void give_back(ConnectionPtr connection) noexcept {
        if (forked()) return connection->abandon();
        const auto now = detail::Clock::now();
        if (now >= connection->expires || !connection->is_clean()) return discard(std::move(connection));
        std::optional<ConnectionPtr> refused;
        std::optional<ConnectionPtr> stale;
        connection->idle_since = now;
        const std::lock_guard lock{mutex_};
        lent_.take_back(*connection);
        refused = core_.returned(std::move(connection), now);
        stale = core_.take_idle_since(now - options_.idle_timeout);
        if (core_.is_closed()) came_back_.notify_all();
    }

    void discard(ConnectionPtr connection) noexcept {
        {
            const std::lock_guard lock{mutex_};
            lent_.take_back(*connection);
        }
        connection.reset();  // before there is room for another, so that the server never sees one too many
        const std::lock_guard lock{mutex_};
        core_.discarded(detail::Clock::now());
        if (core_.is_closed()) came_back_.notify_all();
    }

    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>{0, 1}(random_); }

    [[nodiscard]] PoolCounters counters_locked() const {
        return {.max_size = options_.max_size,
                .size = core_.size(),
                .idle = core_.idle(),
                .leased = core_.leased(),
                .waiting = core_.waiting()};
    }

    [[noreturn]] void throw_timeout(const detail::CallSite& site, const std::string& reason) const {
        detail::throw_acquire_timeout(site, reason, counters_locked(),
                                      last_connect_failure_ ? last_connect_failure_->reason : std::string{});
    }

    using Grant = detail::Grant;
    static constexpr std::chrono::milliseconds longest_check{1'000};

    detail::Dialler dialler_;
    PoolOptions options_;
    pid_t process_ = ::getpid();
    mutable std::mutex mutex_;
    std::condition_variable came_back_;  // after closing
    detail::WaitingCaller::Core core_;
    detail::LentConnections lent_;
    std::optional<detail::Failure> last_connect_failure_;  // since the last success
    std::minstd_rand random_{std::random_device{}()};
};

inline detail::Lease::~Lease() {
    if (connection_) pool_->give_back(std::move(connection_));
}

}  // namespace gridone::storage::inline v0

#endif
