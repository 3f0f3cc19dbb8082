// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DURATION_STATS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DURATION_STATS_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gridone::storage::inline v0 {

/// How long something took, over the life of a pool.
struct DurationStats {
    /// Upper bounds of the histogram's buckets, each included in its bucket. OpenTelemetry's for databases, with one
    /// more at the lower end, where most round trips are.
    static constexpr std::array<std::chrono::microseconds, 10> bounds{
        std::chrono::microseconds{100},       std::chrono::microseconds{1'000},
        std::chrono::microseconds{5'000},     std::chrono::microseconds{10'000},
        std::chrono::microseconds{50'000},    std::chrono::microseconds{100'000},
        std::chrono::microseconds{500'000},   std::chrono::microseconds{1'000'000},
        std::chrono::microseconds{5'000'000}, std::chrono::microseconds{10'000'000}};

    std::uint64_t count = 0;
    std::chrono::nanoseconds total{};
    std::chrono::nanoseconds longest{};
    std::array<std::uint64_t, bounds.size() + 1> histogram{};  ///< The last bucket is what exceeds every bound.

    /// Zero where nothing was counted.
    [[nodiscard]] std::chrono::nanoseconds mean() const noexcept {
        return count == 0 ? std::chrono::nanoseconds{} : total / static_cast<std::int64_t>(count);
    }

    /// The bucket of this duration.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
        std::size_t bucket = 0;
        while (bucket < bounds.size() && duration > bounds[bucket]) ++bucket;
        return bucket;
    }
};

}  // namespace gridone::storage::inline v0

#endif
