// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_OPTIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_POOL_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <functional>
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
    /// `client_connection_check_interval` after the caller's end. A write whose reply is lost is always an
    /// `OutcomeUnknownError`: nobody can say which server process had it. `with_connection` clears nothing away.
    transaction,
};

/// How a pool behaves. Every member has a default; new members are added at the end.
struct PoolOptions {
    /// The most connections that exist at a time, 1 or more. Connections are opened when they are needed; a server does
    /// its best work with a few per core.
    std::size_t max_size = 8;

    /// How long a call may wait for a connection, opening one included.
    std::chrono::milliseconds acquire_timeout{5'000};

    /// How long a call may take in all: waiting, connecting, running. The server is told the same limit once per
    /// connection (`statement_timeout`), so that it does not work on for a caller who is gone.
    std::chrono::milliseconds operation_timeout{30'000};

    /// How many callers may wait for a connection; one more gets `AcquireTimeoutError` at once. A queue that is longer
    /// than what can be served within `acquire_timeout` only delays the bad news.
    std::size_t max_waiting = 1'000;

    /// A connection that was idle for longer is asked whether it still answers before it is lent: one round trip, which
    /// also notices that a primary has become a standby. Firewalls and demotions make no sound.
    std::chrono::milliseconds check_after_idle{1'000};

    /// A connection that nobody used for that long is closed, when the pool is next used.
    std::chrono::milliseconds idle_timeout{10 * 60'000};

    /// A connection older than that is closed when it comes back, never while it is in use. A random tenth is left out,
    /// so that connections opened together do not end together.
    std::chrono::milliseconds max_lifetime{30 * 60'000};

    /// To be told of a pooler that lends server connections per transaction: no reply of the server shows it for sure.
    Pooler pooler = Pooler::none;

    /// Gives the password for each new connection, in place of one in the connection string; empty for none. For
    /// passwords that change: sessions that are there go on, new ones get the new one. Runs on the thread whose call
    /// needs the connection, on several at a time, within no deadline of the library's; may not use the same pool. What
    /// it throws passes to that caller, of whose call nothing was applied. The library keeps no copy of what it gave;
    /// libpq has one for as long as the session lasts.
    std::function<std::string()> password = {};
};

}  // namespace gridone::storage::inline v0

#endif
