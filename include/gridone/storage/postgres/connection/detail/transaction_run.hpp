// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_TRANSACTION_RUN_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_TRANSACTION_RUN_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/error_name.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/lost_write.hpp>
#include <gridone/storage/postgres/connection/detail/postgres_transaction.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// One transaction, its body run until it is committed, fails for good, or the deadline has passed.
///
/// The body runs again where the server rolled it back for a concurrent one (40001, 40P01), where the session's prepared
/// statements are of a schema that has changed, where the connection turned out to be dead before the body began, and
/// where it is not known whether a violation of a unique constraint is real (see `RefusedInsert`), whatever the body made
/// of it. If the reply to the commit is lost, the server is asked on another connection what became of the transaction,
/// once the backend that had it is gone.
class TransactionRun {
public:
    /// @param database  what storages of the same database have in common
    TransactionRun(ConnectionPool& pool, const void* database, const CallSite& site, const TransactionOptions& options,
                   const Until& until)
        : pool_{pool}, database_{database}, site_{site}, options_{options}, until_{until} {}

    /// @returns what is to run now that it is committed. @throws StorageError, and what the body throws
    std::vector<std::function<void()>> run(const std::function<void(Transaction&)>& body) {
        if (!pool_.watch_.listens()) return run_until_committed(body);
        try {
            auto on_commit = run_until_committed(body);
            pool_.watch_.tell_transaction(site_, {}, started_);
            return on_commit;
        } catch (...) {
            pool_.watch_.tell_transaction(site_, ErrorName::of_current(), started_);
            throw;
        }
    }

private:
    std::vector<std::function<void()>> run_until_committed(const std::function<void(Transaction&)>& body) {
        for (;;) {
            try {
                return attempt(body);
            } catch (const TransientError& error) {
                const bool rolled_back = error.sqlstate() == "40001" || error.sqlstate() == "40P01";
                const bool stale = is_stale_plan(error.sqlstate());
                if (!rolled_back && !stale) throw;
                Failure why{Failure::Kind::server_error, {}, error.sqlstate()};
                if (stale && fresh_) throw;
                if (!stale && !backoff_.wait(until_)) throw;
                pool_.watch_.count_retry(site_, why, started_);
            } catch (const Contested& contested) {
                if (std::exchange(is_careful_, true) && !backoff_.wait(until_)) std::rethrow_exception(contested.error);
                pool_.watch_.count_retry(site_, Failure{Failure::Kind::server_error, {}, "23505"}, started_);
            } catch (const Failure& failure) {  // to begin with
                if (!is_broken(failure) || ++broken_ == most_broken || !backoff_.wait(until_)) {
                    throw_public_error(failure, site_, Effect::reads);
                }
                pool_.watch_.count_retry(site_, failure, started_);
            }
        }
    }

    /// The run of the body counts for nothing. With the error that the caller gets where there is no time for another.
    struct Contested {
        std::exception_ptr error;
    };

    /// @throws Failure  before the body began
    /// @throws Contested
    std::vector<std::function<void()>> attempt(const std::function<void(Transaction&)>& body) {
        Trace trace;
        std::optional<Failure> lost;
        std::int64_t number = 0;
        std::vector<std::function<void()>> on_commit;
        {
            const auto asked = Clock::now();
            Lease lease = pool_.acquire(until_, site_);
            trace = lease->trace();
            fresh_ = lease->began >= asked;
            const auto state = std::make_shared<PostgresTransaction>(database_, lease, options_, until_, is_careful_);
            try {
                Transaction transaction{state};
                body(transaction);
                if (state->is_contested()) throw TransientError{contested()};
                state->check_committable(site_);
                expect_time_left();
                number = number_of(*state);
                lost = commit(*state);
            } catch (...) {
                state->end();
                state->roll_back();
                if (state->was_lent()) lease->clear_away(until_);
                if (state->is_contested()) throw Contested{std::current_exception()};
                throw;
            }
            on_commit = state->end();
            if (state->was_lent() && !lost) lease->clear_away(until_);
        }
        if (lost) settle(*lost, trace, number);
        return on_commit;
    }

    /// A commit that is sent too late would have an unknown outcome for nothing. @throws DeadlineExceededError
    void expect_time_left() const {
        if (Clock::now() < until_.deadline) return;
        ErrorInfo info = site_.because("the deadline passed before it was committed");
        info.retry = Retry::caller_decides;
        throw DeadlineExceededError{std::move(info)};
    }

    [[nodiscard]] ErrorInfo contested() const {
        ErrorInfo info = site_.because("other sessions wrote the same documents all the time");
        info.retry = Retry::new_transaction;
        return info;
    }

    std::int64_t number_of(PostgresTransaction& state) const {
        try {
            return state.number();
        } catch (const Failure& failure) {
            throw_public_error(failure, site_, Effect::reads);
        }
    }

    /// The failure, where no verdict came.
    std::optional<Failure> commit(PostgresTransaction& state) const {
        try {
            const Result result = state.commit(site_);
            if (result.command() == "COMMIT") return std::nullopt;
            if (result.command() != "ROLLBACK") return Connection::unfitting_reply();
        } catch (const Failure& failure) {
            if (failure.kind == Failure::Kind::forked) throw_public_error(failure, site_, Effect::reads);
            if (failure.kind != Failure::Kind::server_error || is_broken(failure)) return failure;
            throw_public_error(failure, site_, Effect::writes);
        }
        throw UsageError{site_.because(
            "the server rolled the transaction back at its commit, since a statement on its connection() had failed")};
    }

    void settle(const Failure& failure, const Trace& trace, std::int64_t number) {
        const auto lost = Clock::now();
        Failure told = failure;
        // Which has written nothing, whether committed or not; but what it read may not be what it asked for.
        const Outcome outcome = number == 0 ? Outcome::not_applied : verdict(trace, number);
        if (number != 0) pool_.watch_.count_lost_reply(site_, outcome, lost);
        if (outcome == Outcome::applied) return;
        told.may_have_run = outcome == Outcome::unknown;
        throw_public_error(told, site_, Effect::writes);
    }

    [[nodiscard]] Outcome verdict(const Trace& trace, std::int64_t number) {
        if (!trace.backend.is_known()) return Outcome::unknown;
        Outcome outcome = Outcome::unknown;
        ask_until_answered(until_, [&] {
            Lease lease = pool_.acquire(until_, site_);
            if (!lease->trace().backend.shares_history_with(trace.backend)) return true;
            if (!end_backend(lease, trace.backend, until_)) return false;
            const Statement ask{.sql = "SELECT txid_status($1)", .parameters = {ParameterType::bigint}, .columns = 1};
            const std::string asked = std::to_string(number);
            const Result answer = lease.run(ask, {asked}, until_);
            if (answer.size() != 1) return true;
            if (answer.text(0, 0) == "committed") {
                await_standbys(lease, until_);
                outcome = Outcome::applied;
            }
            if (answer.text(0, 0) == "aborted") outcome = Outcome::not_applied;
            return true;
        });
        return outcome;
    }

    static constexpr int most_broken = 5;

    ConnectionPool& pool_;
    const void* database_;
    const CallSite& site_;
    const TransactionOptions& options_;
    Until until_;
    Clock::time_point started_ = Clock::now();
    Backoff backoff_{};
    int broken_ = 0;
    bool is_careful_ = false;
    bool fresh_ = false;  // whether the last attempt had a connection that was made for it
};

}  // namespace gridone::storage::inline v0::detail

#endif
