// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PUBLIC_ERROR_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PUBLIC_ERROR_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

enum class Meaning {
    transient,
    lost,
    outcome_unknown,
    interrupted,
    read_only,
    constraint,
    invalid_input,
    schema,
    permission,
    usage,
    internal
};

/// One row of the map from SQLSTATE to what a caller does about it. `code` is a whole SQLSTATE or the beginning of
/// some.
struct SqlstateRow {
    std::string_view code;
    Meaning meaning;
    std::string_view reason;
};

/// The longest matching `code` decides. Codes: PostgreSQL's documentation, appendix A.
inline constexpr std::array sqlstate_map{
    SqlstateRow{"08", Meaning::lost, "the connection was lost"},
    SqlstateRow{"08007", Meaning::outcome_unknown, "the server could not tell whether it committed"},
    SqlstateRow{"0A000", Meaning::schema, "the server does not do this with this table, or for this role"},
    SqlstateRow{"21", Meaning::invalid_input, "the server refused the values"},
    SqlstateRow{"22", Meaning::invalid_input, "the server refused a value"},
    SqlstateRow{"23", Meaning::constraint, "a rule of the table forbids it"},
    SqlstateRow{"25006", Meaning::read_only, "the server accepts no writes: it is a standby or set to read-only"},
    SqlstateRow{"25P02", Meaning::usage, "the transaction failed before"},
    SqlstateRow{"25P03", Meaning::lost, "the server ended an idle transaction"},
    SqlstateRow{"28", Meaning::permission, "the role is not admitted"},
    SqlstateRow{"3F000", Meaning::schema, "the schema does not exist; ensure_schema() creates it"},
    SqlstateRow{"40", Meaning::transient, "the server rolled it back because of a concurrent transaction"},
    SqlstateRow{"40003", Meaning::outcome_unknown, "the server could not tell whether it completed"},
    SqlstateRow{"428C9", Meaning::schema, "the server generates a column that is to be written"},
    SqlstateRow{"42501", Meaning::permission, "the role lacks a right; details() has the server's message"},
    SqlstateRow{"42703", Meaning::schema, "the table has no such column"},
    SqlstateRow{"42804", Meaning::schema, "a column of the table has another type"},
    SqlstateRow{"42809", Meaning::schema, "it is not a table"},
    SqlstateRow{"42846", Meaning::schema, "a column of the table has another type"},
    SqlstateRow{"42883", Meaning::schema, "a column of the table has another type"},
    SqlstateRow{"42P01", Meaning::schema, "the table does not exist; ensure_schema() creates it"},
    SqlstateRow{"42P10", Meaning::schema, "the table has no primary key or unique index on the id column"},
    SqlstateRow{"53", Meaning::transient, "the server is out of resources"},
    SqlstateRow{"54", Meaning::invalid_input, "the value is beyond a limit of the server"},
    SqlstateRow{"55000", Meaning::schema, "it cannot be written: a view, or not in the needed state"},
    SqlstateRow{"55006", Meaning::transient, "the object is in use"},
    SqlstateRow{"55P03", Meaning::transient, "a lock was not available"},
    SqlstateRow{"57014", Meaning::interrupted, "the statement was cancelled"},
    SqlstateRow{"57P", Meaning::lost, "the server ended the connection"},
    SqlstateRow{"58000", Meaning::transient, "the server's system failed"},
    SqlstateRow{"58030", Meaning::transient, "the server's disk failed"},
};

inline SqlstateRow row_for(std::string_view sqlstate) {
    SqlstateRow best{{}, Meaning::internal, "the server refused a statement of the library"};
    for (const SqlstateRow& row : sqlstate_map) {
        if (sqlstate.starts_with(row.code) && row.code.size() > best.code.size()) best = row;
    }
    return best;
}

/// Whether the connection broke before a verdict came.
[[nodiscard]] inline bool is_broken(const Failure& failure) {
    if (failure.kind == Failure::Kind::lost) return true;
    return failure.kind == Failure::Kind::server_error && row_for(failure.sqlstate).meaning == Meaning::lost;
}

