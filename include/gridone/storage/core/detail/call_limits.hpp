// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_CALL_LIMITS_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_CALL_LIMITS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>

namespace gridone::storage::inline v0::detail {

/// When the calls of a view are to end, at the latest.
struct CallLimits {
    std::chrono::nanoseconds duration = std::chrono::nanoseconds::max();  ///< Of each call.
    Deadline deadline = Deadline::max();                                  ///< Of all of them.
    std::stop_token stop{};

    /// A call begins. @throws DeadlineExceededError, CancelledError  it is too late for it
    void begin(CallSite& site) const {
        if (stop.stop_requested()) throw CancelledError{too_late(site, "the caller stopped it before it began")};
        const Deadline now = Clock::now();
        site.deadline = duration > Deadline::max() - now ? deadline : std::min(deadline, now + duration);
        if (site.deadline <= now)
            throw DeadlineExceededError{too_late(site, "the deadline had passed before it began")};
        if (stop.stop_possible()) site.stop = &stop;
    }

private:
    static ErrorInfo too_late(const CallSite& site, std::string reason) {
        ErrorInfo info = site.because(std::move(reason));
        info.retry = Retry::caller_decides;
        return info;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
