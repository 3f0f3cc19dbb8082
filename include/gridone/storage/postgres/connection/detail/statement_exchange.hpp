// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_EXCHANGE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_EXCHANGE_HPP

#include <gridone/storage/postgres/connection/detail/exchange.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/prepared_statements.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <libpq-fe.h>

#include <cstddef>
#include <string>

namespace gridone::storage::inline v0::detail {

/// An exchange of statements, which are prepared where that is worth it, as `PreparedStatements` decide.
class StatementExchange : public Exchange {
public:
    /// @param most_prepared  how many statements the session keeps; 0 behind a pooler
    StatementExchange(PGconn* raw, std::size_t most_prepared, std::size_t most_reply_bytes)
        : Exchange{raw, most_reply_bytes}, prepared_{most_prepared} {}

    Result run(const Statement& statement, const Parameters& values, const Until& until, Preface& preface) {
        PreparedStatements::Entry* const entry = prepared_.use(statement);
        if (entry == nullptr) return execute_unprepared(statement, values, until, preface);
        const bool was_prepared = entry->is_prepared;
        try {
            if (!was_prepared) {
                deallocate_dropped(until);
                prepare(entry->name, statement, until, preface);
                entry->is_prepared = true;
            }
            return execute(entry->name, statement, values, until, preface);
        } catch (Failure& failure) {
            const bool is_new_and_refused = !was_prepared && failure.sqlstate == "0A000";
            failure.is_of_stale_plan = is_stale_plan(failure.sqlstate) && !is_new_and_refused;
            if (is_new_and_refused) prepared_.renew(*entry);
            throw;
        }
    }

    /// The first half of `run` where the statement is prepared already, without any wait.
    /// @returns whether it is; otherwise nothing was sent
    bool send(const Statement& statement, const Parameters& values, const Preface& preface) {
        const PreparedStatements::Entry* const entry = prepared_.use(statement);
        if (entry == nullptr || !entry->is_prepared) return false;
        Exchange::send(entry->name, statement, values, preface);
        return true;
    }

    /// The second half, in whatever thread.
    [[nodiscard]] Result receive(const Until& until, Preface& preface) const {
        try {
            return Exchange::receive(until, preface);
        } catch (Failure& failure) {
            failure.is_of_stale_plan = is_stale_plan(failure.sqlstate);
            throw;
        }
    }

    /// The session has forgotten what was prepared.
    void forget_prepared() noexcept { prepared_.clear(); }

private:
    /// One round trip for all that were dropped since the last; those that could not be deallocated stay to be.
    void deallocate_dropped(const Until& until) {
        if (prepared_.dropped().empty()) return;
        std::string sql;
        for (const std::string& name : prepared_.dropped()) sql.append("DEALLOCATE ").append(name).append(";");
        try {
            text(sql, until);
        } catch (Failure& failure) {
            failure.may_have_run = false;
            throw;
        }
        prepared_.clear_dropped();
    }

    PreparedStatements prepared_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
