// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LENT_CONNECTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LENT_CONNECTIONS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Which connections of a pool are in use, and by whom. Its owner has the lock.
class LentConnections {
public:
    /// @param most  so many can be lent without allocating.
    explicit LentConnections(std::size_t most) { lent_.reserve(most); }

    void lend(Connection& connection, const CallSite& site, Clock::time_point now) noexcept {
        connection.borrower = {.site = site, .thread = std::this_thread::get_id(), .since = now};
        lent_.push_back(&connection);
    }

    void take_back(const Connection& connection) noexcept { std::erase(lent_, &connection); }

    /// A thread that waits for a connection while it holds one may wait for itself. @throws UsageError
    void refuse_second(const CallSite& site) const {
        for (const Connection* connection : lent_) {
            const Borrower& first = connection->borrower;
            if (first.thread != std::this_thread::get_id()) continue;
            std::string place{first.site.operation};
            if (!first.site.table.empty()) place.append(" ").append(first.site.table);
            throw UsageError{site.because("this thread already holds a connection, for " + place +
                                          "; with a second one it could wait for itself")};
        }
    }

    /// Ends what they are doing. @returns how many there are
    std::size_t cut_off() const noexcept {
        for (const Connection* connection : lent_) connection->cut_off();
        return lent_.size();
    }

private:
    std::vector<Connection*> lent_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
