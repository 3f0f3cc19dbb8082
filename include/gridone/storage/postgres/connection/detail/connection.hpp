// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECTION_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECTION_HPP

#include <gridone/storage/postgres/connection/detail/backend.hpp>
#include <gridone/storage/postgres/connection/detail/borrower.hpp>
#include <gridone/storage/postgres/connection/detail/budget_share.hpp>
#include <gridone/storage/postgres/connection/detail/dial.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/reply_bounds.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/session_settings.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/statement_exchange.hpp>
#include <gridone/storage/postgres/connection/detail/statement_timeout.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <libpq-fe.h>
#include <pqxx/connection>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// One session, used by one thread at a time. Dialled and driven through libpq, so that every wait has a deadline and
/// every error its SQLSTATE; owned by a pqxx::connection, which is what a caller sees of it.
class Connection {
public:
    /// Sets up a session that was dialled. @param settings  the pool's; outlives this. @throws Failure
    Connection(RawConnection raw, const PoolOptions& options, SessionSettings& settings, const Until& until)
        : Connection{std::move(raw), options, settings} {
        expect_utf8();
        set_up_session(until);
    }

    /// Runs one statement, prepared where that is worth it: one round trip, and another where it is prepared now (two,
    /// if others are forgotten for it). Behind a pooler nothing is prepared. Where the deadline is later than the server's
    /// limit for statements, that is raised for this statement. @throws Failure  of kind server_error the connection stays
    /// usable, of any other kind it is broken.
    Result run(const Statement& statement, const Parameters& values, const Until& until) {
        return watched([&] {
            make_preface(until);
            const bool was_idle = PQtransactionStatus(raw_) == PQTRANS_IDLE;
            return noted(statement, exchange_.run(statement, values, until, preface_), was_idle);
        });
    }

    /// The first half of `run` where the statement is prepared already, without any wait. @returns whether it is;
    /// otherwise nothing was sent. @throws Failure  as `run`
    bool send(const Statement& statement, const Parameters& values, const Until& until) {
        begin_watch();
        make_preface(until);
        return exchange_.send(statement, values, preface_);
    }

    /// @throws Failure  this process is a child of the one that made the session; every call on it throws the same
    void expect_own_process() const { exchange_.expect_own_process(); }

    /// The second half, in whatever thread. @throws Failure  as `run`
    Result receive(const Statement& statement, const Until& until) {
        return watched([&] { return noted(statement, exchange_.receive(until, preface_), true); }, started_);
    }

    /// Begins a transaction: `sql` is a BEGIN. Where the deadline is later than the server's limit for statements, that is
    /// raised for the transaction, in the same round trip. @throws Failure  as `run`
    Result begin(std::string sql, const Until& until) {
        return watched([&] {
            const auto limit = timeout_.raised_for(until.deadline, started_);
            if (limit) sql += "; SET LOCAL statement_timeout = " + std::to_string(limit->count());
            Result result = exchange_.text(sql, until);
            if (result.command() != (limit ? "SET" : "BEGIN")) throw unfitting_reply();
            if (limit) timeout_.set(limit->count());
            return result;
        });
    }

    enum class For { transaction, session };
    /// Leaves only the role's limit for statements in effect. @throws Failure  as `run`
    void lift_statement_timeout(For what, const Until& until) {
        const bool of_session = what == For::session;
        run_text((of_session ? "SET statement_timeout = " : "SET LOCAL statement_timeout = ") + timeout_.of_role(),
                 until);
        timeout_.lift(of_session);
    }

    /// In a transaction: asks for the server's limit for statements if the caller may have set it. Only then there is a
    /// round trip. @throws Failure  as `run`
    void know_statement_timeout(const Until& until) {
        if (timeout_.is_known()) return;
        const Result limit = run_text(StatementTimeout::question(), until);
        timeout_.set(limit.if_number(0, 0).value_or(0));
    }
    /// In a transaction: the caller may have set that limit.
    void forget_statement_timeout() noexcept { timeout_.forget(); }

    /// Runs SQL text, which may hold several commands, and gives the last result. @throws Failure  as `run`.
    Result run_text(const std::string& sql, const Until& until) {
        return watched([&] { return exchange_.text(sql, until); });
    }

