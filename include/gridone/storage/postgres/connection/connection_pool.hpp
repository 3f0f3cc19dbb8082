// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_POOL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_CONNECTION_POOL_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

class ConnectionPool;

namespace detail {

class ManagerState;

/// A borrowed connection; gives it back, or discards it if it is broken or still in a transaction.
class Lease {
public:
    Lease(std::shared_ptr<ConnectionPool> pool, std::unique_ptr<Connection> connection) noexcept
        : pool_{std::move(pool)}, connection_{std::move(connection)} {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    inline ~Lease();

    [[nodiscard]] Connection* operator->() const noexcept { return connection_.get(); }

private:
    std::shared_ptr<ConnectionPool> pool_;  // keeps the pool alive until the connection is back
    std::unique_ptr<Connection> connection_;
};

}  // namespace detail

/// At most `max_size` connections to one server, lent in order of arrival.
///
/// A caller that finds none free opens one itself while there is room, otherwise it waits; a connection that comes back
/// goes straight to the caller who has waited longest. Idle connections are checked without a round trip before they
/// are lent, so one that the server closed meanwhile is never seen. There is no background thread. Thread-safe.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
public:
    /// Does no I/O. Pools are shared: `std::make_shared<ConnectionPool>(dsn, options)`.
    /// @throws InvalidInputError  the connection string is malformed (nothing of it is quoted), or max_size is 0.
    explicit ConnectionPool(const std::string& dsn, PoolOptions options = {}) : parameters_{dsn}, options_{options} {
        if (options_.max_size == 0) throw InvalidInputError{"PoolOptions::max_size is 0"};
    }
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
        std::vector<std::unique_ptr<detail::Connection>> idle;
        const std::lock_guard lock{mutex_};
        closed_ = true;
        idle.swap(idle_);
        size_ -= idle.size();
        for (Waiter* waiter : waiters_) waiter->wake_with(Grant::closed);
        waiters_.clear();
    }

    [[nodiscard]] bool is_closed() const {
        const std::lock_guard lock{mutex_};
        return closed_;
    }

private:
    friend class detail::Lease;
    friend class detail::ManagerState;

    enum class Grant { none, connection, slot, closed };

    /// Lives on the stack of the caller that waits; touched under the mutex only.
    struct Waiter {
        std::condition_variable woken;
        Grant grant = Grant::none;
        std::unique_ptr<detail::Connection> connection;

        void wake_with(Grant what) noexcept {
            grant = what;
            woken.notify_one();
        }
    };

    /// A live, clean connection. @throws AcquireTimeoutError, PoolClosedError, or Failure from dialling.
    detail::Lease acquire(detail::Deadline call_deadline, const detail::CallSite& site) {
        const auto deadline = std::min(call_deadline, detail::deadline_after(options_.acquire_timeout));
        std::unique_lock lock{mutex_};
        if (closed_) throw_closed(site);
        if (waiters_.empty()) {
            while (!idle_.empty()) {
                std::unique_ptr<detail::Connection> connection = std::move(idle_.back());
                idle_.pop_back();
                lock.unlock();
                if (connection->is_clean()) return {shared_from_this(), std::move(connection)};
                connection.reset();
                lock.lock();
                if (give_slot_to_waiter_or_free_it(); closed_) throw_closed(site);
            }
            if (waiters_.empty() && size_ < options_.max_size) {
                idle_.reserve(size_ + 1);  // so that giving a connection back cannot fail
                ++size_;
                lock.unlock();
                return connect(deadline);
            }
        }
        Waiter me;
        waiters_.push_back(&me);
        const bool granted = me.woken.wait_until(lock, deadline, [&] { return me.grant != Grant::none; });
        if (!granted) {
            std::erase(waiters_, &me);
            throw_timeout(site);
        }
        if (me.grant == Grant::closed) throw_closed(site);
        lock.unlock();
        if (me.grant == Grant::connection) return {shared_from_this(), std::move(me.connection)};
        return connect(deadline);
    }

    /// Fills a slot that is already counted in `size_`.
    detail::Lease connect(detail::Deadline deadline) {
        std::unique_ptr<detail::Connection> connection;
        try {
            connection = std::make_unique<detail::Connection>(parameters_, options_.operation_timeout, deadline);
        } catch (const detail::Failure& failure) {
            const std::lock_guard lock{mutex_};
            last_connect_failure_ = failure.reason;
            give_slot_to_waiter_or_free_it();
            throw;
        } catch (...) {
            const std::lock_guard lock{mutex_};
            give_slot_to_waiter_or_free_it();
            throw;
        }
        {
            const std::lock_guard lock{mutex_};
            last_connect_failure_.clear();
        }
        return {shared_from_this(), std::move(connection)};
    }

    void give_back(std::unique_ptr<detail::Connection> connection) noexcept {
        const bool clean = connection->is_clean();
        if (!clean) connection.reset();
        const std::lock_guard lock{mutex_};
        if (!clean || closed_) {
            give_slot_to_waiter_or_free_it();
        } else if (!waiters_.empty()) {
            Waiter& next = *waiters_.front();
            waiters_.pop_front();
            next.connection = std::move(connection);
            next.wake_with(Grant::connection);
        } else {
            idle_.push_back(std::move(connection));
        }
    }

    void give_slot_to_waiter_or_free_it() noexcept {
        if (waiters_.empty()) {
            --size_;
            return;
        }
        Waiter& next = *waiters_.front();
        waiters_.pop_front();
        next.wake_with(Grant::slot);
    }

    [[nodiscard]] PoolCounters counters_locked() const {
        return {.max_size = options_.max_size,
                .size = size_,
                .idle = idle_.size(),
                .leased = size_ - idle_.size(),
                .waiting = waiters_.size()};
    }

    [[noreturn]] static void throw_closed(const detail::CallSite& site) {
        throw PoolClosedError{site.because("the connection pool is closed")};
    }

    [[noreturn]] void throw_timeout(const detail::CallSite& site) const {
        const PoolCounters now = counters_locked();
        ErrorInfo info = site.because("no connection became free in time (" + std::to_string(now.leased) + " of " +
                                      std::to_string(now.max_size) + " in use, " + std::to_string(now.waiting) +
                                      " other callers waiting)");
        if (!last_connect_failure_.empty()) info.reason += "; the last attempt to connect: " + last_connect_failure_;
        info.retry = Retry::same_call;
        throw AcquireTimeoutError{std::move(info), now, last_connect_failure_};
    }

    detail::ConnectionParameters parameters_;
    PoolOptions options_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<detail::Connection>> idle_;  // the most recently used last
    std::deque<Waiter*> waiters_;                            // the longest waiting first
    std::size_t size_ = 0;                                   // idle, leased and being connected
    std::string last_connect_failure_;
    bool closed_ = false;
};

inline detail::Lease::~Lease() {
    if (connection_) pool_->give_back(std::move(connection_));
}

}  // namespace gridone::storage::inline v0

#endif
