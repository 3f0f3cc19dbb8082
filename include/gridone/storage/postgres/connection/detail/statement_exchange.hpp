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

namespace gridone::storage::inline v0::detail {

/// An exchange of statements, which are prepared where that is worth it, as `PreparedStatements` decide.
class StatementExchange : public Exchange {
public:
    /// @param prepares  not behind a pooler
    StatementExchange(PGconn* raw, bool prepares, std::size_t most_shapes, std::size_t most_reply_bytes) noexcept
        : Exchange{raw, most_reply_bytes}, prepares_{prepares}, prepared_{most_shapes} {}

    Result run(const Statement& statement, const Parameters& values, const Until& until) {
        PreparedStatements::Entry* const entry = entry_of(statement);
        if (entry == nullptr) return execute_unprepared(statement, values, until);
        const bool was_prepared = entry->is_prepared;
        try {
            if (!was_prepared) {
                prepare(entry->name, statement, prepared_.take_dropped(), until);
                entry->is_prepared = true;
            }
            return execute(entry->name, statement, values, until);
        } catch (Failure& failure) {
            const bool is_new_and_refused = !was_prepared && failure.sqlstate == "0A000";
            failure.is_of_stale_plan = is_stale_plan(failure.sqlstate) && !is_new_and_refused;
            if (is_new_and_refused) prepared_.renew(*entry);
            throw;
        }
    }

    /// The first half of `run` where the statement is prepared already, without any wait.
    /// @returns whether it is; otherwise nothing was sent
    bool send(const Statement& statement, const Parameters& values) {
        const PreparedStatements::Entry* const entry = entry_of(statement);
        if (entry == nullptr || !entry->is_prepared) return false;
        Exchange::send(entry->name, statement, values);
        return true;
    }

    /// The second half, in whatever thread.
    [[nodiscard]] Result receive(const Until& until) const {
        try {
            return Exchange::receive(until);
        } catch (Failure& failure) {
            failure.is_of_stale_plan = is_stale_plan(failure.sqlstate);
            throw;
        }
    }

    /// The session has forgotten what was prepared.
    void forget_prepared() noexcept { prepared_.clear(); }

private:
    /// Null: it is to run without a name.
    PreparedStatements::Entry* entry_of(const Statement& statement) {
        return prepares_ ? prepared_.use(statement) : nullptr;
    }

    bool prepares_;
    PreparedStatements prepared_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