    /// COPY … FROM STDIN, as `Exchange::copy_in`. @throws Failure  as `run`, and what `next` throws
    template <class Next>
    Result copy_in(const std::string& sql, Next&& next, const Until& until) {
        return watched([&] { return exchange_.copy_in(sql, next, until); });
    }

    /// What to look for on the server should the reply to the next statement be lost.
    [[nodiscard]] Trace& trace() noexcept { return trace_; }

    /// The transaction that it last wrote in since it was lent; 0 if there was none.
    [[nodiscard]] std::int64_t acknowledged() const noexcept { return acknowledged_; }
    /// The same, when it is back.
    [[nodiscard]] std::int64_t take_acknowledged() noexcept { return std::exchange(acknowledged_, 0); }

    [[nodiscard]] PGTransactionStatusType transaction_status() const noexcept { return PQtransactionStatus(raw_); }

    [[nodiscard]] static Failure unfitting_reply() {
        return Failure{Failure::Kind::bad_reply, "the server's reply does not fit the statement"};
    }

    /// From now on `saw_ended_transaction` says whether the server was asked to end a transaction while it was in none
    /// (25P01, a warning): libpq does not know what another process did with the session.
    void watch_for_ended_transaction() noexcept { saw_ended_transaction_ = false; }
    [[nodiscard]] bool saw_ended_transaction() const noexcept { return saw_ended_transaction_; }

    /// Whether the server's process at the other end is this connection's alone, and no pooler lends it to others between
    /// two transactions: it has the number that was told as the connection began.
    [[nodiscard]] bool has_session() const noexcept { return exchange_.peer() == Exchange::Peer::server; }

    /// In no transaction, and nothing is known against it. Does not look at the line.
    [[nodiscard]] bool is_settled() const noexcept {
        return !retired_ && PQstatus(raw_) == CONNECTION_OK && PQtransactionStatus(raw_) == PQTRANS_IDLE;
    }

    /// Alive and in no transaction, as far as can be told without a round trip: takes in what the server has sent
    /// meanwhile, such as its goodbye.
    [[nodiscard]] bool is_clean() noexcept {
        constexpr int most_reads = 64;  // an idle server has little to say
        for (int reads = 0; is_settled() && reads <= most_reads; ++reads) {
            if (!has_input(socket_)) return true;
            if (PQconsumeInput(raw_) == 0) return false;
            drop_notifications(raw_);
        }
        return false;
    }

    /// Asks the server for a sign of life. False as well if it has stopped to accept writes since the session began.
    [[nodiscard]] bool answers(const Until& until) {
        try {
            const Result now = run_text(std::string{"SELECT "}.append(SessionSettings::state), until);
            if (now.size() != 1) return false;
            const auto all_ended_before = now.if_number(0, 0);
            if (!all_ended_before) return false;
            trace_.all_ended_before = *all_ended_before;
            if ((now.text(0, 1) == "on") == began_read_only_) return true;
            retire(Retirement::read_only);
            return false;
        } catch (const Failure&) {
            return false;
        }
    }

    /// Never to be lent again.
    void retire(Retirement why = Retirement::session_changed) noexcept { retired_ = why; }

    /// What is wrong with a connection that is not clean.
    [[nodiscard]] Retirement defect() const noexcept {
        if (PQstatus(raw_) != CONNECTION_OK) return Retirement::broken;
        if (retired_) return *retired_;
        const PGTransactionStatusType status = transaction_status();
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR ? Retirement::left_in_transaction
                                                                      : Retirement::broken;
    }

    /// Runs `f` with the same session as plain libpqxx, and clears away what it left in the session.
    template <class F>
    decltype(auto) lend_to(F&& f, const Until& until) {
        const Tidy tidy{*this, until};
        return std::forward<F>(f)(lend());
    }

    /// The session as plain libpqxx, until the next `run` or `clear_away`. @throws Failure  see `expect_own_process`
    pqxx::connection& lend() {
        expect_own_process();
        PQsetnonblocking(raw_, 0);  // libpqxx waits where libpq would not
        timeout_.forget();
        return owner_;
    }

