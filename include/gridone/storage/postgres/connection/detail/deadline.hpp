// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DEADLINE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DEADLINE_HPP

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <poll.h>

namespace gridone::storage::inline v0::detail {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// That far from now; a duration too long to be added means never.
inline Deadline deadline_after(std::chrono::milliseconds duration) {
    const Deadline now = Clock::now();
    const auto room = std::chrono::floor<std::chrono::milliseconds>(Deadline::max() - now);
    return duration >= room ? Deadline::max() : now + duration;
}

enum class Ready { readable, writable, timed_out, failed };

/// Waits until the socket has one of the poll events, whatever signals arrive meanwhile.
inline Ready wait_for_socket(int socket, short events, Deadline deadline) {
    pollfd watched{.fd = socket, .events = events, .revents = 0};
    for (;;) {
        // Rounded up: a remainder below a millisecond must not turn into a busy loop.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        const auto bounded = std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max());
        const int count = ::poll(&watched, 1, static_cast<int>(bounded));
        if (count > 0) return (watched.revents & POLLOUT) != 0 ? Ready::writable : Ready::readable;
        if (count < 0 && errno != EINTR && errno != EAGAIN) return Ready::failed;
        if (count == 0 && left <= bounded) return Ready::timed_out;
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
