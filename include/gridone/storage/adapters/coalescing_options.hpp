// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_COALESCING_OPTIONS_HPP
#define GRIDONE_STORAGE_ADAPTERS_COALESCING_OPTIONS_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gridone::storage::inline v0 {

/// How a `CoalescingStorageBackend` shares statements. Every member has a default; new members are added at the end.
struct CoalescingOptions {
    /// How many statements may be under way at a time, each on a connection of its own: 1 or more, by default 2. Callers
    /// that find them all under way share the next. Fewer make larger batches, which cost the server less for each
    /// document; more end sooner where few call, or the server is far. More than the pool's `max_size` wait there.
    std::size_t max_statements = 2;

    /// How many callers one statement serves at the most: 1 or more, by default 128.
    std::size_t max_batch = 128;

    /// How many bytes of ids and documents one statement carries at the most, by default 1 MiB; a single document may
    /// be larger.
    std::size_t max_batch_bytes = std::size_t{1} << 20U;

    /// How many of the statements may write: 1 or more, by default 1. Whoever commits waits for the server's log to reach
    /// the disk; larger batches wait less often.
    std::size_t max_writes = 1;

    /// How long a caller waits for a statement to end, by default 20 ms: then it takes one more, so that a statement that
    /// waits for a locked row, or works for long, holds up nobody else, as far as the pool has connections. 0 or more.
    std::chrono::milliseconds max_wait{20};
};

/// What a `CoalescingStorageBackend` and its copies have done since it was made.
struct CoalescingStats {
    std::uint64_t alone = 0;       ///< Calls that found a statement to themselves.
    std::uint64_t shared = 0;      ///< Calls that were answered by a statement which they shared.
    std::uint64_t sent_apart = 0;  ///< Calls whose shared statement failed, or which left it, and that were made alone.
    std::uint64_t statements = 0;  ///< Shared statements.
    std::size_t largest = 0;       ///< The most calls that one of them answered.
    std::size_t waiting = 0;       ///< Callers that wait for their statement to begin, now.

    /// How many shared statements answered 1, 2–3, 4–7, … calls; the last, all that are larger.
    std::array<std::uint64_t, 12> sizes{};

    std::uint64_t sent_ahead = 0;  ///< Shared statements that were sent by who had read the answer to the last one.
};

}  // namespace gridone::storage::inline v0

#endif
