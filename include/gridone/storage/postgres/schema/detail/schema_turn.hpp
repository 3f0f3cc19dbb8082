// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_TURN_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_TURN_HPP

#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <string>

namespace gridone::storage::inline v0::detail {

/// How long a program has the turn to change the schema of a database.
enum class SchemaLock { of_session, of_transaction };

/// One number for every program that uses this library on a database: "gridone" in ASCII.
inline constexpr const char* schema_lock_key = "29117719583354469";

/// Takes the turn, if nobody has it. Whoever waits asks again, outside of transactions: CREATE INDEX CONCURRENTLY waits for
/// every transaction that is older than it, so one that waited for the turn would wait for whom it holds up.
inline bool try_schema_lock(Connection& connection, SchemaLock how, const Until& until) {
    std::string sql = how == SchemaLock::of_session ? "SELECT pg_catalog.pg_try_advisory_lock("
                                                    : "SELECT pg_catalog.pg_try_advisory_xact_lock(";
    sql.append(schema_lock_key).append(")");
    return connection.run_text(sql, until).text(0, 0) == "t";
}

/// Tries until it succeeds, with pauses, after each of which `on_wait` is called. @throws Failure  the deadline passed
template <class Try, class OnWait>
void wait_for_turn(const Until& until, Try&& try_once, OnWait&& on_wait) {
    for (Backoff backoff; !try_once();) {
        on_wait();
        if (backoff.wait(until)) continue;
        throw Failure::of_nothing_sent(Failure::Kind::deadline,
                                       "the deadline passed while another program changed the schema");
    }
}

/// Begins a transaction that has the turn. @throws Failure  the deadline passed before
template <class OnWait>
void begin_in_turn(Connection& connection, const Until& until, OnWait&& on_wait) {
    const auto begin = [&] {
        // Whatever the default of the role is: a snapshot from before the lock would not see what the last program made.
        connection.run_text("BEGIN ISOLATION LEVEL READ COMMITTED", until);
        if (try_schema_lock(connection, SchemaLock::of_transaction, until)) return true;
        connection.run_text("ROLLBACK", until);
        return false;
    };
    wait_for_turn(until, begin, on_wait);
}

}  // namespace gridone::storage::inline v0::detail

#endif
