// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_HPP

#include <gridone/storage/postgres/connection/detail/connection.hpp>

#include <memory>
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

private:
    std::shared_ptr<ConnectionPool> pool_;  // keeps the pool alive until the connection is back
    std::unique_ptr<Connection> connection_;
};

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
