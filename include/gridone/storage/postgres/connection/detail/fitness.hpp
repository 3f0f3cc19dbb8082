// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FITNESS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FITNESS_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <chrono>
#include <optional>

namespace gridone::storage::inline v0::detail {

/// Why an idle connection cannot be lent; nothing if it can. Asks the server only if it was idle for `check_after_idle`,
/// and then moves `now`.
inline std::optional<Retirement> unfit_to_lend(Connection& connection, std::chrono::milliseconds check_after_idle,
                                               const Until& until, Clock::time_point& now) {
    constexpr std::chrono::milliseconds longest_check{1'000};
    if (now >= connection.expires) return Retirement::max_lifetime;
    if (!connection.is_clean()) return Retirement::failed_check;
    if (now - connection.idle_since < check_after_idle) return std::nullopt;
    const bool answers = connection.answers(until.but_not_after(now + longest_check));
    now = Clock::now();
    if (answers) return std::nullopt;
    const Retirement defect = connection.defect();
    return defect == Retirement::read_only ? defect : Retirement::failed_check;
}

/// Why a connection that came back cannot be kept; nothing if it can. The line is looked at when it is lent again.
inline std::optional<Retirement> unfit_to_keep(const Connection& connection, Clock::time_point now) noexcept {
    if (!connection.is_settled()) return connection.defect();
    if (now >= connection.expires) return Retirement::max_lifetime;
    return std::nullopt;
}

}  // namespace gridone::storage::inline v0::detail

#endif
