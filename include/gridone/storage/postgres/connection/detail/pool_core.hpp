// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_CORE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POOL_CORE_HPP

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/deadline.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a caller that asked for a connection has got.
enum class Grant {
    none,        ///< Nothing yet: it waits.
    connection,  ///< An idle one, or one that came back.
    connect,     ///< The right to open one; to be followed by `connected` or `connect_failed`.
    closed,      ///< The pool was closed.
    refused,     ///< The queue is full.
};

/// A caller that asks for a connection; lives with the caller. `Self` derives from it and has `notify() noexcept`,
/// called when something may have changed for it, and `prefers(handle) const noexcept`.
template <class Handle, class Self>
struct PoolRequest {
    Grant grant = Grant::none;
    Handle handle{};
    std::uint64_t ticket = 0;  ///< The order of arrival.
    Self* before = nullptr;
    Self* after = nullptr;

private:
    friend Self;
    PoolRequest() = default;
};

struct PoolLimits {
    std::size_t max_size = 8;
    std::size_t max_connecting = 2;
    std::size_t max_waiting = 1000;
    std::chrono::milliseconds shortest_backoff{50};
    std::chrono::milliseconds longest_backoff{500};
    std::function<bool()> room = {};  ///< Asked for each connection that is to be opened; may not throw. Empty: always.
};

/// The decisions of a pool: no I/O, no thread, no clock, no lock. Whoever owns it tells it what happened and when.
///
/// Callers get connections in order of arrival; idle ones go out most recently used first, but for one that the caller
/// prefers and that came back only now: where a thread keeps its connection, thread and server process keep their
/// processor and its caches. At most `max_connecting` are opened at a time. While opening fails, only one caller tries,
/// after a pause that all share: it doubles from `shortest_backoff` to `longest_backoff`, of which a random part is left
/// out.
template <class Handle, class Request>
class PoolCore {
public:
    using Time = Clock::time_point;

    struct Idle {
        Handle handle;
        Time since;
    };

    explicit PoolCore(const PoolLimits& limits) : limits_{limits} { idle_.reserve(limits.max_size); }

    /// Asks, or, after `connect_failed`, asks again in the old place. Sets `request.grant`; while that is `none`, the
    /// request is in the queue and must stay where it is.
    void ask(Request& request, Time now) noexcept {
        request.grant = Grant::none;
        const bool is_new = request.ticket == 0;
        if (closed_) {
            request.grant = Grant::closed;
            return;
        }
        if (is_new) request.ticket = ++tickets_;
        enqueue(request);
        serve(now);
        if (is_new && request.grant == Grant::none && waiting_ > limits_.max_waiting) {
            dequeue(request);
            request.grant = Grant::refused;
        }
    }

    /// The caller gives up. @pre  the grant is `none`
    void withdraw(Request& request) noexcept {
        dequeue(request);
        if (first_ != nullptr) first_->notify();
    }

    /// A connection came back in order. Gives it back if the pool was closed.
    [[nodiscard]] std::optional<Handle> returned(Handle handle, Time now) noexcept {
        if (closed_) {
            --size_;
            return handle;
        }
        idle_.push_back({std::move(handle), now});
        serve(now);
        return std::nullopt;
    }

    /// A connection that was out is no more.
    void discarded(Time now) noexcept {
        --size_;
        serve(now);
    }

    /// The connection of a `connect` grant is there, and in use.
    void connected(Time now) noexcept {
        --connecting_;
        failures_ = 0;
        not_before_ = Time{};
        serve(now);
    }

    /// It could not be opened. @param jitter  0 … 1, chosen by chance
    void connect_failed(Time now, double jitter) noexcept {
        --connecting_;
        --size_;
        const auto doubled = limits_.shortest_backoff * (std::int64_t{1} << std::min(failures_, 10U));
        const auto pause = std::min(doubled, limits_.longest_backoff);
        const auto left_out = std::chrono::duration_cast<Time::duration>((pause - limits_.shortest_backoff) * jitter);
        not_before_ = std::max(not_before_, now + pause - left_out);
        ++failures_;
        serve(now);
    }

    /// Gave up on opening, for a reason that says nothing about the server.
    void connect_abandoned(Time now) noexcept {
        --connecting_;
        discarded(now);
    }

