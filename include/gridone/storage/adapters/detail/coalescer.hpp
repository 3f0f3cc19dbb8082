// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCER_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCER_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/shared_batch.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Who shares a statement with whom, and who runs it. Does no I/O; thread-safe.
///
/// At most `max_statements` are under way, and of those that write `max_writes`. A caller that finds fewer makes its call
/// alone, at once. Otherwise it takes a seat in a batch of its kind and sleeps. Whoever's statement ends hands its place to
/// the batch that has waited longest: wakes the one of it that can wait longest for an answer, who leads. Callers join
/// until the leader has a connection. Whoever has waited for `max_wait` leads its batch in a place that is one more. There
/// is no timer and no thread; where nobody waits, nobody is made to.
class Coalescer {
public:
    /// @throws InvalidInputError
    explicit Coalescer(const CoalescingOptions& options)
        : options_{options}, free_{places(options.max_statements)}, free_to_write_{places(options.max_writes)} {
        if (free_ == 0 || free_to_write_ == 0 || options.max_batch == 0) {
            throw InvalidInputError{"max_statements, max_batch and max_writes of CoalescingOptions must be 1 or more"};
        }
    }

    /// What a caller is to do.
    struct Turn {
        enum class Kind {
            alone,     ///< Make the call alone, then `end_statement`.
            apart,     ///< Make the call alone; it has left its batch, which had not begun.
            lead,      ///< Run the batch: `begin` once there is a connection, or `pass_on`; then `answer`.
            answered,  ///< Read the answer.
            too_late   ///< Its time ran out while the statement was under way.
        };
        Kind kind;
        std::shared_ptr<SharedBatch> batch{};
        std::size_t seat = 0;
    };

    /// A call begins. Sleeps until its turn has come, at the latest until the rider's deadline.
    /// @param join_until  leaves a batch that has not begun by then
    Turn arrive(SharedCall call, const Rider& rider, Deadline join_until, const std::stop_token* stop) {
        Turn turn{Turn::Kind::alone};
        {
            const std::lock_guard lock{mutex_};
            if (has_place_for(call)) {
                take_place(call);
                ++stats_.alone;
                return turn;
            }
            turn.batch = batch_for(call, rider);
            turn.seat = turn.batch->join(rider);
        }
        SharedBatch& batch = *turn.batch;
        const Deadline patience = deadline_after(options_.max_wait);
        const std::stop_callback on_stop{stop == nullptr ? std::stop_token{} : *stop, [&] {
                                             batch.word.add_news();
                                             batch.word.wake(turn.seat);
                                         }};
        for (;;) {
            const std::uint32_t seen = batch.word.look();
            const bool is_under_way = (seen & SharedBatch::under_way) != 0;
            if ((seen & SharedBatch::answered) != 0) {
                turn.kind = Turn::Kind::answered;
                return turn;
            }
            if (!is_under_way && batch.leader == turn.seat) {
                turn.kind = Turn::Kind::lead;
                return turn;
            }
            const Deadline until = is_under_way ? rider.deadline : std::min(rider.deadline, join_until);
            const bool is_led = is_under_way || batch.leader != SharedBatch::nobody;
            const auto now = Clock::now();
            const bool is_over = now >= until || (stop != nullptr && stop->stop_requested());
            if (is_over || (!is_led && now >= patience && !lead_at_once(batch))) {
                turn.kind = leave(turn);
                return turn;
            }
            batch.word.sleep(seen, turn.seat, is_led ? until : std::min(until, patience));
        }
    }

    /// The statement is about to be sent: nobody joins any more.
    void begin(SharedBatch& batch) {
        const std::lock_guard lock{mutex_};
        std::erase_if(waiting_, [&](const auto& other) { return other.get() == &batch; });
        batch.word.set(SharedBatch::under_way);
    }

    /// The leader cannot run it: it leaves, and another of the batch leads.
    void pass_on(const Turn& turn) {
        Woken woken;
        {
            const std::lock_guard lock{mutex_};
            leave_seat(turn);
            woken = hand_over(turn.batch->call);
        }
        woken.wake();
        turn.batch->word.wake_all();  // should it be without a leader now, they have waited long enough
    }

    /// The answer is there. Those who wait for it are woken before who leads the next batch, so that those of them who
    /// ask again at once are in it: larger batches, which are the cheapest of all.
    void answer(SharedBatch& batch) {
        Woken woken;
        {
            const std::lock_guard lock{mutex_};
            count(batch);
            woken = hand_over(batch.call);
        }
        tell(batch);
        woken.wake();
    }