    /// Puts the session in order after someone else's use, or retires it.
    void clear_away(const Until& until) noexcept {
        try {
            expect_own_process();
            PQsetnonblocking(raw_, 1);
            exchange_.forget_prepared();
            if (PQtransactionStatus(raw_) != PQTRANS_IDLE) {
                retire(defect());
            } else if (!is_pooled()) {
                run_text("DISCARD ALL", until);
                set_up_session(until);
            }
        } catch (const std::exception&) {
            retire();
        }
    }

    /// Ends the use of the session by everybody, from any thread, as long as the connection exists.
    void cut_off() const noexcept { ::shutdown(socket_, SHUT_RDWR); }

    /// Gives up a copy of a connection that belongs to the parent process: the server hears nothing of it.
    void abandon() noexcept {
        int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nowhere < 0) {  // no descriptor may be left: that of the socket is one
            ::close(socket_);
            nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        }
        if (nowhere < 0 || nowhere == socket_) return;
        ::dup2(nowhere, socket_);
        ::close(nowhere);
    }

    /// Who has it, when it was last given back, when it is too old, and its part of a budget, which ends after the
    /// session; the pool's.
    Borrower borrower{};
    Clock::time_point began = Clock::now();
    Clock::time_point idle_since{};
    Clock::time_point expires = Clock::time_point::max();
    BudgetSlot slot{};

