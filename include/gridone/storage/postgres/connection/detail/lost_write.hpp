// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_WRITE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_WRITE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A write that was sent and whose reply was lost: finds out on another connection whether it was applied.
///
/// First the backend that ran it must be gone, for what is not there yet could still come; it is asked to end. Then the
/// row tells, by its content and by the transaction that made it (xmin): whether that had ended before the write was
/// sent, by what the session had heard from the server last.
///
/// What follows from both is in the table of `PostgresStorageBackend`.
class LostWrite {
public:
    /// @param sent  a time before it was sent, at which `trace` was true
    LostWrite(ConnectionPool& pool, const Statement& statement, std::initializer_list<std::string_view> values,
              const CallSite& site, const Trace& trace, Clock::time_point sent)
        : pool_{pool}, statement_{statement}, values_(values), site_{site}, trace_{trace}, sent_{sent} {}

    [[nodiscard]] Outcome settle(const Until& until) {
        if (statement_.evidence.empty() || !trace_.backend.is_known()) return Outcome::unknown;
        do {
            try {
                if (const auto outcome = look(until)) return *outcome;
            } catch (const Failure& failure) {
                const bool is_refused =
                    failure.kind == Failure::Kind::server_error && row_for(failure.sqlstate).meaning != Meaning::lost;
                if (is_refused || failure.for_good) return Outcome::unknown;
            } catch (const StorageError& error) {
                const bool is_busy = dynamic_cast<const AcquireTimeoutError*>(&error) != nullptr;
                if (!is_busy) return Outcome::unknown;
            } catch (...) {  // what the callback for the password throws is not the news
                return Outcome::unknown;
            }
        } while (backoff_.wait(until));
        return Outcome::unknown;
    }

private:
    /// Nothing while the backend is still there.
    std::optional<Outcome> look(const Until& until) {
        const Lease lease = pool_.acquire(until, site_);
        if (!lease->trace().backend.shares_history_with(trace_.backend)) return Outcome::unknown;
        const std::string pid = std::to_string(trace_.backend.pid);
        const std::string started = std::to_string(trace_.backend.started);
        const Statement end_backend{
            .sql =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND "
                "(extract(epoch FROM backend_start) * 1000000)::bigint = $2::bigint",
            .parameters = {ParameterType::text, ParameterType::text}};
        if (lease->run(end_backend, {pid, started}, until).size() != 0) return std::nullopt;
        const Statement evidence{.sql = statement_.evidence, .parameters = statement_.parameters};
        const Result row = lease->run(evidence, values_, until);
        if (row.size() != 1) return Outcome::unknown;
        const auto xmin = static_cast<Xmin>(row.number(0, 0));
        const bool before = trace_.covers(xmin) || pool_.was_acknowledged(xmin, sent_);
        pool_.note_ended(trace_.backend, xmin);  // for the next that is lost here
        const bool mine = row.text(0, 1) == "t";
        if (mine && !(statement_.needs_absence && before)) return Outcome::applied;
        return before ? Outcome::not_applied : Outcome::unknown;
    }

    ConnectionPool& pool_;
    const Statement& statement_;
    std::initializer_list<std::string_view> values_;
    const CallSite& site_;
    const Trace& trace_;
    Clock::time_point sent_;  // not before this
    Backoff backoff_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
