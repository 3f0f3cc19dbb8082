// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCER_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCER_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/batch_queue.hpp>
#include <gridone/storage/adapters/detail/shared_batch.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace gridone::storage::inline v0::detail {

/// Who shares a statement with whom, and who runs it. Does no I/O; thread-safe.
///
/// At most `max_statements` are under way, and of those that write `max_writes`. A caller that finds fewer makes its call
/// alone, at once. Otherwise it takes a seat in a batch of its kind and sleeps. Whoever's statement ends hands its place to
/// the batch that has waited longest: wakes the one of it that can wait longest for an answer, who leads. Callers join
/// until the leader has a connection. Whoever has waited for `max_wait` leads its batch in a place that is one more. There
/// is no timer and no thread; where nobody waits, nobody is made to.
///
/// Between two writes, who has read the first answer sends the second statement, for a leader that may still be asleep:
/// nothing waits for the disk and for a thread, one after the other.
class Coalescer {
public:
    /// @throws InvalidInputError
    explicit Coalescer(const CoalescingOptions& options) : max_wait_{options.max_wait}, queue_{options} {}

    /// What a caller is to do.
    struct Turn {
        enum class Kind {
            alone,     ///< Make the call alone, then `end_statement`.
            apart,     ///< Make the call alone; it has left its batch, which had not begun.
            lead,      ///< Run the batch: `begin` once there is a connection, or `pass_on`; then `answer`. If it was
                       ///< `sent_ahead`, read the reply.
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
            if (queue_.take_free_place(call)) {
                ++stats_.alone;
                return turn;
            }
            turn.batch = queue_.batch_for(call, rider);
            turn.seat = turn.batch->join(rider);
        }
        SharedBatch& batch = *turn.batch;
        const Deadline patience = deadline_after(max_wait_);
        const std::stop_callback on_stop{stop == nullptr ? std::stop_token{} : *stop, [&] {
                                             batch.word.add_news();
                                             batch.word.wake(turn.seat);
                                         }};
        for (;;) {
            std::uint32_t seen = batch.word.look();
            const bool leads = batch.leader == turn.seat;
            if (leads) seen = batch.word.look();  // whether somebody sends for it was told before who it is
            const bool is_under_way = (seen & SharedBatch::under_way) != 0;
            if ((seen & SharedBatch::answered) != 0) {
                turn.kind = Turn::Kind::answered;
                return turn;
            }
            const bool is_sent_for_it = leads && is_under_way;
            if (leads && (!is_under_way || (seen & SharedBatch::sent) != 0)) {
                turn.kind = Turn::Kind::lead;
                return turn;
            }
            const Deadline until = is_sent_for_it ? Deadline::max()
                                   : is_under_way ? rider.deadline
                                                  : std::min(rider.deadline, join_until);
            const bool is_led = is_under_way || batch.leader != SharedBatch::nobody;
            const auto now = Clock::now();
            const bool is_over = now >= until || (stop != nullptr && stop->stop_requested());
            if (is_over || (!is_led && now >= patience && !lead_at_once(batch))) {
                const auto way = leave(turn);
                if (!way) continue;
                turn.kind = *way;
                return turn;
            }
            batch.word.sleep(seen, turn.seat, is_led ? until : std::min(until, patience));
        }
    }

    /// The statement is about to be sent: nobody joins any more.
    void begin(SharedBatch& batch) {
        const std::lock_guard lock{mutex_};
        queue_.remove(batch);
        batch.word.set(SharedBatch::under_way);
    }

    /// The leader cannot run it: it leaves, and another of the batch leads.
    void pass_on(const Turn& turn) {
        BatchQueue::Next next;
        {
            const std::lock_guard lock{mutex_};
            leave_seat(turn);
            next = queue_.hand_over(turn.batch->call, false);
        }
        wake(next);
        turn.batch->word.wake_all();  // should it be without a leader now, they have waited long enough
    }

