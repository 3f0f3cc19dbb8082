// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_WRITE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_WRITE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Asks a backend to end. @returns whether it has, so that what it was doing is decided.
inline bool end_backend(Lease& lease, const Backend& backend, const Until& until) {
    const std::string pid = std::to_string(backend.pid);
    const std::string started = std::to_string(backend.started);
    const Statement ending{.sql =
                               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND "
                               "(extract(epoch FROM backend_start) * 1000000)::bigint = $2::bigint",
                           .parameters = {ParameterType::text, ParameterType::text},
                           .columns = 1};
    return lease.run(ending, {pid, started}, until).size() == 0;
}

/// Returns when the synchronous standbys have all that was committed on this server before, which is at once where the
/// server has none, or the session does not wait for them.
///
/// A commit whose server process was terminated while it waited for its standby is visible, and yet no standby may have
/// it: a failover would lose it. A standby acknowledges the positions of the log in their order, so that it has all earlier
/// ones once a later commit is acknowledged. A transaction waits for standbys only if it has written to the log.
inline void await_standbys(Lease& lease, const Until& until) {
    const Statement waits{.sql =
                              "SELECT current_setting('synchronous_standby_names') <> '' AND "
                              "current_setting('synchronous_commit') NOT IN ('off', 'local')",
                          .parameters = {},
                          .columns = 1,
                          .is_made_up = true};
    const Result answer = lease.run(waits, {}, until);
    if (answer.size() == 1 && answer.text(0, 0) == "f") return;
    const Statement log{.sql = "SELECT pg_logical_emit_message(true, 'gridone_storage', '')",
                        .parameters = {},
                        .columns = 1,
                        .is_made_up = true};
    lease.run(log, {}, until);
}

/// Calls `ask` until it gives true or it is clear that it never will: what can pass is waited for.
template <class Ask>
void ask_until_answered(const Until& until, Ask&& ask) {
    Backoff backoff;
    do {
        try {
            if (ask()) return;
        } catch (const Failure& failure) {
            const bool is_refused =
                failure.kind == Failure::Kind::server_error && row_for(failure.sqlstate).meaning != Meaning::lost;
            const bool is_nonsense =
                failure.kind == Failure::Kind::bad_reply || failure.kind == Failure::Kind::reply_too_large;
            if (is_refused || is_nonsense || failure.for_good) return;
        } catch (const AcquireTimeoutError&) {
            continue;
        } catch (...) {  // what the callback for the password throws is not the news
            return;
        }
    } while (backoff.wait(until));
}

/// A write that was sent and whose reply was lost: finds out on another connection whether it was applied.
///
/// First the backend that ran it must be gone, for what is not there yet could still come; it is asked to end. Then the
/// row tells, by its content and by the transaction that made it (xmin): whether that had ended before the write was
/// sent, by what the session had heard from the server last.
///
/// What follows from both is in the table of `PostgresStorageBackend`.
class LostWrite {
public:
    LostWrite(ConnectionPool& pool, const Statement& statement, const Parameters& values, const CallSite& site,
              const LostReply& lost)
        : pool_{pool}, statement_{statement}, values_{values}, site_{site}, trace_{lost.trace}, sent_{lost.sent} {}

    /// What became of it, and the row that tells, if it was applied.
    struct Verdict {
        Outcome outcome = Outcome::unknown;
        Result row{};
    };

    [[nodiscard]] Verdict settle(const Until& until) {
        if (statement_.evidence.empty() || !trace_.backend.is_known()) return {};
        Verdict verdict;
        ask_until_answered(until, [&] {
            std::optional<Verdict> seen = look(until);
            if (!seen) return false;
            verdict = *std::move(seen);
            return true;
        });
        return verdict;
    }

private:
    /// Nothing while the backend is still there.
    std::optional<Verdict> look(const Until& until) {
        Lease lease = pool_.acquire(until, site_);
        if (!lease->trace().backend.shares_history_with(trace_.backend)) return Verdict{};
        if (!end_backend(lease, trace_.backend, until)) return std::nullopt;
        const Statement evidence{.sql = statement_.evidence,
                                 .parameters = statement_.parameters,
                                 .columns = statement_.columns,
                                 .is_made_up = statement_.is_made_up};
        Result row = lease.run(evidence, values_, until);
        if (row.size() != 1) return Verdict{};
        const auto number = row.if_number(0, 0);
        if (!number || !(row.is_null(0, 1) || row.text(0, 1) == "t" || row.text(0, 1) == "f")) return Verdict{};
        const auto xmin = static_cast<Xmin>(*number);
        const bool before = trace_.covers(xmin) || pool_.was_acknowledged(xmin, sent_);
        pool_.note_ended(trace_.backend, xmin);  // for the next that is lost here
        const bool mine = row.text(0, 1) == "t";
        if (mine && !(statement_.is_conditional && before)) {
            await_standbys(lease, until);
            return Verdict{Outcome::applied, std::move(row)};
        }
        return Verdict{before ? Outcome::not_applied : Outcome::unknown};
    }

    ConnectionPool& pool_;
    const Statement& statement_;
    Parameters values_;
    const CallSite& site_;
    const Trace& trace_;
    Clock::time_point sent_;  // not before this
};

}  // namespace gridone::storage::inline v0::detail

#endif
