// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_RUN_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_RUN_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/id_column.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/lost_write.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/refused_insert.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// One statement outside any transaction, attempted until there is a verdict or the deadline has passed.
///
/// A read whose connection breaks is run again on another one. So is a write of which it is proven that it was not
/// applied; if that is open, `LostWrite` finds out first. What the server rolled back for the sake of a concurrent
/// transaction (40001, 40P01) is run again as well, and what a unique index refused though no other document violates
/// the constraint; see `RefusedInsert`. Connections that were dead when the call began cost no patience; of fresh ones,
/// five may break.
class StatementRun {
public:
    StatementRun(ConnectionPool& pool, const Statement& statement, const Parameters& values, const CallSite& site,
                 const Until& until, IdColumn* ids = nullptr)
        : pool_{pool}, statement_{statement}, values_{values}, site_{site}, until_{until}, ids_{ids} {
        if (RefusedInsert::is_expected(statement)) after_refusal_ = RefusedInsert::next_attempt(statement);
    }

    /// @returns the row of the evidence where the reply was lost and the write turned out to be applied.
    /// @param lost  of an attempt that was made already, as a part of another statement
    /// @throws StorageError
    Result run(const LostReply* lost = nullptr) {
        if (lost != nullptr) {
            LostWrite::Verdict verdict = settled(*lost);
            if (verdict.outcome == Outcome::applied) return std::move(verdict.row);
            if (verdict.outcome == Outcome::unknown) {
                throw_public_error(Failure{Failure::Kind::lost, "the connection was lost before the server answered"},
                                   site_, statement_.effect);
            }
        }
        for (;;) {
            Trace trace;
            Clock::time_point sent;
            bool fresh = true;
            try {
                Lease lease = pool_.acquire(until_, site_);
                fresh = lease->began >= started_;
                if (ids_ != nullptr) ids_->expect_exact(*lease, until_, site_);
                trace = lease->trace();
                sent = now_if_in_time();
                Result result = lease.run(after_refusal_ ? *after_refusal_ : statement_, values_, until_);
                if (refusals_ != 0) RefusedInsert::expect(statement_);
                return result;
            } catch (Failure& failure) {
                Outcome outcome = Outcome::not_applied;
                if (is_open(failure)) {
                    LostWrite::Verdict verdict = settled({trace, sent});
                    outcome = verdict.outcome;
                    if (outcome == Outcome::applied) return std::move(verdict.row);
                    failure.may_have_run = outcome == Outcome::unknown;
                }
                if (outcome == Outcome::unknown || !is_worth_another(failure, fresh)) {
                    const bool is_late = failure.kind == Failure::Kind::deadline && !failure.may_have_run;
                    // Time ran out between two attempts: what the first met with is the news.
                    throw_public_error(is_late && last_failure_ ? *last_failure_ : failure, site_, statement_.effect);
                }
                pool_.watch_.count_retry(site_, failure, started_);
                last_failure_ = failure;
            }
        }
    }

private:
    LostWrite::Verdict settled(const LostReply& lost) {
        const auto began = Clock::now();
        LostWrite::Verdict verdict = LostWrite{pool_, statement_, values_, site_, lost}.settle(until_);
        pool_.watch_.count_lost_reply(site_, verdict.outcome, began);
        return verdict;
    }

    [[nodiscard]] Clock::time_point now_if_in_time() const {
        if (site_.stop != nullptr && site_.stop->stop_requested()) {
            throw Failure::of_nothing_sent(Failure::Kind::stopped, "the caller stopped it before it was sent");
        }
        const auto now = Clock::now();
        if (now >= until_.deadline) {
            throw Failure::of_nothing_sent(Failure::Kind::deadline, "the deadline passed before it was sent");
        }
        return now;
    }

    /// Whether the connection broke while the write may have been applied.
    [[nodiscard]] bool is_open(const Failure& failure) const {
        return statement_.effect == Effect::writes && failure.may_have_run && is_broken(failure);
    }

    /// Whether the same statement may succeed on another connection, or after the pause that this makes.
    [[nodiscard]] bool is_worth_another(Failure& failure, bool fresh) {
        const bool rolled_back = failure.sqlstate == "40001" || failure.sqlstate == "40P01";
        const bool is_refused = RefusedInsert::is_one(statement_, failure);
        if (!after_refusal_ && (is_refused || rolled_back)) after_refusal_ = RefusedInsert::next_attempt(statement_);
        if (rolled_back) RefusedInsert::expect(statement_);
        if (is_refused) {
            ++refusals_;
            if (is_violation(failure)) return false;
            failure.is_contested = true;
            return refusals_ <= 2 || backoff_.wait(until_);  // the document is there by now, as a rule
        }
        if (!rolled_back) {
            const bool is_of_session = is_broken(failure) || failure.sqlstate == "25006" || failure.is_of_stale_plan;
            if (!is_of_session) return false;
            if (!fresh) return true;
            if (failure.is_of_stale_plan || ++broken_ == most_broken) return false;
        }
        return backoff_.wait(until_);
    }

    /// Whether other documents than those of the statement have the values, as far as can be told.
    [[nodiscard]] bool is_violation(const Failure& refusal) {
        try {
            return RefusedInsert{statement_, refusal}.judge(refusals_, [&](const Statement& question) {
                Lease lease = pool_.acquire(until_, site_);
                return lease.run(question, values_, until_);
            }) == RefusedInsert::Violation::real;
        } catch (const Failure&) {  // the next attempt meets with the same, or succeeds
            return false;
        }
    }

    static constexpr int most_broken = 5;

    ConnectionPool& pool_;
    const Statement& statement_;
    std::optional<Statement> after_refusal_{};
    Parameters values_;
    const CallSite& site_;
    Until until_;
    IdColumn* ids_;  // of the table, if it is to be looked at
    Clock::time_point started_ = Clock::now();
    Backoff backoff_{};
    std::optional<Failure> last_failure_{};
    int broken_ = 0;
    int refusals_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
