// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_TIMEOUT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_TIMEOUT_HPP

#include <gridone/storage/core/detail/deadline.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// The server's own limit for the statements of one session (`statement_timeout`), which ends the work for a caller who
/// is gone. The caller's deadline is kept by the client, which then closes the connection.
///
/// The session has the smaller of two limits: that of its role (what an administrator set for the role, the database or
/// the server) and the pool's `operation_timeout`. A call that may take longer raises it for its own statement or
/// transaction alone, up to the limit of the role, and in the same round trip: the server drops the raised limit at the
/// end of that transaction, so that a later call has no longer limit, whatever becomes of this one.
///
/// Also knows which limit is in effect, since SQLSTATE 57014 does not tell the end of a statement at its limit from its
/// end by `pg_cancel_backend`: it was the limit if the statement ran for that long.
class StatementTimeout {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// The longest that the server takes, and what stands for no limit at all.
    static constexpr Milliseconds longest{std::numeric_limits<std::int32_t>::max()};
    static constexpr Milliseconds unlimited = Milliseconds::max();

    /// What the pool tells its sessions.
    [[nodiscard]] static Milliseconds of_pool(Milliseconds operation_timeout) noexcept {
        return std::clamp(operation_timeout, Milliseconds{1}, longest);
    }

    /// SQL for a setting of the server that is a time, as a number of milliseconds; 0 is no limit.
    [[nodiscard]] static std::string in_milliseconds(std::string_view setting) {
        return std::string{"(extract(epoch FROM "}.append(setting).append(
            "::pg_catalog.interval) * 1000)::pg_catalog.int8");
    }

    /// A query for the limit in effect.
    [[nodiscard]] static std::string question() {
        return "SELECT " + in_milliseconds("pg_catalog.current_setting('statement_timeout')");
    }
    /// A query that sets the limit until the end of the transaction, and gives it.
    [[nodiscard]] static std::string raising(Milliseconds limit) {
        return "SELECT " + in_milliseconds("pg_catalog.set_config('statement_timeout', '" +
                                           std::to_string(limit.count()) + "', true)");
    }

    /// A session begins. @param of_role  as the server gives it; @param of_session  the same, as it was set
    void begin_session(std::int64_t of_role, std::int64_t of_session) noexcept {
        role_ = limit_of(of_role);
        session_ = limit_of(of_session);
        begin_transaction();
    }

    /// The session is in no transaction, so what was set for one is over.
    void begin_transaction() noexcept {
        current_ = session_;
        is_known_ = true;
    }

    /// For a call that may take longer than the limit in effect: the limit that it is to have.
    [[nodiscard]] std::optional<Milliseconds> raised_for(Deadline deadline, Clock::time_point now) const noexcept {
        const auto left = std::chrono::ceil<Milliseconds>(deadline - now);
        const auto wanted = std::min(role_, std::clamp(left, Milliseconds{1}, longest));
        if (wanted <= current_) return std::nullopt;
        return wanted;
    }

    /// The limit is in effect until the end of the transaction. @param limit  as the server gives it
    void set(std::int64_t limit) noexcept {
        current_ = limit_of(limit);
        is_known_ = true;
    }
    /// Only the limit of the role is in effect; for the whole session, or until the end of the transaction.
    void lift(bool for_session) noexcept {
        current_ = role_;
        if (for_session) session_ = role_;
    }
    /// The caller may have set it through `connection()` in this transaction.
    void forget() noexcept { is_known_ = false; }
    [[nodiscard]] bool is_known() const noexcept { return is_known_; }

    /// Whether a statement that was ended after that time was ended at its limit.
    [[nodiscard]] bool ended(Clock::duration elapsed) const noexcept {
        return std::chrono::floor<Milliseconds>(elapsed) >= current_;  // `unlimited` does not fit into nanoseconds
    }

    /// The limit of the role, as the value of a setting.
    [[nodiscard]] std::string of_role() const {
        return std::to_string(role_ == unlimited ? 0 : std::min(role_, longest).count());
    }

private:
    [[nodiscard]] static Milliseconds limit_of(std::int64_t setting) noexcept {
        return setting <= 0 ? unlimited : Milliseconds{setting};
    }

    Milliseconds role_ = unlimited;
    Milliseconds session_ = unlimited;
    Milliseconds current_ = unlimited;
    bool is_known_ = true;
};

}  // namespace gridone::storage::inline v0::detail

#endif
