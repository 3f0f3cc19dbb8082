// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_REPLY_BOUNDS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_REPLY_BOUNDS_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/input_meter.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>

namespace gridone::storage::inline v0::detail {

/// Drops the notifications that libpq has read: it keeps them until somebody asks.
inline void drop_notifications(PGconn* session) noexcept {
    while (PGnotify* const notification = PQnotifies(session)) PQfreemem(notification);
}

/// Reads the reply to one request, and bounds it whatever the server sends: libpq bounds neither its size nor its time.
class ReplyBounds {
public:
    /// @param most_bytes  of the reply, as they come over the line
    ReplyBounds(PGconn* session, std::size_t most_bytes) noexcept : session_{session}, most_bytes_{most_bytes} {}

    /// Reads what the socket holds. @returns false where the line is broken. @throws Failure  the reply is too large
    [[nodiscard]] bool read() {
        const int socket = PQsocket(session_);
        meter_.before_read(socket);
        const bool is_intact = PQconsumeInput(session_) != 0;
        if (is_intact) meter_.after_read(socket);
        drop_notifications(session_);
        if (meter_.bytes() > most_bytes_) {
            throw Failure{
                Failure::Kind::reply_too_large,
                "the server's reply is larger than PoolOptions::max_reply_bytes; ask for less at a time, with "
                "a limit, page() or for_each()"};
        }
        return is_intact;
    }

    /// No time is left: whether what had arrived when this was first asked is still to be read. It is for a short while.
    [[nodiscard]] bool may_read_late() noexcept {
        const auto now = Clock::now();
        if (late_until_ == Clock::time_point{}) {
            late_until_ = now + longest_late;
            late_reads_left_ = bytes_held(PQsocket(session_)) / InputMeter::least_room + 1;
        }
        if (late_reads_left_ == 0 || now > late_until_) return false;
        --late_reads_left_;
        return true;
    }

    /// One of the results of a reply. A reply to the library has a few; without end, they are bounded as well.
    /// @throws Failure  there is no time for more
    void expect_time_for_result(Deadline deadline) {
        if (++results_ > unbounded_results && Clock::now() >= deadline) throw late();
    }

    [[nodiscard]] static Failure late() {
        return Failure{Failure::Kind::deadline, "the deadline passed before the server answered"};
    }

private:
    static constexpr std::size_t unbounded_results = 16;
    static constexpr std::chrono::milliseconds longest_late{20};

    PGconn* session_;
    std::size_t most_bytes_;
    InputMeter meter_{};
    std::size_t results_ = 0;
    std::size_t late_reads_left_ = 0;
    Clock::time_point late_until_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
