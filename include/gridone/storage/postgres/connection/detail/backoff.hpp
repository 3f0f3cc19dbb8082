// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BACKOFF_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BACKOFF_HPP

#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace gridone::storage::inline v0::detail {

/// Pauses between attempts: a random time below a limit that doubles from 10 to 500 ms, so that callers who failed
/// together do not come back together.
class Backoff {
public:
    /// False where the deadline comes first, or the caller stops it.
    [[nodiscard]] bool wait(const Until& until) {
        std::minstd_rand random{std::random_device{}()};
        const auto pause = std::chrono::microseconds{std::uniform_int_distribution<int>{0, limit_.count()}(random)};
        limit_ = std::min(2 * limit_, longest);
        const Clock::time_point end = Clock::now() + pause;
        if (end >= until.deadline) return false;
        return wait_for_socket(-1, 0, until.but_not_after(end)) == Ready::timed_out;
    }

private:
    using Limit = std::chrono::duration<int, std::micro>;
    static constexpr Limit longest{500'000};
    Limit limit_{10'000};
};

}  // namespace gridone::storage::inline v0::detail

#endif
