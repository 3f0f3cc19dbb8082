// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_TRANSACTION_OPTIONS_HPP
#define GRIDONE_STORAGE_CORE_TRANSACTION_OPTIONS_HPP

#include <chrono>
#include <optional>

namespace gridone::storage::inline v0 {

/// What a transaction sees of those that run at the same time. The twin in memory runs them one after the other,
/// whatever is asked for.
enum class Isolation {
    read_committed,   ///< Each statement sees what was committed before it.
    repeatable_read,  ///< All statements see one moment; a write to what changed since is a conflict, and runs again.
    serializable,     ///< As if one ran after the other; what would not is a conflict, and runs again.
};

/// How a transaction runs.
struct TransactionOptions {
    /// How long it may take, waiting for a connection and running again included. Nothing: the pool's
    /// `operation_timeout`.
    std::optional<std::chrono::milliseconds> deadline = std::nullopt;

    Isolation isolation = Isolation::read_committed;

    /// A write in it is a `UsageError`, and the server need not prepare for one.
    bool read_only = false;
};

}  // namespace gridone::storage::inline v0

#endif
