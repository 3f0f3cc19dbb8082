// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_STOCK_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_STOCK_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/checked_options.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/fitness.hpp>
#include <gridone/storage/postgres/connection/detail/lent_connections.hpp>
#include <gridone/storage/postgres/connection/detail/pool_watch.hpp>
#include <gridone/storage/postgres/connection/detail/waiting_caller.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/types.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a pool has: its connections, wherever they are, and who waits for them. Takes connections back and closes them.
class PoolStock {
public:
    PoolStock(const PoolStock&) = delete;
    PoolStock& operator=(const PoolStock&) = delete;
    PoolStock(PoolStock&&) = delete;
    PoolStock& operator=(PoolStock&&) = delete;

protected:
    using ConnectionPtr = std::unique_ptr<Connection>;

    explicit PoolStock(PoolOptions options)
        : options_{checked(std::move(options))}, core_{limits_of(options_)}, lent_{options_.max_size} {}
    ~PoolStock() = default;

    [[nodiscard]] bool forked() const noexcept { return ::getpid() != process_; }

    /// A connection that was lent comes back.
    void give_back(ConnectionPtr connection) noexcept {
        if (forked()) return connection->abandon();
        const auto now = Clock::now();
        watch_.count_hold(now - connection->borrower.since);
        if (const auto unfit = unfit_to_keep(*connection, now)) return discard(std::move(connection), *unfit);
        std::optional<ConnectionPtr> refused;
        std::optional<ConnectionPtr> stale;
        connection->idle_since = now;
        {
            const std::lock_guard lock{mutex_};
            lent_.take_back(*connection);
            refused = core_.returned(std::move(connection), now);
            stale = core_.take_idle_since(now - options_.idle_timeout);
            if (core_.is_closed()) came_back_.notify_all();
        }
        if (refused) end(std::move(*refused), Retirement::pool_closed);
        if (stale) end(std::move(*stale), Retirement::idle);
    }

    /// A connection that was lent is to be no more.
    void discard(ConnectionPtr connection, Retirement why) noexcept {
        {
            const std::lock_guard lock{mutex_};
            lent_.take_back(*connection);
        }
        end(std::move(connection), why);  // before there is room for another, so that the server sees no more than that
        const std::lock_guard lock{mutex_};
        core_.discarded(Clock::now());
        if (core_.is_closed()) came_back_.notify_all();
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
        for (auto& one : idle) end(std::move(one.handle), Retirement::pool_closed);
    }

    // The derived pool lends under the same lock; what follows the mutex is touched under it only, but for watch_.
    PoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable came_back_;  // after closing
    WaitingCaller::Core core_;
    LentConnections lent_;
    PoolWatch watch_;

private:
    void end(ConnectionPtr connection, Retirement why) noexcept {
        connection.reset();
        watch_.count_retirement(why);
    }

    pid_t process_ = ::getpid();
};

}  // namespace gridone::storage::inline v0::detail

#endif
