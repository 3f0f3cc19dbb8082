// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POSTGRES_TRANSACTION_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_POSTGRES_TRANSACTION_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/id_column.hpp>
#include <gridone/storage/postgres/connection/detail/lease.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/refused_insert.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/stop_signal.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A transaction on a lent connection, from BEGIN to COMMIT or ROLLBACK.
class PostgresTransaction final : public TransactionState {
public:
    /// @param lease       outlives the use of this
    /// @param is_careful  an earlier run of the body was contested
    PostgresTransaction(const void* database, Lease& lease, const TransactionOptions& options, const Until& until,
                        bool is_careful)
        : TransactionState{database, until.deadline, options.read_only},
          lease_{lease},
          until_{until},
          is_careful_{is_careful} {
        std::string begin = "BEGIN ISOLATION LEVEL ";
        switch (options.isolation) {
            case Isolation::read_committed:
                begin += "READ COMMITTED";
                break;
            case Isolation::repeatable_read:
                begin += "REPEATABLE READ";
                break;
            case Isolation::serializable:
                begin += "SERIALIZABLE";
                break;
        }
        // Without READ WRITE a role or database that is read-only by default stays so.
        begin += " NOT DEFERRABLE";
        if (options.read_only) begin += " READ ONLY";
        lease_.as_one([&] { return lease_->begin(begin, until_); });
        if (has_ended()) throw Connection::unfitting_reply();
    }

    /// The one that the call is in. @throws UsageError  it is of another database, or only reads.
    static PostgresTransaction& of(const CallSite& site, const void* database, Effect effect) {
        site.transaction->check_database(site, database);
        if (effect == Effect::writes) site.transaction->check_writable(site);
        return static_cast<PostgresTransaction&>(*site.transaction);
    }

    /// Runs one statement of the body. @throws StorageError  never OutcomeUnknownError: nothing is committed yet
    Result run(const Statement& statement, const Parameters& values, const CallSite& site) {
        if (statement.effect == Effect::writes) wrote_ = true;
        return one_of_body(site, [&](const Until& until) {
            if (statement.may_meet_itself) return insert(statement, values, site, until);
            return lease_.run(statement, values, until, &site);
        });
    }

    /// Looks at the id column of a table, unless an earlier call has. @throws SchemaError  it is not exact
    void expect_exact_ids(IdColumn& ids, const CallSite& site) {
        if (ids.is_exact()) return;
        one_of_body(site, [&](const Until& until) {
            ids.expect_exact(*lease_, until, site);
            return Result{};
        });
    }

    /// SQL text. Otherwise as `run`.
    Result run_text(const std::string& sql, const CallSite& site) {
        wrote_ = true;
        return one_of_body(site, [&](const Until& until) {
            lease_->know_statement_timeout(until);
            return lease_.as_one([&] { return lease_->run_text(sql, until); });
        });
    }

    /// COPY … FROM STDIN; see `Exchange::copy_in`. Otherwise as `run`. @throws  what `next` throws
    template <class Next>
    Result copy_in(const std::string& sql, Next&& next, const CallSite& site) {
        wrote_ = true;
        return one_of_body(site, [&](const Until& until) {
            is_copying_ = true;
            const auto end = [](PostgresTransaction* self) { self->is_copying_ = false; };
            const std::unique_ptr<PostgresTransaction, decltype(end)> copying{this, end};
            lease_->know_statement_timeout(until);
            return lease_.as_one([&] { return lease_->copy_in(sql, next, until); });
        });
    }

    [[nodiscard]] pqxx::connection& connection(const CallSite& site) override {
        try {
            pqxx::connection& lent = lease_->lend();
            lent_ = true;
            return lent;
        } catch (const Failure& failure) {
            throw_public_error(failure, site, Effect::reads);
        }
    }

    /// The number of the transaction on the server; 0 if it has written nothing. At most one round trip. @throws Failure
    [[nodiscard]] std::int64_t number() {
        if (const std::int64_t known = lease_->acknowledged(); known != 0 || !(wrote_ || lent_)) return known;
        const Result number =
            lease_.as_one([&] { return lease_->run_text("SELECT txid_current_if_assigned()", until_); });
        return number.size() == 1 && number.is_null(0, 0) ? 0 : number.number(0, 0);
    }

    /// The transaction is no more, though nobody ended it through this: `connection()` did, or another process.
    [[nodiscard]] bool has_ended() const noexcept { return lease_->transaction_status() == PQTRANS_IDLE; }

    /// @throws Failure, UsageError
    Result commit(const CallSite& site) {
        lease_->expect_own_process();
        if (has_ended()) throw ended_by_others(site);
        lease_->watch_for_ended_transaction();
        Result result = execute("COMMIT");
        if (lease_->saw_ended_transaction()) throw ended_by_others(site);
        return result;
    }

    /// Best effort: a connection that cannot even do this is discarded, and the server rolls back when it notices.
    void roll_back() noexcept {
        try {
            if (lease_->transaction_status() != PQTRANS_IDLE) execute("ROLLBACK");
        } catch (const std::exception&) {
            lease_->retire();
        }
    }

