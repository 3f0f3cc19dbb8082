// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATOR_OPTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATOR_OPTIONS_HPP

#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0 {

/// What a migrator is doing.
struct MigrationProgress {
    enum class Kind {
        waiting_for_turn,  ///< Another program migrates the database. Told again and again.
        began,             ///< A step runs.
        waiting_for_lock,  ///< It could not have a lock in time, which others wait behind, so it begins again.
        ended,             ///< It is applied, or gone back from.
        running,           ///< It still runs.
    };

    Kind kind;
    std::int64_t number = 0;  ///< Of the migration; 0 while it waits for its turn.
    std::string_view name = {};
    std::chrono::milliseconds elapsed{};  ///< Since the waiting or the step began.
};

/// How a `Migrator` works. Every member has a default; new members are added at the end.
struct MigratorOptions {
    /// Where the database remembers what was applied; made when it is missing.
    TableNames journal{.table_name = "gridone_migrations"};

    /// How long a call may take, the wait for its turn included. By default an hour; the pool's `operation_timeout` does
    /// not end it. A `statement_timeout` that an administrator set for the role does.
    std::chrono::milliseconds deadline = std::chrono::hours{1};

    /// How long a step in a transaction waits for a lock, in which time readers and writers queue up behind it: by default
    /// 2 s. Then it is rolled back and begins again, until the deadline.
    std::chrono::milliseconds lock_timeout = std::chrono::seconds{2};

    /// Whether it goes on where the database has had later migrations than the program knows, as after a service was set
    /// back to its last version. By default that is a `MigrationError`.
    bool allow_future = false;

    /// Is told what goes on, on the thread of the call. It may not use the storages of the database; what it throws ends
    /// the call, and the step that runs is not applied.
    std::function<void(const MigrationProgress&)> on_progress = {};

    /// How often it is told that a step still runs: by default every second. How far the server is with an index, tells
    /// its view pg_stat_progress_create_index.
    std::chrono::milliseconds progress_interval = std::chrono::seconds{1};
};

/// How far a migration is.
struct MigrationStatus {
    enum class State {
        pending,  ///< Not applied.
        applied,
        unfinished  ///< Begun outside of transactions and not ended; the next `apply` or `rollback` goes on with it.
    };

    std::int64_t number = 0;
    std::string name{};
    State state = State::pending;
    std::optional<Timestamp> applied_at{};
    bool is_known = true;  ///< Whether it is one of the program's.
};

}  // namespace gridone::storage::inline v0

#endif