/// No verdict came for a statement that had been sent.
/// @param why  lost, deadline or stopped
[[noreturn]] inline void throw_no_verdict(ErrorInfo info, Effect effect, Failure::Kind why = Failure::Kind::lost) {
    if (effect == Effect::writes) {
        info.outcome = Outcome::unknown;
        info.retry = Retry::caller_decides;
        throw OutcomeUnknownError{std::move(info)};
    }
    info.retry = why == Failure::Kind::lost ? Retry::same_call : Retry::caller_decides;
    if (why == Failure::Kind::deadline) throw DeadlineExceededError{std::move(info)};
    if (why == Failure::Kind::stopped) throw CancelledError{std::move(info)};
    throw ConnectionError{std::move(info)};
}

[[noreturn]] inline void throw_server_error(ErrorInfo info, const Failure& failure, Effect effect) {
    const SqlstateRow row = row_for(failure.sqlstate);
    info.reason = row.reason;
    info.details = failure.details;
    info.constraint = failure.constraint;
    switch (row.meaning) {
        case Meaning::transient:
            info.retry = Retry::new_transaction;
            throw TransientError{std::move(info)};
        case Meaning::lost:
            throw_no_verdict(std::move(info), effect);
        case Meaning::outcome_unknown:
            throw_no_verdict(std::move(info), Effect::writes);
        case Meaning::interrupted:
            info.retry = Retry::caller_decides;
            if (!failure.statement_timed_out) throw CancelledError{std::move(info)};
            info.reason = "the server ended the statement at its time limit";
            throw DeadlineExceededError{std::move(info)};
        case Meaning::read_only:
            info.retry = Retry::same_call;
            info.connect_failure = ConnectFailure::not_writable;
            throw ConnectionError{std::move(info)};
        case Meaning::constraint:
            if (failure.is_contested) {
                info.reason = "other sessions wrote the same document all the time, and the server stored nothing";
                info.retry = Retry::new_transaction;
                throw TransientError{std::move(info)};
            }
            if (!info.constraint.empty()) info.reason += ": " + info.constraint;
            if (failure.line != 0) info.reason = "document " + std::to_string(failure.line) + ": " + info.reason;
            throw ConstraintError{std::move(info)};
        case Meaning::invalid_input:
            throw InvalidInputError{std::move(info)};
        case Meaning::schema:
            throw SchemaError{std::move(info)};
        case Meaning::permission:
            throw PermissionError{std::move(info)};
        case Meaning::usage:
            info.retry = Retry::new_transaction;
            throw UsageError{std::move(info)};
        case Meaning::internal:
            break;
    }
    throw InternalError{std::move(info)};
}

/// The one place where a failure of a connection becomes the error that the caller sees.
[[noreturn]] inline void throw_public_error(const Failure& failure, const CallSite& site, Effect effect) {
    ErrorInfo info = site.because(failure.reason);
    info.sqlstate = failure.sqlstate;
    if (!failure.may_have_run) effect = Effect::reads;
    switch (failure.kind) {
        case Failure::Kind::cannot_connect:
            info.connect_failure = failure.connect_failure;
            info.retry = failure.for_good ? Retry::never : Retry::same_call;
            throw ConnectionError{std::move(info)};
        case Failure::Kind::server_error:
            throw_server_error(std::move(info), failure, effect);
        case Failure::Kind::lost:
        case Failure::Kind::deadline:
        case Failure::Kind::stopped:
            throw_no_verdict(std::move(info), effect, failure.kind);
        case Failure::Kind::out_of_memory:
            info.retry = Retry::same_call;
            throw TransientError{std::move(info)};
        case Failure::Kind::too_large:
            throw InvalidInputError{std::move(info)};
        case Failure::Kind::reply_too_large:
            if (effect == Effect::writes) throw_no_verdict(std::move(info), effect);
            throw UsageError{std::move(info)};
        case Failure::Kind::bad_reply:
            if (effect == Effect::writes) throw_no_verdict(std::move(info), effect);
            break;
        case Failure::Kind::forked:
            throw UsageError{std::move(info)};
    }
    throw InternalError{std::move(info)};
}

}  // namespace gridone::storage::inline v0::detail

#endif