    /// A unique index refused a statement, and it is not known whether other documents have the values: the run of the
    /// body counts for nothing, and the next one, which is careful, finds out.
    [[nodiscard]] bool is_contested() const noexcept { return is_contested_; }

    /// The connection was used by others, and is to be put in order.
    [[nodiscard]] bool was_lent() const noexcept { return lent_; }

private:
    template <class F>
    Result one_of_body(const CallSite& site, F&& f) {
        return guarded([&] {
            if (is_copying_) {
                throw UsageError{site.because("the transaction is busy with a range, which is still walked")};
            }
            const StopSignal stop{site.stop};
            Until until{std::min(until_.deadline, site.deadline), stop.descriptor()};
            if (until.stop < 0) until.stop = until_.stop;
            try {
                Result result = f(until);
                if (has_ended()) throw ended_by_others(site);
                return result;
            } catch (const Failure& failure) {
                if (failure.is_of_stale_plan) throw_stale(failure, site);
                throw_public_error(failure, site, Effect::reads);
            }
        });
    }

    /// What was written before may be undone, and what was written since is committed.
    [[nodiscard]] static UsageError ended_by_others(const CallSite& site) {
        ErrorInfo info = site.because(
            "the transaction had ended before, through its connection() or in another process; what it wrote may be "
            "stored in part");
        info.outcome = Outcome::unknown;
        return UsageError{std::move(info)};
    }

    /// Runs a statement that may meet its own document; see `RefusedInsert`. What the transaction wrote before is needed to
    /// tell whether a refusal is right, and the server has given up the transaction by then. So a careful run sets a
    /// savepoint before each such statement. Any other run undoes the innermost part, which is lost anyhow, and tells what
    /// it can without it.
    Result insert(const Statement& statement, const Parameters& values, const CallSite& site, const Until& until) {
        const bool is_expected = is_careful_ || RefusedInsert::is_expected(statement);
        const auto run = [&](const Statement& one) { return lease_.run(one, values, until, &site); };
        Backoff backoff;
        for (int refusals = 1;; ++refusals) {
            try {
                if (is_careful_) execute("SAVEPOINT gridone_insert");
                Result result =
                    refusals > 1 || is_expected ? run(RefusedInsert::next_attempt(statement)) : run(statement);
                if (is_careful_) execute("RELEASE SAVEPOINT gridone_insert");
                if (is_careful_ || refusals == 1) return result;
                throw_contested(site);  // it was refused for what this transaction wrote before, or by mistake
            } catch (Failure& refusal) {
                if (!RefusedInsert::is_one(statement, refusal)) throw;
                undo_innermost();
                const auto violation = RefusedInsert{statement, refusal}.judge(refusals, run);
                if (violation == RefusedInsert::Violation::real) throw;
                const bool is_hopeless = refusals == most_refusals || (refusals > 1 && !backoff.wait(until));
                if (is_hopeless || (!is_careful_ && violation == RefusedInsert::Violation::none)) throw_contested(site);
            }
        }
    }

    void undo_innermost() {
        if (is_careful_) {
            execute("ROLLBACK TO SAVEPOINT gridone_insert; RELEASE SAVEPOINT gridone_insert");
        } else if (depth() == 0) {
            execute("ROLLBACK AND CHAIN");
        } else {
            execute("ROLLBACK TO SAVEPOINT " + name(depth()));
        }
    }

    [[noreturn]] void throw_contested(const CallSite& site) {
        is_contested_ = true;
        ErrorInfo info = site.because("other sessions wrote the same document at that moment");
        info.retry = Retry::new_transaction;
        throw TransientError{std::move(info)};
    }

    /// Another session has new plans, but not this transaction.
    [[noreturn]] static void throw_stale(const Failure& failure, const CallSite& site) {
        ErrorInfo info = site.because("the schema has changed since the session prepared the statement");
        info.retry = Retry::new_transaction;
        info.sqlstate = failure.sqlstate;
        info.details = failure.details;
        throw TransientError{std::move(info)};
    }

    Result execute(const std::string& sql) {
        return lease_.as_one([&] { return lease_->run_text(sql, until_); });
    }
    void execute(const std::string& sql, const CallSite& site) {
        try {
            execute(sql);
        } catch (const Failure& failure) {
            throw_public_error(failure, site, Effect::reads);
        }
    }

    void set_savepoint(const CallSite& site, int level) override { execute("SAVEPOINT " + name(level), site); }
    void release(const CallSite& site, int level) override { execute("RELEASE SAVEPOINT " + name(level), site); }
    bool roll_back_to(int level) noexcept override {
        try {
            execute("ROLLBACK TO SAVEPOINT " + name(level) + "; RELEASE SAVEPOINT " + name(level));
            if (lent_) lease_->forget_statement_timeout();  // what was set in this part is undone
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }
    [[nodiscard]] bool is_broken() const noexcept override { return lease_->transaction_status() != PQTRANS_INTRANS; }

    static std::string name(int level) { return "gridone_" + std::to_string(level); }

    static constexpr int most_refusals = 5;

    Lease& lease_;
    Until until_;
    bool is_careful_;
    bool is_contested_ = false;
    bool wrote_ = false;
    bool lent_ = false;
    bool is_copying_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
