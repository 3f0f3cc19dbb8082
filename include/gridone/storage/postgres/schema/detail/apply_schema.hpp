// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_APPLY_SCHEMA_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_APPLY_SCHEMA_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/detail/schema_comparison.hpp>
#include <gridone/storage/postgres/schema/detail/schema_turn.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/schema/detail/table_ddl.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Throws the public error of a statement that the server refused: its message begins with `place`. A lock or resource
/// limit, a deadlock or a time limit keeps its own type, since the same statement may succeed later.
[[noreturn]] inline void throw_of_script(const Failure& failure, const std::string& place, const CallSite& site) {
    const Meaning meaning = row_for(failure.sqlstate).meaning;
    if (failure.kind != Failure::Kind::server_error || meaning == Meaning::lost) throw Failure{failure};
    if (meaning == Meaning::transient || meaning == Meaning::interrupted) {
        try {
            throw_public_error(failure, site, Effect::reads);
        } catch (StorageError& error) {
            ErrorAccess::set_place(error, place);
            throw;
        }
    }
    ErrorInfo info = site.because(place + " failed");
    info.sqlstate = failure.sqlstate;
    info.details = failure.details;
    info.constraint = failure.constraint;
    throw SchemaError{std::move(info)};
}

/// Whether the server gave up a transaction for the locks of another one, so that it may run again.
[[nodiscard]] inline bool is_of_lock(const StorageError& error) {
    return error.sqlstate() == "55P03" || error.sqlstate() == "40P01" || error.sqlstate() == "40001";
}

/// Runs one statement of a schema inside the transaction that is open.
inline void apply_statement(Connection& connection, const std::string& sql, const std::string& place,
                            const CallSite& site, const Until& until) {
    if (sql.find('\0') != std::string::npos) throw InvalidInputError{site.because(place + " contains NUL")};
    try {
        connection.run_text(sql, until);
    } catch (const Failure& failure) {
        throw_of_script(failure, place, site);
    }
    if (connection.transaction_status() != PQTRANS_INTRANS) {
        throw SchemaError{site.because(place + " ended the transaction; what ran before it may be applied")};
    }
}

/// Best effort: a connection that cannot even do this is discarded, and the server rolls back when it notices.
inline void roll_back(Connection& connection, const Until& until) noexcept {
    try {
        if (connection.transaction_status() != PQTRANS_IDLE) connection.run_text("ROLLBACK", until);
    } catch (const std::exception&) {
        connection.retire();
    }
}

