// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace gridone::storage::inline v0 {

class ConnectionPool;

namespace detail {

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
    [[nodiscard]] Connection& operator*() const noexcept { return *connection_; }

    /// Whoever takes it out gives it back.
    [[nodiscard]] std::unique_ptr<Connection> release() noexcept { return std::move(connection_); }

    /// Somebody wants to know what is done with it.
    void report(std::chrono::nanoseconds waited) { report_.emplace().waited = waited; }

    /// As the connection does, and noted if somebody wants to know. @throws Failure
    /// @param within  the call, if it is not the one that has the connection
    Result run(const Statement& statement, const Parameters& values, const Until& until,
               const CallSite* within = nullptr) {
        const auto f = [&] { return connection_->run(statement, values, until); };
        return report_ ? report_->measured(f, within) : f();
    }

    /// The reply to a statement that the connection was given to send at that time. @throws Failure
    Result receive(const Statement& statement, const Until& until, Clock::time_point sent) {
        const auto f = [&] { return connection_->receive(statement, until); };
        return report_ ? report_->measured(f, nullptr, sent) : f();
    }

    /// Whether it may go to another call at once, without having been back: nobody waits for it in the pool. The pool knows
    /// then what was written.
    [[nodiscard]] inline bool may_go_on() noexcept;
    /// Is that call's from now on, which lives as long as it has it.
    /// @returns what this call did with it, if somebody wants to know
    inline std::optional<LeaseReport> go_on_to(const CallSite& site, std::thread::id thread) noexcept;

    /// Runs `f`, which gives a Result, as one statement.
    template <class F>
    Result as_one(F&& f) {
        return report_ ? report_->measured(f) : f();
    }

private:
    std::shared_ptr<ConnectionPool> pool_;  // keeps the pool alive until the connection is back
    std::unique_ptr<Connection> connection_;
    std::optional<LeaseReport> report_;
};

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
