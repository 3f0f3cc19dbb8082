// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_OPTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_OPTIONS_HPP

#include <chrono>
#include <optional>

namespace gridone::storage::inline v0 {

/// How `ensure_schema` runs.
struct SchemaOptions {
    /// How long the call may take, including waiting for other programs, retries and index builds. Nothing: the pool's
    /// `operation_timeout`.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;

    /// How long a statement waits for a lock before the whole transaction is rolled back and runs again after a pause.
    /// While a statement waits for a lock on a table, other clients that come after it wait as well, readers included;
    /// this bounds that wait. 0: without a limit.
    std::chrono::milliseconds lock_timeout = std::chrono::seconds{2};

    /// Builds the missing indexes of tables that already exist with CREATE INDEX CONCURRENTLY, one after another, once
    /// everything else is committed: other clients write to the table while an index is built, which takes about twice as
    /// long. An invalid index, which an interrupted build leaves, is dropped and built again. Indexes of new tables and of
    /// partitioned tables are built in the transaction. Needs a connection without a pooler (`UsageError`). Set `timeout`
    /// to what the builds may take.
    bool concurrent_indexes = false;
};

}  // namespace gridone::storage::inline v0

#endif
