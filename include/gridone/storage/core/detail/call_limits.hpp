// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_CALL_LIMITS_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_CALL_LIMITS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Time has run out, and nothing was applied.
inline ErrorInfo too_late(const CallSite& site, std::string reason) {
    ErrorInfo info = site.because(std::move(reason));
    info.retry = Retry::caller_decides;
    return info;
}

/// In the middle of a call whose pace the caller sets. @throws DeadlineExceededError, CancelledError  nothing was applied
inline void expect_time_left(const CallSite& site) {
    if (site.stop != nullptr && site.stop->stop_requested()) {
        throw CancelledError{too_late(site, "the caller stopped it before its end")};
    }
    if (Clock::now() >= site.deadline)
        throw DeadlineExceededError{too_late(site, "the deadline passed before its end")};
}

/// How the calls of a view differ from those of the storage: when they are to end, at the latest, and in which
/// transaction they are.
struct CallLimits {
    CallLimits() = default;
    // A move copies: a view that was moved from is still in its transaction.
    CallLimits(const CallLimits&) = default;
    CallLimits& operator=(const CallLimits&) = default;
    ~CallLimits() = default;

    std::chrono::nanoseconds duration = std::chrono::nanoseconds::max();  ///< Of each call.
    Deadline deadline = Deadline::max();                                  ///< Of all of them.
    std::stop_token stop{};
    std::shared_ptr<TransactionState> transaction{};
    std::uint64_t part = 0;  ///< Of the transaction: the inner transaction that the calls are made in; 0 for none.

    /// A call begins. @throws DeadlineExceededError, CancelledError  it is too late for it
    ///                 @throws UsageError  the transaction is not one that it can be in
    void begin(CallSite& site) const {
        if (!transaction) return begin_in_time(site, deadline);
        transaction->check(site, part);
        transaction->guarded([&] { begin_in_time(site, std::min(deadline, transaction->deadline())); });
        site.transaction = transaction.get();
    }

private:
    void begin_in_time(CallSite& site, Deadline last) const {
        if (stop.stop_requested()) throw CancelledError{too_late(site, "the caller stopped it before it began")};
        const Deadline now = Clock::now();
        site.deadline = duration > Deadline::max() - now ? last : std::min(last, now + duration);
        if (site.deadline <= now)
            throw DeadlineExceededError{too_late(site, "the deadline had passed before it began")};
        if (stop.stop_possible()) site.stop = &stop;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
