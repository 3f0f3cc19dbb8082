// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_REFUSED_INSERT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_REFUSED_INSERT_HPP

#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Whether a unique index or an exclusion constraint has refused a row.
[[nodiscard]] inline bool is_of_unique_index(std::string_view sqlstate) noexcept {
    return sqlstate == "23505" || sqlstate == "23P01";
}

/// An INSERT that a unique index has refused, though the index may hold the values of the very document that is to be
/// stored: whether two documents really violate the constraint.
///
/// PostgreSQL inserts a row speculatively: ON CONFLICT first looks for a row with the same id, outside of any lock. Of
/// several sessions that store one new document, each finds none; while others update it, a scan may meet the old row
/// version and miss the new one (SnapshotDirty), the longer the more old versions an open snapshot preserves. The row is
/// then inserted into the index of the ids, which reports the conflict only later (UNIQUE_CHECK_PARTIAL), and into the
/// next unique index, which raises 23505 at once (`ExecInsertIndexTuples`).
class RefusedInsert {
public:
    enum class Violation { real, none, undetermined };

    RefusedInsert(const Statement& statement, const Failure& refusal) noexcept
        : statement_{statement}, constraint_{refusal.constraint} {}

    /// Whether the statement can be refused though no other document has its values.
    [[nodiscard]] static bool is_one(const Statement& statement, const Failure& failure) noexcept {
        return statement.may_meet_itself && is_of_unique_index(failure.sqlstate);
    }

    /// Whether the statement was refused by mistake before, or by a deadlock, so that the next attempt is to run at once.
    [[nodiscard]] static bool is_expected(const Statement& statement) noexcept {
        return statement.is_contended && *statement.is_contended;
    }
    static void expect(const Statement& statement) noexcept {
        if (statement.is_contended) *statement.is_contended = true;
    }

    /// What is to run in the statement's place from the first refusal on.
    [[nodiscard]] static Statement next_attempt(const Statement& statement) {
        Statement next = statement;
        if (!next.after_refusal.empty()) {
            next.sql = std::exchange(next.after_refusal, {});
            next.is_made_up = true;
        }
        return next;
    }

    /// @param ask       runs a statement with the same parameters. What it throws of the server leaves it undetermined.
    /// @param refusals  how often the statement was refused by now
    template <class Ask>
    [[nodiscard]] Violation judge(int refusals, Ask&& ask) const {
        if (!statement_.violations.empty()) {
            const Statement question{
                .sql = statement_.violations, .parameters = statement_.parameters, .columns = 2, .is_made_up = true};
            try {
                const Result answer = ask(question);
                for (std::size_t row = 0; row < answer.size(); ++row) {
                    if (answer.text(row, 0) != constraint_) continue;
                    return answer.text(row, 1) == "t" ? Violation::real : Violation::none;
                }
            } catch (const Failure& failure) {
                if (is_broken(failure) || failure.kind != Failure::Kind::server_error) throw;
            }
        }
        // An index that the description does not name. A refusal by mistake needs a document that another session makes
        // in the moment between two steps of the statement, so it does not come so often in a row.
        return refusals >= most_refusals ? Violation::real : Violation::undetermined;
    }

private:
    static constexpr int most_refusals = 4;

    const Statement& statement_;
    std::string_view constraint_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
