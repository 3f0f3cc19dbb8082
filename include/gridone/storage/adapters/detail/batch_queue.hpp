// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_BATCH_QUEUE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_BATCH_QUEUE_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/shared_batch.hpp>
#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The batches that wait for a statement of their own, and the places of the statements that may be under way. Wakes
/// nobody. Its owner has the lock.
class BatchQueue {
public:
    using BatchPtr = std::shared_ptr<SharedBatch>;

    /// @throws InvalidInputError
    explicit BatchQueue(const CoalescingOptions& options)
        : limits_{options}, free_{places(options.max_statements)}, free_to_write_{places(options.max_writes)} {
        if (free_ == 0 || free_to_write_ == 0 || options.max_batch == 0) {
            throw InvalidInputError{"max_statements, max_batch and max_writes of CoalescingOptions must be 1 or more"};
        }
    }

    /// Whether a call may be made alone, and then it has its place.
    [[nodiscard]] bool take_free_place(SharedCall call) noexcept {
        if (!has_place_for(call)) return false;
        take_place(call);
        return true;
    }

    /// The last batch of the kind that waits, or a new one.
    [[nodiscard]] BatchPtr batch_for(SharedCall call, const Rider& rider) {
        const auto last =
            std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& batch) { return batch->call == call; });
        if (last != waiting_.rend() && (*last)->has_room_for(rider, limits_)) return *last;
        return waiting_.emplace_back(std::make_shared<SharedBatch>(call));
    }

    /// Nobody joins it any more.
    void remove(const SharedBatch& batch) noexcept {
        std::erase_if(waiting_, [&](const auto& other) { return other.get() == &batch; });
    }

    /// What a place that is free is for.
    struct Next {
        BatchPtr led{};                 ///< Has a leader now, who is to be woken.
        std::vector<BatchPtr> apart{};  ///< Are no longer here, since nobody of them may lead.
    };

    /// A statement has ended: its place is for the batch that has waited longest, if one has.
    /// @param begins  nobody joins that one any more
    [[nodiscard]] Next hand_over(SharedCall from, bool begins) {
        leave_place(from);
        Next found;
        for (auto next = waiting_.begin(); next != waiting_.end();) {
            SharedBatch& batch = **next;
            if (batch.leader != SharedBatch::nobody || !has_place_for(batch.call)) {
                ++next;
            } else if (lead(batch, begins)) {
                found.led = *next;
                if (begins) waiting_.erase(next);
                return found;
            } else {
                found.apart.push_back(std::move(*next));
                next = waiting_.erase(next);
            }
        }
        return found;
    }

    /// Has the one lead the batch who can wait longest, if anyone may, in a place that may be one more; to be woken.
    bool lead(SharedBatch& batch, bool begins = false) {
        const auto leader = batch.best_leader();
        if (!leader) return false;
        take_place(batch.call);
        if (begins) batch.word.set(SharedBatch::under_way);
        batch.leader = *leader;
        batch.word.add_news();
        return true;
    }

    /// The batch that has waited longest; null if none waits.
    [[nodiscard]] const SharedBatch* first() const noexcept {
        return waiting_.empty() ? nullptr : waiting_.front().get();
    }
    [[nodiscard]] std::size_t calls() const noexcept {
        std::size_t calls = 0;
        for (const auto& batch : waiting_) calls += batch->present;
        return calls;
    }

private:
    // Below zero where there are more than there should be, of those who would not wait.
    [[nodiscard]] bool has_place_for(SharedCall call) const noexcept {
        return free_ > 0 && (!is_write(call) || free_to_write_ > 0);
    }
    void take_place(SharedCall call) noexcept {
        --free_;
        if (is_write(call)) --free_to_write_;
    }
    void leave_place(SharedCall call) noexcept {
        ++free_;
        if (is_write(call)) ++free_to_write_;
    }
    static std::ptrdiff_t places(std::size_t number) noexcept {
        constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / 2;
        return static_cast<std::ptrdiff_t>(std::min(number, most));
    }

    CoalescingOptions limits_;
    std::ptrdiff_t free_;
    std::ptrdiff_t free_to_write_;
    std::deque<BatchPtr> waiting_;  // by age; those with a leader that have not begun among them
};

}  // namespace gridone::storage::inline v0::detail

#endif
