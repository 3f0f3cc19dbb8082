// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BUDGET_SHARE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BUDGET_SHARE_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/connection_budget.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A pool as its budget sees it. Called while no lock is held.
class BudgetMember {
public:
    BudgetMember() = default;
    BudgetMember(const BudgetMember&) = delete;
    BudgetMember& operator=(const BudgetMember&) = delete;

    /// Keeps the pool alive.
    virtual std::shared_ptr<BudgetMember> as_member() = 0;

    /// Room was set aside for the pool. @returns how much of it the pool has no use for
    virtual std::size_t use_room() noexcept = 0;

    /// Closes a connection idle since then, for the sake of another pool. @returns whether there was one
    virtual bool give_up_idle(Clock::time_point since) noexcept = 0;

protected:
    ~BudgetMember() = default;
};

/// The right to have one connection; given back when it ends. Ends while no lock is held.
class BudgetSlot {
public:
    BudgetSlot() = default;
    explicit BudgetSlot(BudgetShare* share) noexcept : share_{share} {}
    BudgetSlot(BudgetSlot&& other) noexcept : share_{std::exchange(other.share_, nullptr)} {}
    BudgetSlot& operator=(BudgetSlot&& other) noexcept {
        BudgetSlot old{std::exchange(share_, std::exchange(other.share_, nullptr))};
        return *this;
    }
    BudgetSlot(const BudgetSlot&) = delete;
    BudgetSlot& operator=(const BudgetSlot&) = delete;
    inline ~BudgetSlot();

private:
    BudgetShare* share_ = nullptr;
};

/// What one pool has of a budget, and whether it wants more. Without a budget there is always room.
class BudgetShare {
public:
    explicit BudgetShare(std::shared_ptr<ConnectionBudget> budget) : budget_{std::move(budget)} {
        if (!budget_) return;
        const std::lock_guard lock{budget_->mutex_};
        budget_->shares_.push_back(this);
    }
    BudgetShare(const BudgetShare&) = delete;
    BudgetShare& operator=(const BudgetShare&) = delete;
    BudgetShare(BudgetShare&&) = delete;
    BudgetShare& operator=(BudgetShare&&) = delete;
    ~BudgetShare() {
        if (!is_bound()) return;
        const std::lock_guard lock{budget_->mutex_};
        std::erase(budget_->shares_, this);
    }

    [[nodiscard]] bool is_bound() const noexcept { return budget_ != nullptr && ::getpid() == process_; }

    /// Room for one connection, to be held by a `slot`; or else the pool is in the queue for it. Under the pool's lock.
    [[nodiscard]] bool take(std::weak_ptr<BudgetMember> owner) noexcept {
        const std::lock_guard lock{budget_->mutex_};
        owner_ = std::move(owner);
        if (set_aside_ > 0) {
            --set_aside_;
        } else if (budget_->used_ < budget_->most_) {
            ++budget_->used_;
        } else {
            if (ticket_ == 0) ticket_ = ++budget_->tickets_;
            return false;
        }
        ++used_;
        ticket_ = 0;
        return true;
    }

    /// Holds what was taken.
    [[nodiscard]] BudgetSlot slot() noexcept { return BudgetSlot{is_bound() ? this : nullptr}; }

    /// Hands on what `take` gave.
    void release() noexcept {
        if (!is_bound()) return;
        {
            const std::lock_guard lock{budget_->mutex_};
            --used_;
        }
        for (std::size_t free = 1; free > 0; --free) {
            if (const auto next = set_aside_for_next()) free += next->use_room();
        }
    }

    /// What was set aside for the pool and not taken. Under the pool's lock.
    [[nodiscard]] std::size_t leave() noexcept {
        const std::lock_guard lock{budget_->mutex_};
        if (set_aside_ > 0) ticket_ = 0;
        return std::exchange(set_aside_, 0);
    }

    /// Whether a connection that came back should be closed for the sake of another pool: where that evens out their
    /// numbers, or else a pool would have none. The pool is then the last in the queue.
    [[nodiscard]] bool gives_way() noexcept {
        if (!is_bound()) return false;
        const std::lock_guard lock{budget_->mutex_};
        const BudgetShare* const next = next_waiting(this);
        if (next == nullptr) return false;
        const auto is_small = [](const BudgetShare* share) { return share->size() < 2; };
        const bool yes = used_ > next->size() + 1 ||
                         (next->size() == 0 && std::all_of(budget_->shares_.begin(), budget_->shares_.end(), is_small));
        if (yes && ticket_ != 0) ticket_ = ++budget_->tickets_;
        return yes;
    }

    /// Has a connection closed that another pool did not use for a while. A moment is no while: where threads are many
    /// and processors few, connections wait for their callers.
    void claim_idle() const noexcept {
        const auto since = Clock::now() - std::chrono::milliseconds{5};
        for (std::size_t at = 0;; ++at) {
            std::shared_ptr<BudgetMember> other;
            {
                const std::lock_guard lock{budget_->mutex_};
                if (at >= budget_->shares_.size()) return;
                if (budget_->shares_[at] != this) other = budget_->shares_[at]->owner_.lock();
            }
            if (other && other->give_up_idle(since)) return;
        }
    }

private:
    [[nodiscard]] std::size_t size() const noexcept { return used_ + set_aside_; }

    /// The pool that has the least of those that want more, or has waited longest; not `except`.
    [[nodiscard]] BudgetShare* next_waiting(const BudgetShare* except) const noexcept {
        BudgetShare* next = nullptr;
        for (BudgetShare* const share : budget_->shares_) {
            if (share == except || share->ticket_ == 0) continue;
            if (next == nullptr || std::pair{share->size(), share->ticket_} < std::pair{next->size(), next->ticket_}) {
                next = share;
            }
        }
        return next;
    }

    /// Nobody, and the room is free again, where none waits.
    [[nodiscard]] std::shared_ptr<BudgetMember> set_aside_for_next() noexcept {
        const std::lock_guard lock{budget_->mutex_};
        while (BudgetShare* const next = next_waiting(nullptr)) {
            if (std::shared_ptr<BudgetMember> owner = next->owner_.lock()) {
                ++next->set_aside_;
                return owner;
            }
            next->ticket_ = 0;  // its pool is about to end
        }
        --budget_->used_;
        return nullptr;
    }

    std::shared_ptr<ConnectionBudget> budget_;
    pid_t process_ = ::getpid();
    // Under the budget's lock:
    std::weak_ptr<BudgetMember> owner_;
    std::size_t used_ = 0;
    std::size_t set_aside_ = 0;
    std::uint64_t ticket_ = 0;  // 0: it does not wait
};

inline BudgetSlot::~BudgetSlot() {
    if (share_ != nullptr) share_->release();
}

}  // namespace gridone::storage::inline v0::detail

#endif
