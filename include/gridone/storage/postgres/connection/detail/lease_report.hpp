// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_REPORT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LEASE_REPORT_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/error_name.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>

#include <chrono>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a caller did with a connection, kept until it is back: no listener runs while one is held.
struct LeaseReport {
    struct Statement {
        std::chrono::nanoseconds duration{};
        ErrorName error{};
        std::optional<std::uint64_t> returned_rows{};
        std::optional<std::uint64_t> affected_rows{};
        std::string operation{};  ///< Of a call within a transaction; else the lease's.
        std::string table{};
    };

    std::chrono::nanoseconds waited{};
    std::vector<Statement> statements{};

    /// Runs `f`, which gives a Result, and notes it as one statement.
    /// @param within  the call, if it is not the one that has the connection
    template <class F>
    Result measured(F&& f, const CallSite* within = nullptr, Clock::time_point started = Clock::now()) {
        try {
            Result result = f();
            note(started, {}, result, within);
            return result;
        } catch (...) {
            note(started, ErrorName::of_current(), {}, within);
            throw;
        }
    }

private:
    void note(Clock::time_point started, const ErrorName& error, const Result& result,
              const CallSite* within) noexcept {
        Statement statement{.duration = Clock::now() - started, .error = error};
        const std::string_view command = result ? result.command() : std::string_view{};
        if (command.starts_with("INSERT") || command.starts_with("UPDATE") || command.starts_with("DELETE")) {
            statement.affected_rows = result.if_affected().value_or(0);
        } else if (result && result.status() == PGRES_TUPLES_OK) {
            statement.returned_rows = result.size();
        }
        try {
            if (within != nullptr) {
                statement.operation = within->operation;
                statement.table = within->table;
            }
            statements.push_back(std::move(statement));
        } catch (const std::bad_alloc&) {
            return;  // an event less
        }
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
