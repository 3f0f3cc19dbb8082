// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_OPTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_OPTIONS_HPP

#include <gridone/storage/postgres/connection/connection_budget.hpp>
#include <gridone/storage/postgres/connection/storage_event.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace gridone::storage::inline v0 {

/// What stands between a pool and the server.
enum class Pooler {
    /// Nothing, or a pooler that gives every session a server connection for as long as it lasts (PgBouncer's
    /// pool_mode = session).
    none,

    /// A pooler that lends its server connections per transaction, such as PgBouncer with pool_mode = transaction.
    /// Statements are sent unprepared, with one round trip each, and nothing is set in the session, for the next
    /// transaction may run in another one. So what lies with the server then is the server's own settings (ALTER ROLE …
    /// SET): without `statement_timeout` a statement may run on after its caller's deadline, without
    /// `client_connection_check_interval` after the caller's end, and without `jit = off` a filter of many conditions may
    /// take longer to compile than to run. A write whose reply is lost is always an
    /// `OutcomeUnknownError`: nobody can say which server process had it. `with_connection` clears nothing away.
    transaction,
};

/// How a pool behaves. Every member has a default; new members are added at the end. Times are milliseconds. The database
/// must have the encoding UTF8: connecting to one with another encoding is a `ConnectionError` that names it.
struct PoolOptions {
    /// The most connections that exist at a time: 1 to 100,000, by default 8. Connections are opened when they are
    /// needed; a server does its best work with a few per core, and beyond that only its memory fills.
    std::size_t max_size = 8;

    /// How long a call may wait for a connection, opening one included; by default 5 s: longer than a restart of the
    /// server, shorter than most callers' own patience. Ends in `AcquireTimeoutError`, or `ConnectionError` where there
    /// is no server.
    std::chrono::milliseconds acquire_timeout{5'000};

    /// How long a call may take in all: waiting, connecting, running; by default 30 s. The server is told the same limit
    /// once per connection (`statement_timeout`), so that it does not work on for a caller who is gone; a shorter one that
    /// an administrator set for the role or the database stays. `within` and `TransactionOptions::deadline` set another
    /// limit for one call, and a longer one is told to the server with that call. What ends at any of these limits is a
    /// `DeadlineExceededError`.
    std::chrono::milliseconds operation_timeout{30'000};

    /// How many callers may wait for a connection, by default 1,000; one more gets `AcquireTimeoutError` at once. A
    /// queue that is longer than what can be served within `acquire_timeout` only delays the bad news. 0: nobody waits,
    /// not even for a connection that another caller is opening.
    std::size_t max_waiting = 1'000;

    /// A connection that was idle for longer, by default 1 s, is asked whether it still answers before it is lent: one
    /// round trip, which also notices that a primary has become a standby. Firewalls and demotions make no sound. 0:
    /// always.
    std::chrono::milliseconds check_after_idle{1'000};

    /// A connection that nobody used for that long, by default 10 min, is closed when the pool is next used: the server
    /// has a process for each.
    std::chrono::milliseconds idle_timeout{10 * 60'000};

    /// A connection older than that, by default 30 min, is closed when it comes back, never while it is in use: server
    /// processes grow with what they have seen, and addresses move. A random tenth is left out, so that connections
    /// opened together do not end together.
    std::chrono::milliseconds max_lifetime{30 * 60'000};

    /// To be told of a pooler that lends server connections per transaction: no reply of the server shows it for sure.
    Pooler pooler = Pooler::none;

    /// Gives the password for each new connection, in place of one in the connection string; empty for none. For
    /// passwords that change: sessions that are there go on, new ones get the new one. Runs on the thread whose call
    /// needs the connection, on several at a time, within no deadline of the library's; may not use the same pool. What
    /// it throws passes to that caller, of whose call nothing was applied. The library keeps no copy of what it gave;
    /// libpq has one for as long as the session lasts.
    std::function<std::string()> password = {};

    /// Is called with what happens in the pool; by default nothing is, and nothing is measured for it. On the thread of
    /// the call that it is about, after that call has given its connection back, so it may use the same storages (and
    /// is then told of that as well); several threads may call it at the same time. What it throws is dropped. What it
    /// takes, its caller waits for.
    std::function<void(const StorageEvent&)> on_event = {};

    /// A connection that has been in use for longer, by default 10 s, is reported to `on_event` once, by whichever call
    /// next begins, ends or waits in vain: nearly always a caller who keeps it too long. 0: never.
    std::chrono::milliseconds report_leases_after{10'000};

    /// What this pool and others may have together: `std::make_shared<ConnectionBudget>(20)`, given to each. By default
    /// only `max_size` counts.
    std::shared_ptr<ConnectionBudget> budget = {};

    /// How many statements each connection keeps prepared, by default 256: those that were last used, queries and patches
    /// from their second use on, all others from their first. Queries that differ in values alone are one statement; each
    /// table has up to ten or twenty of its own. Each takes 10 to 20 kB of the server's memory. What is not prepared runs as
    /// well, and the server plans it each time. 0: none, as behind a pooler.
    std::size_t prepared_queries = 256;

    /// How large the reply to one statement may be, by default 2 GiB, at least 64 KiB: the bytes that come over the
    /// connection, which over a Unix socket are estimated. In memory small values take up to five times as much. A read
    /// whose reply is larger ends in `UsageError`, a write in `OutcomeUnknownError`, and the connection is closed. libpq
    /// reads a value in one go, so a reply can exceed the limit by one value.
    std::size_t max_reply_bytes = std::size_t{2} << 30;
};

}  // namespace gridone::storage::inline v0

#endif