    /// When `time_passed` is to be called on behalf of this waiting request; `max()` if another event will come.
    [[nodiscard]] Time wake_time(const Request& request) const noexcept {
        if (&request != first_ || size_ >= limits_.max_size || connecting_ != 0 || short_of_room_) return Time::max();
        return not_before_;
    }

    void time_passed(Time now) noexcept { serve(now); }

    /// An idle connection that has not been used since `since`, taken out of the pool.
    [[nodiscard]] std::optional<Handle> take_idle_since(Time since) noexcept {
        if (idle_.empty() || idle_.front().since > since) return std::nullopt;
        std::optional<Handle> handle{std::move(idle_.front().handle)};
        idle_.erase(idle_.begin());
        --size_;
        return handle;
    }

    /// Refuses everybody from now on, the waiting included. @returns the idle connections
    [[nodiscard]] std::vector<Idle> close() noexcept {
        std::vector<Idle> handles = std::move(idle_);
        idle_.clear();
        size_ -= handles.size();
        closed_ = true;
        while (first_ != nullptr) grant(Grant::closed);
        return handles;
    }

    /// Whether callers wait only for want of `PoolLimits::room`; `time_passed` asks for it again.
    [[nodiscard]] bool is_short_of_room() const noexcept { return short_of_room_; }
    [[nodiscard]] bool is_first(const Request& request) const noexcept { return &request == first_; }

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    [[nodiscard]] std::size_t connecting() const noexcept { return connecting_; }
    [[nodiscard]] std::size_t leased() const noexcept { return size_ - idle_.size() - connecting_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] PoolCounters counters() const noexcept {
        return {.max_size = limits_.max_size, .size = size_, .idle = idle(), .leased = leased(), .waiting = waiting_};
    }

private:
    [[nodiscard]] bool may_connect(Time now) const noexcept {
        if (size_ >= limits_.max_size) return false;
        return failures_ == 0 ? connecting_ < limits_.max_connecting : connecting_ == 0 && now >= not_before_;
    }

    [[nodiscard]] bool has_room() noexcept {
        short_of_room_ = limits_.room && !limits_.room();
        return !short_of_room_;
    }

    void serve(Time now) noexcept {
        short_of_room_ = false;
        while (first_ != nullptr) {
            if (!idle_.empty()) {
                const auto chosen = idle_for(*first_, now);
                first_->handle = std::move(chosen->handle);
                idle_.erase(chosen);
                grant(Grant::connection);
            } else if (may_connect(now) && has_room()) {
                ++size_;
                ++connecting_;
                grant(Grant::connect);
            } else {
                first_->notify();  // its wake_time may be another
                return;
            }
        }
    }

    /// @pre  there is one
    [[nodiscard]] auto idle_for(const Request& request, Time now) noexcept {
        const auto last = idle_.end() - 1;
        for (auto idle = idle_.end(); idle != idle_.begin() && (idle - 1)->since + just_now >= now;) {
            --idle;
            if (request.prefers(idle->handle)) return idle;
        }
        return last;
    }

    void grant(Grant what) noexcept {
        Request& request = *first_;
        dequeue(request);
        request.grant = what;
        request.notify();
    }

    void enqueue(Request& request) noexcept {
        Request* before = last_;
        while (before != nullptr && before->ticket > request.ticket) before = before->before;
        Request* const after = before == nullptr ? first_ : before->after;
        request.before = before;
        request.after = after;
        (before == nullptr ? first_ : before->after) = &request;
        (after == nullptr ? last_ : after->before) = &request;
        ++waiting_;
    }

    void dequeue(Request& request) noexcept {
        (request.before == nullptr ? first_ : request.before->after) = request.after;
        (request.after == nullptr ? last_ : request.after->before) = request.before;
        request.before = request.after = nullptr;
        --waiting_;
    }

    static constexpr std::chrono::milliseconds just_now{5};

    PoolLimits limits_;
    std::vector<Idle> idle_;  // the most recently used last
    Request* first_ = nullptr;
    Request* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::size_t size_ = 0;  // idle, in use and being opened
    std::size_t connecting_ = 0;
    std::uint64_t tickets_ = 0;
    unsigned failures_ = 0;  // to connect, since the last success
    Time not_before_{};
    bool closed_ = false;
    bool short_of_room_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
