// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DURATION_RECORDER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DURATION_RECORDER_HPP

#include <gridone/storage/postgres/connection/duration_stats.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gridone::storage::inline v0::detail {

/// Adds up durations that any thread reports.
class DurationRecorder {
public:
    void add(std::chrono::nanoseconds duration) noexcept {
        constexpr auto relaxed = std::memory_order_relaxed;
        const std::int64_t time = duration.count();
        buckets_[DurationStats::bucket_of(duration)].fetch_add(1, relaxed);
        total_.fetch_add(time, relaxed);
        std::int64_t longest = longest_.load(relaxed);
        while (time > longest && !longest_.compare_exchange_weak(longest, time, relaxed)) {
        }
    }

    /// The count is the sum of the buckets, always.
    [[nodiscard]] DurationStats stats() const noexcept {
        DurationStats stats;
        for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
            stats.histogram[bucket] = buckets_[bucket].load(std::memory_order_relaxed);
            stats.count += stats.histogram[bucket];
        }
        stats.total = std::chrono::nanoseconds{total_.load(std::memory_order_relaxed)};
        stats.longest = std::chrono::nanoseconds{longest_.load(std::memory_order_relaxed)};
        return stats;
    }

private:
    std::array<std::atomic<std::uint64_t>, DurationStats::bounds.size() + 1> buckets_{};
    std::atomic<std::int64_t> total_{};
    std::atomic<std::int64_t> longest_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
