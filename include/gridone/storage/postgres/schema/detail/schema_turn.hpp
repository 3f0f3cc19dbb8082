// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_TURN_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_TURN_HPP

#include <gridone/storage/postgres/connection/detail/connection.hpp>
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

}  // namespace gridone::storage::inline v0::detail

#endif
