// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_SESSION_SETTINGS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_SESSION_SETTINGS_HPP

#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement_timeout.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// How the sessions of one pool are set up. None of the settings is essential, so one that the server refuses, as servers
/// of other systems do, is left out from then on: only the first connection spends round trips on that. Thread-safe.
class SessionSettings {
public:
    explicit SessionSettings(std::chrono::milliseconds operation_timeout)
        : timeout_{std::to_string(StatementTimeout::of_pool(operation_timeout).count())} {}

    /// Columns of every query about a session: before which number all transactions had ended, and whether it reads only.
    static constexpr std::string_view state =
        "txid_snapshot_xmin(txid_current_snapshot()), current_setting('transaction_read_only')";

    /// Sets a session up, in one request where nothing is refused.
    /// @param run  runs SQL text and gives the last result
    /// @returns one row: `state`; the process id; the limits of statements of the role and of the session; where the role
    /// may ask for it, `backend_columns`. @throws Failure
    template <class Run>
    Result apply(Run&& run) {
        try {
            return set_up(run);
        } catch (const Failure& failure) {
            if (!is_refusal(failure) || !leave_out_refused(run)) throw;
        }
        return set_up(run);
    }

    /// As `apply`, for sessions in which nothing may be set: the process id is 0.
    template <class Run>
    Result look(Run&& run) {
        const std::string sql = std::string{"SELECT "}.append(state).append(", 0, ");
        const std::string of_role = "(" + StatementTimeout::question() + ")";
        try {
            return run(sql + (refused_[limit] ? "0, 0" : of_role + ", " + of_role));
        } catch (const Failure& failure) {
            if (!is_refusal(failure) || refused_[limit].exchange(true)) throw;
        }
        return run(sql + "0, 0");
    }

private:
    template <class Run>
    Result set_up(Run&& run) const {
        const std::string sql = request();
        try {
            return run(sql + ", " + backend_columns);
        } catch (const Failure& failure) {
            if (!is_refusal(failure)) throw;
            return run(sql);  // a role that may not ask who serves it
        }
    }

    [[nodiscard]] std::string request() const {
        std::string sql;
        for (std::size_t at = 0; at < settings.size(); ++at) {
            if (!refused_[at]) sql.append(settings[at]).append("; ");
        }
        const bool is_limited = !refused_[limit];
        if (is_limited) sql += limits();
        sql.append("SELECT ").append(state).append(", pg_backend_pid()");
        return sql + (is_limited ? ", (SELECT role FROM limits), (SELECT session FROM limits)" : ", 0, 0");
    }

    /// The limit of the role is read before the session's is set; both are computed once.
    [[nodiscard]] std::string limits() const {
        return "WITH of_role AS MATERIALIZED (SELECT " +
               StatementTimeout::in_milliseconds("pg_catalog.current_setting('statement_timeout')") +
               " AS role), limits AS MATERIALIZED (SELECT role, " +
               StatementTimeout::in_milliseconds("pg_catalog.set_config('statement_timeout', least(nullif(role, 0), " +
                                                 timeout_ + ")::text, false)") +
               " AS session FROM of_role) ";
    }

    /// Tries each setting alone. @returns whether one was refused that was not before. @throws Failure
    template <class Run>
    bool leave_out_refused(Run&& run) {
        bool any = false;
        for (std::size_t at = 0; at < refused_.size(); ++at) {
            if (refused_[at]) continue;
            try {
                run(at == limit ? limits() + "SELECT session FROM limits" : std::string{settings[at]});
            } catch (const Failure& failure) {
                if (!is_refusal(failure)) throw;
                refused_[at] = true;
                any = true;
            }
        }
        return any;
    }

    /// Whether the server would refuse the same again.
    [[nodiscard]] static bool is_refusal(const Failure& failure) {
        if (failure.kind != Failure::Kind::server_error) return false;
        const Meaning meaning = row_for(failure.sqlstate).meaning;
        return meaning != Meaning::lost && meaning != Meaning::transient && meaning != Meaning::interrupted &&
               meaning != Meaning::outcome_unknown;
    }

    static constexpr std::array<std::string_view, 2> settings{
        // Ends the server process of a client that was killed; without it the query runs on and keeps its locks.
        "SET client_connection_check_interval = '500ms'",
        // A filter of many conditions takes many times longer to compile than to run.
        "SET jit = off",
    };
    static constexpr std::size_t limit = settings.size();

    std::string timeout_;
    std::array<std::atomic<bool>, settings.size() + 1> refused_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
