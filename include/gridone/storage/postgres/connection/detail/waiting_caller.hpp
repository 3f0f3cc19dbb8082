// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_WAITING_CALLER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_WAITING_CALLER_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/budget_share.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/pool_core.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace gridone::storage::inline v0::detail {

/// A caller of a pool, until it has its answer. Lives on the stack; touched under the pool's mutex only.
class WaitingCaller : public PoolRequest<std::unique_ptr<Connection>, WaitingCaller> {
public:
    using Core = PoolCore<std::unique_ptr<Connection>, WaitingCaller>;

    void notify() noexcept { woken_.notify_one(); }
    [[nodiscard]] bool prefers(const std::unique_ptr<Connection>& idle) const noexcept {
        return idle->borrower.thread == thread_;
    }

    /// Of the connection that it was granted to open.
    BudgetSlot slot{};

    /// Sleeps until there is a grant, or the deadline has passed. @throws CancelledError
    void await_grant(Core& core, const BudgetShare& share, std::unique_lock<std::mutex>& lock, Deadline deadline,
                     const CallSite& site) {
        Clock::time_point next_claim{};  // of what other pools of the budget do not use
        while (grant == Grant::none) {
            if (site.stop != nullptr && site.stop->stop_requested()) {
                core.withdraw(*this);
                throw CancelledError{site.because("the caller stopped it before there was a connection")};
            }
            const auto now = Clock::now();
            if (now >= deadline) return;
            const bool claims = core.is_short_of_room() && core.is_first(*this);
            if (claims && now >= next_claim) {
                lock.unlock();
                share.claim_idle();
                lock.lock();
                next_claim = Clock::now() + std::chrono::milliseconds{10};
            } else if (core.wake_time(*this) <= now) {
                core.time_passed(now);
            } else {
                const auto wake = std::min(deadline, core.wake_time(*this));
                woken_.wait_until(lock, claims ? std::min(wake, next_claim) : wake);
            }
        }
    }

private:
    std::condition_variable woken_;
    std::thread::id thread_ = std::this_thread::get_id();
};

}  // namespace gridone::storage::inline v0::detail

#endif
