// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CHECKED_OPTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CHECKED_OPTIONS_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/pool_core.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Options with which a pool can work. @throws InvalidInputError
inline PoolOptions checked(PoolOptions options) {
    constexpr std::size_t most_connections = 100'000;
    if (options.max_size == 0) throw InvalidInputError{"PoolOptions::max_size is 0"};
    if (options.max_size > most_connections) throw InvalidInputError{"PoolOptions::max_size is over 100000"};
    constexpr std::size_t least_reply_bytes = std::size_t{64} << 10U;
    if (options.max_reply_bytes < least_reply_bytes) {
        throw InvalidInputError{"PoolOptions::max_reply_bytes is below 65536"};
    }
    return options;
}

/// The pause after a failure leaves every caller the time for an attempt of its own.
/// @param room  asked where there is a budget
inline PoolLimits limits_of(const PoolOptions& options, std::function<bool()> room) {
    PoolLimits limits{.max_size = options.max_size, .max_waiting = options.max_waiting};
    limits.longest_backoff = std::clamp(options.acquire_timeout / 2, limits.shortest_backoff, limits.longest_backoff);
    if (options.budget) limits.room = std::move(room);
    return limits;
}

/// When a connection that began now is too old. @param jitter  0 … 1, by chance
inline Clock::time_point end_of_life(const PoolOptions& options, Clock::time_point now, double jitter) {
    const double lifetime = static_cast<double>(options.max_lifetime.count()) * (1 - jitter / 10);
    return deadline_after(std::chrono::milliseconds{static_cast<std::int64_t>(lifetime)}, now);
}

}  // namespace gridone::storage::inline v0::detail

#endif
