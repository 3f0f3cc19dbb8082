// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_APPLY_SCHEMA_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_APPLY_SCHEMA_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/detail/schema_comparison.hpp>
#include <gridone/storage/postgres/schema/detail/schema_turn.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>

#include <libpq-fe.h>

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What became of a statement of a script. @param place  which one
[[noreturn]] inline void throw_of_script(const Failure& failure, const std::string& place, const CallSite& site) {
    if (failure.kind != Failure::Kind::server_error || row_for(failure.sqlstate).meaning == Meaning::lost ||
        (failure.statement_timed_out && failure.sqlstate == "57014")) {
        throw Failure{failure};
    }
    ErrorInfo info = site.because(place + " failed");
    info.sqlstate = failure.sqlstate;
    info.details = failure.details;
    info.constraint = failure.constraint;
    throw SchemaError{std::move(info)};
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

/// Refuses tables that are there and are something else than is described. A role that may not make temporary tables
/// cannot compare. @throws SchemaError
inline void refuse_differences(Connection& connection, const std::vector<DescribedTable>& tables, const CallSite& site,
                               const Until& until) {
    if (tables.empty()) return;
    const Result may = connection.run_text(
        "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')", until);
    if (may.text(0, 0) != "t") return;
    std::string refused;
    for (const SchemaDifference& difference : differences_of(connection, tables, until)) {
        if (difference.kind != SchemaDifference::Kind::other_collation) refused += "; " + difference.text();
    }
    if (refused.empty()) return;
    throw SchemaError{
        site.because("nothing was applied, since the database is not as described, which takes a migration "
                     "or another description" +
                     refused)};
}

/// Runs the statements in one transaction, one caller at a time in the whole database.
/// @param tables  what they make, which is compared in the end
inline void apply_schema(ManagerState& manager, const std::vector<std::string>& statements,
                         const std::vector<DescribedTable>& tables) {
    if (statements.empty()) return;
    const CallSite site{.operation = "ensure_schema"};
    // Only the COMMIT can leave the outcome open: before it, a lost connection means that nothing was applied.
    Effect effect = Effect::reads;
    manager.with_lease(site, effect, [&](Lease& lease, const Until& until) {
        Connection& connection = *lease.operator->();
        connection.retire();  // the statements may SET what the next borrower must not inherit
        const auto attempt = [&] {
            effect = Effect::reads;
            begin_in_turn(connection, until, [] {});
            try {
                for (std::size_t at = 0; at < statements.size(); ++at) {
                    const std::string place =
                        "statement " + std::to_string(at + 1) + " of " + std::to_string(statements.size());
                    apply_statement(connection, statements[at], place, site, until);
                }
                refuse_differences(connection, tables, site, until);
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
                } catch (const SchemaError& error) {  // others lock the same tables in another order
                    if (error.sqlstate() != "40P01" || !backoff.wait(until)) throw;
                }
            }
        });
    });
}

/// What differs, with nothing changed: the transaction in which it is found out is rolled back.
inline std::vector<SchemaDifference> verify_schema(ManagerState& manager, const std::vector<DescribedTable>& tables) {
    const CallSite site{.operation = "verify_schema"};
    std::vector<SchemaDifference> differences;
    manager.with_lease(site, Effect::reads, [&](Lease& lease, const Until& until) {
        Connection& connection = *lease.operator->();
        lease.as_one([&] {
            connection.run_text("BEGIN READ WRITE", until);
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
