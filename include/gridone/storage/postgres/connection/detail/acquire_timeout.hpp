// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ACQUIRE_TIMEOUT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ACQUIRE_TIMEOUT_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/call_site.hpp>

#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Tells a caller who got no connection what the pool was like. @throws AcquireTimeoutError
[[noreturn]] inline void throw_acquire_timeout(const CallSite& site, const std::string& reason, const PoolCounters& now,
                                               std::string last_connect_failure) {
    ErrorInfo info = site.because(reason + " (" + std::to_string(now.leased) + " of " + std::to_string(now.max_size) +
                                  " in use, " + std::to_string(now.waiting) + " other callers waiting)");
    if (!last_connect_failure.empty()) info.reason += "; the last attempt to connect: " + last_connect_failure;
    info.retry = Retry::same_call;
    throw AcquireTimeoutError{std::move(info), now, std::move(last_connect_failure)};
}

}  // namespace gridone::storage::inline v0::detail

#endif