    /// A call that was made alone has ended.
    void end_statement(SharedCall call) {
        Woken woken;
        {
            const std::lock_guard lock{mutex_};
            woken = hand_over(call);
        }
        woken.wake();
    }

    void count_apart() {
        const std::lock_guard lock{mutex_};
        ++stats_.sent_apart;
    }

    [[nodiscard]] CoalescingStats stats() const {
        const std::lock_guard lock{mutex_};
        CoalescingStats now = stats_;
        for (const auto& batch : waiting_) now.waiting += batch->present;
        return now;
    }

private:
    using BatchPtr = std::shared_ptr<SharedBatch>;

    /// Who is to be woken once the mutex is free.
    struct Woken {
        BatchPtr led{};
        std::vector<BatchPtr> apart{};

        void wake() const {
            if (led) led->word.wake(led->leader);
            for (const BatchPtr& batch : apart) tell(*batch);
        }
    };

    static void tell(SharedBatch& batch) {
        batch.word.set(SharedBatch::answered);
        batch.word.wake_all();
    }

    /// The last batch of the kind that waits, or a new one.
    BatchPtr batch_for(SharedCall call, const Rider& rider) {
        const auto last =
            std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& batch) { return batch->call == call; });
        if (last != waiting_.rend() && (*last)->has_room_for(rider, options_)) return *last;
        return waiting_.emplace_back(std::make_shared<SharedBatch>(call));
    }

    Turn::Kind leave(const Turn& turn) {
        Woken woken;
        bool leads = false;
        {
            const std::lock_guard lock{mutex_};
            const std::uint32_t seen = turn.batch->word.look();
            if ((seen & SharedBatch::answered) != 0) return Turn::Kind::answered;
            if ((seen & SharedBatch::under_way) != 0) {
                const std::lock_guard no_longer_read{turn.batch->reading};
                return Turn::Kind::too_late;
            }
            leads = turn.batch->leader == turn.seat;
            leave_seat(turn);
            if (leads) woken = hand_over(turn.batch->call);
        }
        woken.wake();
        if (leads) turn.batch->word.wake_all();
        return Turn::Kind::apart;
    }

    void leave_seat(const Turn& turn) {
        SharedBatch& batch = *turn.batch;
        batch.riders[turn.seat].left = true;
        if (batch.leader == turn.seat) {
            batch.leader = SharedBatch::nobody;
            batch.word.add_news();
        }
        if (--batch.present == 0) std::erase(waiting_, turn.batch);
    }

    /// The place of a statement is free: for the batch that has waited longest, if one has.
    [[nodiscard]] Woken hand_over(SharedCall from) {
        leave_place(from);
        Woken woken;
        for (auto next = waiting_.begin(); next != waiting_.end();) {
            SharedBatch& batch = **next;
            if (batch.leader != SharedBatch::nobody || !has_place_for(batch.call)) {
                ++next;
            } else if (lead(batch)) {
                woken.led = *next;
                return woken;
            } else {
                woken.apart.push_back(std::move(*next));
                next = waiting_.erase(next);
            }
        }
        return woken;
    }

    /// Gives the batch a place that is one more. @returns whether it has a leader
    bool lead_at_once(SharedBatch& batch) {
        {
            const std::lock_guard lock{mutex_};
            if (batch.leader != SharedBatch::nobody || (batch.word.look() & SharedBatch::under_way) != 0) return true;
            if (!lead(batch)) return false;
        }
        batch.word.wake(batch.leader);
        return true;
    }

    /// Has the one lead the batch who can wait longest, if anyone may; to be woken.
    bool lead(SharedBatch& batch) {
        const auto leader = batch.best_leader();
        if (!leader) return false;
        take_place(batch.call);
        batch.leader = *leader;
        batch.word.add_news();
        return true;
    }

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

    void count(const SharedBatch& batch) {
        const std::size_t calls = batch.present;
        if (!batch.is_told) return;
        ++stats_.statements;
        stats_.shared += calls;
        stats_.largest = std::max(stats_.largest, calls);
        ++stats_.sizes[std::min(static_cast<std::size_t>(std::bit_width(calls)), stats_.sizes.size()) - 1];
    }

    CoalescingOptions options_;
    mutable std::mutex mutex_;
    std::ptrdiff_t free_;
    std::ptrdiff_t free_to_write_;
    std::deque<BatchPtr> waiting_;  // by age; those with a leader that have not begun among them
    CoalescingStats stats_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
