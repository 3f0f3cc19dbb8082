// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_WAIT_FOR_SOCKET_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_WAIT_FOR_SOCKET_HPP

#include <gridone/storage/core/detail/deadline.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <limits>
#include <poll.h>
#include <sys/socket.h>

namespace gridone::storage::inline v0::detail {

/// What is called now and then by who waits. It does not throw; false stops the waiting.
struct Ticker {
    std::chrono::milliseconds interval;
    std::function<bool()> goes_on;
};

/// How long to wait: until the deadline, or until a descriptor can be read, which is how a stop token says stop.
struct Until {
    // NOLINTNEXTLINE(google-explicit-constructor): a deadline is most often all there is
    Until(Deadline when, int descriptor = -1) noexcept : deadline{when}, stop{descriptor} {}

    [[nodiscard]] Until but_not_after(Deadline other) const noexcept {
        Until until = *this;
        until.deadline = std::min(deadline, other);
        return until;
    }

    Deadline deadline;
    int stop;
    const Ticker* ticker = nullptr;
};

enum class Ready {
    readable,
    writable,
    late,  ///< Readable or writable, but the deadline had passed before: a peer that never stops must not hold the caller.
    timed_out,
    stopped,
    failed
};

/// Waits until the socket has one of the poll events, whatever signals arrive meanwhile. Without a socket (-1), waits.
inline Ready wait_for_socket(int socket, short events, const Until& until) {
    std::array<pollfd, 2> watched{pollfd{.fd = socket, .events = events, .revents = 0},
                                  pollfd{.fd = until.stop, .events = POLLIN, .revents = 0}};
    const nfds_t number = until.stop < 0 ? 1 : 2;
    for (;;) {
        // Rounded up: a remainder below a millisecond must not turn into a busy loop.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.deadline - Clock::now()).count();
        auto bounded = std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max());
        if (until.ticker != nullptr) bounded = std::min(bounded, until.ticker->interval.count());
        const int count = ::poll(watched.data(), number, static_cast<int>(bounded));
        if (count > 0 && watched[1].revents != 0) return Ready::stopped;
        if (count > 0 && left <= 0) return Ready::late;
        if (count > 0) return (watched[0].revents & POLLOUT) != 0 ? Ready::writable : Ready::readable;
        if (count < 0 && errno != EINTR && errno != EAGAIN) return Ready::failed;
        if (count == 0 && left <= bounded) return Ready::timed_out;
        if (count == 0 && until.ticker != nullptr && !until.ticker->goes_on()) return Ready::stopped;
    }
}

/// Whether there is something to read, or the line is broken. Waits for nothing and reads no clock.
inline bool has_input(int socket) noexcept {
    char next = 0;
    return ::recv(socket, &next, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace gridone::storage::inline v0::detail

#endif