    /// The answer is there. Where few wait for the next batch, those who wait for the answer are woken before who leads
    /// that, so that those of them who ask again at once are in it: larger batches, which are cheaper. Many go first.
    void answer(SharedBatch& batch) {
        BatchQueue::Next next;
        bool are_many = false;
        {
            const std::lock_guard lock{mutex_};
            count(batch);
            are_many = many_wait();
            next = queue_.hand_over(batch.call, false);
        }
        if (!are_many) tell(batch);
        wake(next);
        if (are_many) tell(batch);
    }

    /// The same where the connection may go on to the next batch: `send(batch)` does what it can, and its leader the rest.
    /// @returns whether one waits, and is to write; otherwise nothing has happened yet
    template <class Send>
    bool answer_and_send(SharedBatch& batch, Send&& send) {
        std::unique_lock lock{mutex_};
        const SharedBatch* const first = queue_.first();
        if (first == nullptr || !is_write(first->call)) return false;
        count(batch);
        const bool are_many = many_wait();
        if (!are_many) {
            lock.unlock();
            tell(batch);
            lock.lock();
        }
        const BatchQueue::Next next = queue_.hand_over(batch.call, true);
        lock.unlock();
        if (next.led) {
            send(*next.led);
            next.led->word.set(SharedBatch::sent);
        }
        wake(next);
        if (are_many) tell(batch);
        return true;
    }

    /// A call that was made alone has ended.
    void end_statement(SharedCall call) {
        BatchQueue::Next next;
        {
            const std::lock_guard lock{mutex_};
            next = queue_.hand_over(call, false);
        }
        wake(next);
    }

    void count_apart() {
        const std::lock_guard lock{mutex_};
        ++stats_.sent_apart;
    }

    [[nodiscard]] CoalescingStats stats() const {
        const std::lock_guard lock{mutex_};
        CoalescingStats now = stats_;
        now.waiting = queue_.calls();
        return now;
    }

private:
    static void wake(const BatchQueue::Next& next) {
        if (next.led) next.led->word.wake(next.led->leader);
        for (const auto& batch : next.apart) tell(*batch);
    }

    static void tell(SharedBatch& batch) {
        batch.word.set(SharedBatch::answered);
        batch.word.wake_all();
    }

    /// Nothing if it cannot, as its statement is being sent for it.
    std::optional<Turn::Kind> leave(const Turn& turn) {
        BatchQueue::Next next;
        bool leads = false;
        {
            const std::lock_guard lock{mutex_};
            const std::uint32_t seen = turn.batch->word.look();
            if ((seen & SharedBatch::answered) != 0) return Turn::Kind::answered;
            if ((seen & SharedBatch::under_way) != 0) {
                if (turn.batch->leader == turn.seat) return std::nullopt;
                const std::lock_guard no_longer_read{turn.batch->reading};
                return Turn::Kind::too_late;
            }
            leads = turn.batch->leader == turn.seat;
            leave_seat(turn);
            if (leads) next = queue_.hand_over(turn.batch->call, false);
        }
        wake(next);
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
        if (--batch.present == 0) queue_.remove(batch);
    }

    /// Gives the batch a place that is one more. @returns whether it has a leader
    bool lead_at_once(SharedBatch& batch) {
        {
            const std::lock_guard lock{mutex_};
            if (batch.leader != SharedBatch::nobody || (batch.word.look() & SharedBatch::under_way) != 0) return true;
            if (!queue_.lead(batch)) return false;
        }
        batch.word.wake(batch.leader);
        return true;
    }

    void count(const SharedBatch& batch) {
        const std::size_t calls = batch.present;
        if (!batch.is_told) return;
        ++stats_.statements;
        if (batch.sent_ahead) ++stats_.sent_ahead;
        stats_.shared += calls;
        stats_.largest = std::max(stats_.largest, calls);
        ++stats_.sizes[std::min(static_cast<std::size_t>(std::bit_width(calls)), stats_.sizes.size()) - 1];
    }

    [[nodiscard]] bool many_wait() const noexcept {
        const SharedBatch* const first = queue_.first();
        return first != nullptr && first->present >= many;
    }

    /// So many share a statement about as cheaply as twice as many would.
    static constexpr std::size_t many = 16;

    std::chrono::milliseconds max_wait_;
    mutable std::mutex mutex_;
    BatchQueue queue_;
    CoalescingStats stats_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