private:
    Connection(RawConnection raw, const PoolOptions& options, SessionSettings& settings)
        : raw_{raw.get()},
          owner_{owner_of(raw)},
          exchange_{raw_, options.pooler == Pooler::none ? options.prepared_queries : 0, options.max_reply_bytes},
          pooler_{options.pooler},
          settings_{settings},
          socket_{PQsocket(raw_)} {
        // libpq's default prints notices to stderr; "relation already exists, skipping" is no news.
        PQsetNoticeReceiver(raw_, &Connection::take_notice, this);
        PQsetnonblocking(raw_, 1);
    }

    /// From here on the session is closed once, by its owner, whatever throws next.
    static pqxx::connection owner_of(RawConnection& raw) {
        pqxx::connection owner = pqxx::connection::seize_raw_connection(raw.get());
        [[maybe_unused]] PGconn* const now_of_owner = raw.release();
        return owner;
    }

    class Tidy {
    public:
        Tidy(Connection& connection, const Until& until) noexcept : connection_{connection}, until_{until} {}
        Tidy(const Tidy&) = delete;
        Tidy& operator=(const Tidy&) = delete;
        Tidy(Tidy&&) = delete;
        Tidy& operator=(Tidy&&) = delete;
        ~Tidy() { connection_.clear_away(until_); }

    private:
        Connection& connection_;
        Until until_;
    };

    static void take_notice(void* self, const PGresult* notice) noexcept {
        const auto has = [&](int field, std::string_view text) {
            const char* const found = PQresultErrorField(notice, field);
            return found != nullptr && found == text;
        };
        Connection& connection = *static_cast<Connection*>(self);
        if (has(PG_DIAG_SQLSTATE, "25P01")) connection.saw_ended_transaction_ = true;
        // A session that is cancelled while its commit waits for a synchronous standby reports success, and warns that no
        // standby may have it. The text is in the server's language; the name of the function is always this.
        if (has(PG_DIAG_SOURCE_FUNCTION, "SyncRepWaitForLSN")) connection.is_unreplicated_ = true;
    }

    [[nodiscard]] bool is_pooled() const noexcept { return pooler_ != Pooler::none; }

    /// Refuses a database whose text is not UTF-8: it orders text by other bytes than the library, and cannot store all
    /// characters. @throws Failure
    void expect_utf8() const {
        const char* const encoding = PQparameterStatus(raw_, "server_encoding");
        if (encoding == nullptr || std::string_view{encoding} == "UTF8") return;
        Failure refused{Failure::Kind::cannot_connect, "the database has the encoding " + std::string{encoding} +
                                                           "; use a database that was created with ENCODING 'UTF8'"};
        refused.for_good = true;
        throw refused;
    }

    void set_up_session(const Until& until) {
        try {
            const auto run = [&](const std::string& sql) { return run_text(sql, until); };
            const Result state = is_pooled() ? settings_.look(run) : settings_.apply(run);
            const auto all_ended_before = state.if_number(0, 0);
            if (!all_ended_before) throw Failure{Failure::Kind::bad_reply, {}};
            trace_.all_ended_before = *all_ended_before;
            began_read_only_ = state.text(0, 1) == "on";
            timeout_.begin_session(state.if_number(0, 3).value_or(0), state.if_number(0, 4).value_or(0));
            if (is_pooled()) return;
            const int pid = PQbackendPID(raw_);
            exchange_.set_peer(state.if_number(0, 2) == pid ? Exchange::Peer::server : Exchange::Peer::unknown);
            trace_.backend = backend_of(state, 5, pid);
        } catch (const Failure& failure) {
            if (failure.kind == Failure::Kind::stopped) throw;
            Failure told{Failure::Kind::cannot_connect, "the session could not be set up", failure.sqlstate};
            told.connect_failure = failure.kind == Failure::Kind::deadline ? ConnectFailure::deadline
                                                                           : connect_failure_of(failure.sqlstate);
            throw told;
        }
    }

    /// For a statement that is about to be sent.
    void make_preface(const Until& until) {
        preface_ = {};
        if (!timeout_.is_known()) {
            preface_.sql = StatementTimeout::question();
        } else if (const auto limit = timeout_.raised_for(until.deadline, started_)) {
            preface_.sql = StatementTimeout::raising(*limit);
        }
    }
    void note_preface() noexcept {
        if (const auto limit = preface_.row.if_number(0, 0)) timeout_.set(*limit);
        preface_.row = {};
    }

    void begin_watch() {
        expect_own_process();
        PQsetnonblocking(raw_, 1);  // it may have been lent
        if (PQtransactionStatus(raw_) == PQTRANS_IDLE) timeout_.begin_transaction();
        is_unreplicated_ = false;
        started_ = Clock::now();
    }

    /// What the session learns from a reply.
    Result noted(const Statement& statement, Result result, bool was_idle) {
        expect_shape(statement, result);
        // What is in a transaction now is not committed.
        if (was_idle && PQtransactionStatus(raw_) != PQTRANS_IDLE) throw unfitting_reply();
        if (statement.tells_progress && result.size() != 0) {
            const auto all_ended_before = result.if_number(0, 0);
            const auto written = result.if_number(0, 1);
            if (!all_ended_before || !written) throw unfitting_reply();
            trace_.all_ended_before = *all_ended_before;
            acknowledged_ = *written;
        }
        return result;
    }

    /// A reply of another shape says nothing about what was asked. @throws Failure
    static void expect_shape(const Statement& statement, const Result& result) {
        const ExecStatusType status = result.status();
        const bool fits = statement.columns == Statement::any_columns
                              ? status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK
                              : status == (statement.columns == 0 ? PGRES_COMMAND_OK : PGRES_TUPLES_OK) &&
                                    result.columns() == statement.columns;
        if (!fits) throw unfitting_reply();
    }

    /// What the session learns from a failure.
    template <class F>
    Result watched(F&& f) {
        begin_watch();
        return watched(f, started_);
    }
    template <class F>
    Result watched(F&& f, Clock::time_point started) {
        try {
            Result result = f();
            note_preface();
            if (is_unreplicated_) {
                throw Failure{Failure::Kind::lost, "the wait for a synchronous standby was cancelled on the server"};
            }
            return result;
        } catch (Failure& failure) {
            note_preface();
            failure.statement_timed_out = timeout_.ended(Clock::now() - started);
            if (failure.ends_session()) retire(Retirement::broken);
            // 25006: a primary that became a standby; the next dial may find the new one.
            if (failure.sqlstate == "25006") retire(Retirement::read_only);
            if (failure.is_of_stale_plan) retire(Retirement::session_changed);
            if (row_for(failure.sqlstate).meaning == Meaning::lost) retire(Retirement::broken);
            throw;
        }
    }

    PGconn* raw_;  // owned by owner_
    pqxx::connection owner_;
    StatementExchange exchange_;
    Pooler pooler_;
    SessionSettings& settings_;
    StatementTimeout timeout_{};
    Preface preface_{};  // of the statement that runs
    Clock::time_point started_{};
    int socket_;
    Trace trace_{};
    std::int64_t acknowledged_ = 0;
    bool saw_ended_transaction_ = false;
    bool began_read_only_ = false;
    bool is_unreplicated_ = false;
    std::optional<Retirement> retired_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
