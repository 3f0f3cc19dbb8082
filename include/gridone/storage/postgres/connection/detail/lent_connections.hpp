// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LENT_CONNECTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LENT_CONNECTIONS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>

#include <cstddef>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Which connections of a pool are in use, and by whom. Its owner has the lock.
class LentConnections {
public:
    /// @param most  so many can be lent without allocating.
    explicit LentConnections(std::size_t most) { lent_.reserve(most); }

    void lend(Connection& connection, const CallSite& site, Clock::time_point now,
              std::thread::id to = std::this_thread::get_id()) noexcept {
        connection.borrower = {.site = site, .thread = to, .since = now};
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

    [[nodiscard]] std::vector<LeaseInfo> leases(Clock::time_point now) const {
        std::vector<LeaseInfo> leases;
        leases.reserve(lent_.size());
        for (const Connection* connection : lent_) leases.push_back(info_of(connection->borrower, now));
        return leases;
    }

    /// Those lent before that time, each only once. Without memory for them: nothing, for now.
    [[nodiscard]] std::vector<LeaseInfo> newly_older(Clock::time_point since, Clock::time_point now) noexcept {
        std::vector<LeaseInfo> older;
        try {
            for (Connection* connection : lent_) {
                Borrower& borrower = connection->borrower;
                if (borrower.since > since) break;  // they are in the order in which they were lent
                if (borrower.reported) continue;
                older.push_back(info_of(borrower, now));
                borrower.reported = true;
            }
        } catch (const std::bad_alloc&) {
            return older;
        }
        return older;
    }

    /// Ends what they are doing. @returns how many there are
    std::size_t cut_off() const noexcept {
        for (const Connection* connection : lent_) connection->cut_off();
        return lent_.size();
    }

private:
    [[nodiscard]] static LeaseInfo info_of(const Borrower& borrower, Clock::time_point now) {
        return {.operation = std::string{borrower.site.operation},
                .table = std::string{borrower.site.table},
                .thread = borrower.thread,
                .age = now - borrower.since};
    }

    std::vector<Connection*> lent_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
