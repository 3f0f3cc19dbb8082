// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_PARKING_WORD_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_PARKING_WORD_HPP

#include <gridone/storage/core/detail/deadline.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gridone::storage::inline v0::detail {

/// Flags that only ever get set, and threads that sleep until there is news. All of them, or one of them, are woken with a
/// single call of the system (futex(2)), which is why this is no condition variable: that would wake them to wait for its
/// mutex.
class ParkingWord {
public:
    /// The flags are the lowest bits, the others count the news.
    static constexpr std::uint32_t flags = 7;

    [[nodiscard]] std::uint32_t look() const noexcept { return word_.load(std::memory_order_acquire); }

    void set(std::uint32_t flag) noexcept { word_.fetch_or(flag, std::memory_order_release); }
    void add_news() noexcept { word_.fetch_add(flags + 1, std::memory_order_release); }

    /// Sleeps unless there is news since `seen`, until woken or until that time; may wake for no reason.
    /// @param seat  tells the sleepers apart; those that differ by 32 are woken together
    void sleep(std::uint32_t seen, std::size_t seat, Deadline until) const noexcept {
        // Without FUTEX_CLOCK_REALTIME the time is one of CLOCK_MONOTONIC, which is that of steady_clock.
        const auto time = until.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
        const std::timespec limit{static_cast<std::time_t>(seconds.count()),
                                  static_cast<long>(std::chrono::nanoseconds{time - seconds}.count())};
        ::syscall(SYS_futex, &word_, FUTEX_WAIT_BITSET_PRIVATE, seen, &limit, nullptr, bit(seat));
    }

    void wake(std::size_t seat) const noexcept { wake_those(bit(seat)); }
    void wake_all() const noexcept { wake_those(FUTEX_BITSET_MATCH_ANY); }

private:
    static std::uint32_t bit(std::size_t seat) noexcept { return std::uint32_t{1} << (seat % 32); }

    void wake_those(std::uint32_t seats) const noexcept {
        constexpr int as_many_as_there_are = 0x7fffffff;
        ::syscall(SYS_futex, &word_, FUTEX_WAKE_BITSET_PRIVATE, as_many_as_there_are, nullptr, nullptr, seats);
    }

    std::atomic<std::uint32_t> word_{0};
    static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
};

}  // namespace gridone::storage::inline v0::detail

#endif
