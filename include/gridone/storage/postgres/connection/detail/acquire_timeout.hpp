// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ACQUIRE_TIMEOUT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ACQUIRE_TIMEOUT_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/call_site.hpp>

#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Why a caller got no connection in time.
enum class NoConnection { pool_exhausted, queue_full, no_server, budget_used_up };

/// Tells a caller who got no connection what the pool was like. @throws AcquireTimeoutError
[[noreturn]] inline void throw_acquire_timeout(const CallSite& site, NoConnection cause, const PoolCounters& now,
                                               std::string last_connect_failure) {
    std::string reason = cause == NoConnection::queue_full ? "too many callers wait for a connection"
                                                           : "no connection became free in time";
    if (cause == NoConnection::budget_used_up) reason += ", and the budget shared with other pools is used up";
    ErrorInfo info = site.because(reason + " (" + std::to_string(now.leased) + " of " + std::to_string(now.max_size) +
                                  " in use, " + std::to_string(now.waiting) + " other callers waiting)");
    if (!last_connect_failure.empty()) info.reason += "; the last attempt to connect: " + last_connect_failure;
    info.retry = Retry::same_call;
    throw AcquireTimeoutError{std::move(info), now, std::move(last_connect_failure)};
}

}  // namespace gridone::storage::inline v0::detail

#endif
