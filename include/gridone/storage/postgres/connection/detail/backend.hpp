// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BACKEND_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BACKEND_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace gridone::storage::inline v0::detail {

/// The server process of a session, and the history that it writes to.
struct Backend {
    std::int64_t pid = 0;      ///< 0 where it is not known, which is so behind a pooler that lends processes.
    std::int64_t started = 0;  ///< Microseconds since 1970, by the server's clock.
    std::int64_t cluster = 0;
    std::int64_t timeline = 0;  ///< Another one after a promotion; 0 on a standby.

    [[nodiscard]] bool is_known() const noexcept { return pid != 0 && timeline != 0; }
    [[nodiscard]] bool shares_history_with(const Backend& other) const noexcept {
        return is_known() && other.is_known() && cluster == other.cluster && timeline == other.timeline;
    }
};

/// Columns and the rest of the query for `backend_of`.
inline constexpr const char* backend_columns =
    "pid, (extract(epoch FROM backend_start) * 1000000)::bigint, system_identifier, "
    "CASE WHEN pg_is_in_recovery() THEN 0 "
    "ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint END "
    "FROM pg_stat_activity, pg_control_system() WHERE pid = pg_backend_pid()";

/// @param pid  as the session was told when it began; a pooler tells one of its own making.
inline Backend backend_of(const Result& row, int column, int pid) noexcept {
    const auto started = row.if_number(0, column + 1);
    const auto cluster = row.if_number(0, column + 2);
    const auto timeline = row.if_number(0, column + 3);
    if (row.if_number(0, column) != pid || !started || !cluster || !timeline) return {};
    return {.pid = pid, .started = *started, .cluster = *cluster, .timeline = *timeline};
}

/// The number of a row's transaction, without its epoch. 0 is none at all, as in rows of a foreign server.
using Xmin = std::uint32_t;

/// What to look for on the server when the reply to a statement is lost.
struct Trace {
    Backend backend{};

    /// Every transaction with a lower number had ended when the session last heard of it.
    std::int64_t all_ended_before = 0;

    /// Whether the transaction that made a row version had ended by then.
    [[nodiscard]] bool covers(Xmin xmin) const noexcept {
        constexpr Xmin first_normal = 3;
        if (xmin == 0 || all_ended_before == 0) return false;
        // Numbers wrap around; half of all are older than any.
        return xmin < first_normal || static_cast<std::int32_t>(xmin - static_cast<Xmin>(all_ended_before)) < 0;
    }

    /// Both learn what either has heard, if it is of the same history; otherwise `other` becomes this.
    void share_with(Trace& other) noexcept {
        if (backend.shares_history_with(other.backend)) {
            all_ended_before = std::max(all_ended_before, other.all_ended_before);
        }
        other = *this;
    }
};

/// The latest transactions of which a pool knows that they wrote and have ended.
class AcknowledgedWrites {
public:
    void add(const Backend& by, std::int64_t transaction, Clock::time_point now) noexcept {
        if (!by.is_known()) return;
        if (!by.shares_history_with(history_)) entries_ = {};
        history_ = by;
        entries_[next_++ % entries_.size()] = {transaction, now};
    }

    /// Whether the transaction that made a row version was one of them, and known to have ended at that time.
    [[nodiscard]] bool contain(Xmin xmin, Clock::time_point time) const noexcept {
        return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
            return entry.transaction != 0 && static_cast<Xmin>(entry.transaction) == xmin && entry.told <= time;
        });
    }

private:
    struct Entry {
        std::int64_t transaction = 0;
        Clock::time_point told{};
    };

    Backend history_{};
    std::array<Entry, 256> entries_{};
    std::size_t next_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