/// Refuses tables that exist and differ from their description. A role that may not make temporary tables cannot compare.
/// @param without_indexes  whether a missing or invalid index is accepted @throws SchemaError
inline void refuse_differences(Connection& connection, const std::vector<DescribedTable>& tables, bool without_indexes,
                               const CallSite& site, const Until& until) {
    if (tables.empty()) return;
    const Result may = connection.run_text(
        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')", until);
    if (may.text(0, 0) != "t") return;
    std::string refused;
    for (const SchemaDifference& difference : differences_of(connection, tables, until)) {
        using Kind = SchemaDifference::Kind;
        if (difference.kind == Kind::other_collation) continue;
        const bool is_index = difference.object.starts_with("index ");
        if (without_indexes && is_index && difference.kind != Kind::other_definition) continue;
        refused += "; " + difference.text();
    }
    if (refused.empty()) return;
    throw SchemaError{
        site.because("nothing was applied, since the database is not as described, which takes a migration "
                     "or another description" +
                     refused)};
}

/// The numbers of those tables that exist and whose indexes can be built concurrently, between commas.
inline std::string numbers_of_existing(Connection& connection, const std::vector<DescribedTable>& tables,
                                       const Until& until) {
    std::string names;
    for (const DescribedTable& table : tables) {
        names += (names.empty() ? "" : ", ") + quote_literal(qualified_name(table.names));
    }
    return std::string{connection
                           .run_text("SELECT ',' || coalesce(pg_catalog.string_agg(oid || ',', ''), '') FROM "
                                     "pg_catalog.pg_class WHERE relkind = 'r' AND oid IN (SELECT "
                                     "pg_catalog.to_regclass(name) FROM pg_catalog.unnest(ARRAY[" +
                                         names + "]::text[]) AS name)",
                                     until)
                           .text(0, 0)};
}

/// Builds the indexes of the tables that are missing or invalid, each by CREATE INDEX CONCURRENTLY.
inline void build_indexes(Connection& connection, const std::vector<DescribedTable>& tables, const CallSite& site,
                          const Until& until) {
    bool is_locked = false;
    for (const DescribedTable& table : tables) {
        TableDdl ddl{table.names, table.rules};
        (void)ddl.rules();
        for (const TableDdl::Index& index : ddl.indexes()) {
            const std::string name = quote_identifier(index.name);
            const std::string look =
                "SELECT indisvalid AND indisready FROM pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = "
                "indexrelid WHERE relname = " +
                quote_literal(index.name) + " AND indrelid = pg_catalog.to_regclass(" +
                quote_literal(qualified_name(table.names)) + ")";
            const auto state = [&] {
                const Result found = connection.run_text(look, until);
                return found.size() == 0 ? std::string{} : std::string{found.text(0, 0)};
            };
            if (state() == "t") continue;
            if (!std::exchange(is_locked, true)) {
                wait_for_turn(until, [&] { return try_schema_lock(connection, SchemaLock::of_session, until); }, [] {});
                // Only the server's own functions, and no limit on how long a build waits for older transactions: other
                // clients do not wait for it.
                connection.run_text("SET search_path = pg_catalog, pg_temp; SET lock_timeout = 0", until);
            }
            try {
                const std::string found = state();  // another program may have built it before this one had the lock
                if (found == "t") continue;
                const std::string drop =
                    "DROP INDEX CONCURRENTLY IF EXISTS " + quote_identifier(table.names.schema_name) + "." + name;
                if (found == "f") connection.run_text(drop, until);
                connection.run_text("CREATE " + index.kind + " CONCURRENTLY " + name + index.definition, until);
            } catch (const Failure& failure) {
                throw_of_script(
                    failure,
                    "index " + index.name + " of table " + table.names.schema_name + "." + table.names.table_name,
                    site);
            }
        }
    }
    if (is_locked)
        connection.run_text(std::string{"SELECT pg_catalog.pg_advisory_unlock("} + schema_lock_key + ")", until);
}

/// The place of a statement in its list, with what it makes where that is known.
inline std::string place_of_statement(const std::vector<std::string>& statements, std::size_t at) {
    std::string place = "statement " + std::to_string(at + 1) + " of " + std::to_string(statements.size());
    if (const std::string_view label = TableDdl::label_of(statements[at]); !label.empty()) {
        place.append(" (").append(label).append(")");
    }
    return place;
}

/// @throws SchemaError  a statement has data to send or to receive
inline void refuse_copies(const std::vector<std::string>& statements, const CallSite& site) {
    for (std::size_t at = 0; at < statements.size(); ++at) {
        if (!std::ranges::any_of(SqlScript{statements[at]}.statements(), copies_data)) continue;
        throw SchemaError{
            site.because(place_of_statement(statements, at) +
                         " has COPY FROM STDIN or TO STDOUT; write INSERT instead, or load the data with a "
                         "program")};
    }
}

/// Runs the statements in one transaction, one program at a time in the whole database, and then builds what is to be built
/// concurrently. @param tables  what the statements make, which is compared at the end of the transaction
inline void apply_schema(ManagerState& manager, const std::vector<std::string>& statements,
                         const std::vector<DescribedTable>& tables, const SchemaOptions& options) {
    if (statements.empty()) return;
    CallSite site{.operation = "ensure_schema"};
    refuse_copies(statements, site);
    if (options.timeout) site.deadline = deadline_after(*options.timeout);
    // Only the COMMIT can leave the outcome open: before it, a lost connection means that nothing was applied.
    Effect effect = Effect::reads;
    manager.with_lease(site, effect, [&](Lease& lease, const Until& until) {
        Connection& connection = *lease.operator->();
        connection.retire();  // the statements may SET what the next borrower must not inherit
        const bool concurrent = options.concurrent_indexes && !tables.empty();
        if (concurrent && !connection.has_session()) {
            throw UsageError{
                site.because("concurrent_indexes needs a session of its own; connect without a pooler between")};
        }
        const auto attempt = [&] {
            effect = Effect::reads;
            begin_in_turn(connection, until, [] {});
            try {
                const auto limit = std::clamp<std::int64_t>(options.lock_timeout.count(), 0, INT32_MAX);
                connection.run_text("SET LOCAL lock_timeout = " + std::to_string(limit), until);
                if (concurrent) {
                    connection.run_text(std::string{"SET LOCAL "} + TableDdl::without_indexes_of + " = " +
                                            quote_literal(numbers_of_existing(connection, tables, until)),
                                        until);
                }
                for (std::size_t at = 0; at < statements.size(); ++at) {
                    apply_statement(connection, statements[at], place_of_statement(statements, at), site, until);
                }
                refuse_differences(connection, tables, concurrent, site, until);
            } catch (...) {
                roll_back(connection, until);
                throw;
            }
            effect = Effect::writes;
            Result committed = connection.run_text("COMMIT", until);
            if (committed.command() != "COMMIT") {
                throw SchemaError{site.because("the server rolled the transaction back at its commit")};
            }
            return committed;
        };
        lease.as_one([&] {
            for (Backoff backoff;;) {
                try {
                    return attempt();
                } catch (const TransientError& error) {
                    if (!is_of_lock(error) || !backoff.wait(until)) throw;
                }
            }
        });
        if (concurrent) build_indexes(connection, tables, site, until);
    });
}

/// What differs, with nothing changed: the transaction in which it is found out is rolled back.
inline std::vector<SchemaDifference> verify_schema(ManagerState& manager, const std::vector<DescribedTable>& tables) {
    const CallSite site{.operation = "verify_schema"};
    std::vector<SchemaDifference> differences;
    manager.with_lease(site, Effect::reads, [&](Lease& lease, const Until& until) {
        Connection& connection = *lease.operator->();
        lease.as_one([&] {
            // Its temporary tables need a transaction that may write, whatever the default of the role is.
            connection.run_text("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", until);
            try {
                differences = differences_of(connection, tables, until);
            } catch (...) {
                roll_back(connection, until);
                throw;
            }
            return connection.run_text("ROLLBACK", until);
        });
    });
    return differences;
}

}  // namespace gridone::storage::inline v0::detail

#endif
