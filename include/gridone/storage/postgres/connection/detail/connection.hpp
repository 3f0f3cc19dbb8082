// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECTION_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECTION_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/postgres/connection/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/dial.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <libpq-fe.h>
#include <pqxx/connection>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The call that has a connection. Views: lives as long as the call.
struct Borrower {
    CallSite site{};
    std::thread::id thread{};
    Clock::time_point since{};
};

/// One session, used by one thread at a time. Dialled and driven through libpq, so that every wait has a deadline and
/// every error its SQLSTATE; owned by a pqxx::connection, which is what a caller sees of it.
class Connection {
public:
    /// Connects and sets the session up. @throws Failure
    Connection(const ConnectionParameters& parameters, std::chrono::milliseconds statement_timeout, Deadline deadline)
        : Connection{dial(parameters, deadline), statement_timeout} {
        const std::string_view encoding = PQparameterStatus(raw_, "server_encoding");
        if (encoding == "SQL_ASCII") {
            Failure refused{Failure::Kind::cannot_connect,
                            "the database has the encoding SQL_ASCII, which does not check text; UTF8 is needed"};
            refused.for_good = true;
            throw refused;
        }
        set_up_session(deadline);
    }

    /// Runs one prepared statement, preparing it if this session has not seen it yet: one round trip, two the first
    /// time. Values are in the order of the statement's parameters and are not copied: text goes out as it is (the
    /// binary format of text), jsonb in text format, which wants the view of a whole std::string.
    /// @throws Failure  of kind server_error the connection stays usable, of any other kind it is broken.
    Result run(const Statement& statement, std::initializer_list<std::string_view> values, Deadline deadline) {
        const std::string& name = prepared(statement, deadline);
        std::vector<const char*> data;
        std::vector<int> lengths;
        std::vector<int> formats;
        auto type = statement.parameters.begin();
        for (const std::string_view value : values) {
            if (value.size() > max_value_bytes) throw Failure{Failure::Kind::too_large, "a parameter is over 1 GB"};
            data.push_back(value.data() == nullptr ? "" : value.data());  // libpq's null pointer is NULL
            lengths.push_back(static_cast<int>(value.size()));
            formats.push_back(*type++ == ParameterType::text ? 1 : 0);
        }
        const auto started = Clock::now();
        sent(PQsendQueryPrepared(raw_, name.c_str(), static_cast<int>(data.size()), data.data(), lengths.data(),
                                 formats.data(), 0));
        return collect(started, deadline);
    }

    /// Runs SQL text, which may hold several commands, and gives the last result. @throws Failure  as `run`.
    Result run_text(const std::string& sql, Deadline deadline) {
        const auto started = Clock::now();
        sent(PQsendQuery(raw_, sql.c_str()));
        return collect(started, deadline);
    }

    [[nodiscard]] PGTransactionStatusType transaction_status() const noexcept { return PQtransactionStatus(raw_); }

    /// Alive and in no transaction, as far as can be told without a round trip: takes in what the server has sent
    /// meanwhile, such as its goodbye.
    [[nodiscard]] bool is_clean() noexcept {
        while (!retired_ && PQstatus(raw_) == CONNECTION_OK && PQtransactionStatus(raw_) == PQTRANS_IDLE) {
            if (wait_for_socket(PQsocket(raw_), POLLIN, Clock::now()) == Ready::timed_out) return true;
            if (PQconsumeInput(raw_) == 0) return false;
            while (PGnotify* notification = PQnotifies(raw_)) PQfreemem(notification);
        }
        return false;
    }

    /// Asks the server for a sign of life. False as well if it has stopped to accept writes since the session began.
    [[nodiscard]] bool answers(Deadline deadline) {
        try {
            return is_read_only(run_text("SHOW transaction_read_only", deadline)) == began_read_only_;
        } catch (const Failure&) {
            return false;
        }
    }

    /// Never to be lent again.
    void retire() noexcept { retired_ = true; }

    /// Runs `f` with the same session as plain libpqxx, and clears away what it left in the session.
    template <class F>
    decltype(auto) lend_to(F&& f, Deadline deadline) {
        const Tidy tidy{*this, deadline};
        return std::forward<F>(f)(owner_);
    }

    /// Ends the use of the session by everybody, from any thread, as long as the connection exists.
    void cut_off() const noexcept { ::shutdown(socket_, SHUT_RDWR); }

    /// Gives up a copy of a connection that belongs to the parent process: the server hears nothing of it.
    void abandon() noexcept {
        const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nowhere < 0) return;
        ::dup2(nowhere, PQsocket(raw_));
        ::close(nowhere);
    }

    /// Who has it, when it was last given back, and when it is too old; the pool's.
    Borrower borrower{};
    Clock::time_point idle_since{};
    Clock::time_point expires = Clock::time_point::max();

private:
    Connection(RawConnection raw, std::chrono::milliseconds statement_timeout)
        : raw_{raw.get()},
          owner_{pqxx::connection::seize_raw_connection(raw.release())},
          statement_timeout_{std::clamp(statement_timeout, std::chrono::milliseconds{1}, longest_statement_timeout)},
          socket_{PQsocket(raw_)} {
        // libpq's default prints notices to stderr; "relation already exists, skipping" is no news.
        PQsetNoticeReceiver(raw_, [](void*, const PGresult*) {}, nullptr);
        PQsetnonblocking(raw_, 1);
    }

    /// Puts a session in order after someone else's use, or retires it.
    class Tidy {
    public:
        Tidy(Connection& connection, Deadline deadline) : connection_{connection}, deadline_{deadline} {
            PQsetnonblocking(connection_.raw_, 0);  // libpqxx waits where libpq would not
        }
        Tidy(const Tidy&) = delete;
        Tidy& operator=(const Tidy&) = delete;
        Tidy(Tidy&&) = delete;
        Tidy& operator=(Tidy&&) = delete;
        ~Tidy() {
            try {
                PQsetnonblocking(connection_.raw_, 1);
                connection_.prepared_.clear();
                if (PQtransactionStatus(connection_.raw_) == PQTRANS_IDLE) {
                    connection_.run_text("DISCARD ALL", deadline_);
                    connection_.set_up_session(deadline_);
                } else {
                    connection_.retire();
                }
            } catch (const std::exception&) {
                connection_.retire();
            }
        }

    private:
        Connection& connection_;
        Deadline deadline_;
    };

    [[nodiscard]] static bool is_read_only(const Result& shown) {
        return shown.size() == 1 && shown.text(0, 0) == "on";
    }

    void set_up_session(Deadline deadline) {
        std::string sql = "SET statement_timeout = " + std::to_string(statement_timeout_.count());
        // Ends the backend of a process that was killed; without it the query runs on and keeps its locks.
        if (PQserverVersion(raw_) >= 140000) sql += "; SET client_connection_check_interval = '500ms'";
        sql += "; SHOW transaction_read_only";
        try {
            began_read_only_ = is_read_only(run_text(sql, deadline));
        } catch (const Failure& failure) {
            Failure told{Failure::Kind::cannot_connect, "the session could not be set up", failure.sqlstate};
            told.connect_failure = failure.kind == Failure::Kind::deadline ? ConnectFailure::deadline
                                                                           : connect_failure_of(failure.sqlstate);
            throw told;
        }
    }

    const std::string& prepared(const Statement& statement, Deadline deadline) {
        const auto known = prepared_.find(statement.sql);
        if (known != prepared_.end()) return known->second;
        std::string name = "gs" + std::to_string(prepared_.size());
        std::vector<Oid> types;
        types.reserve(statement.parameters.size());
        for (const ParameterType type : statement.parameters) types.push_back(static_cast<Oid>(type));
        const auto started = Clock::now();
        try {
            sent(
                PQsendPrepare(raw_, name.c_str(), statement.sql.c_str(), static_cast<int>(types.size()), types.data()));
            collect(started, deadline);
        } catch (Failure& failure) {
            failure.may_have_run = false;
            throw;
        }
        return prepared_.emplace(statement.sql, std::move(name)).first->second;
    }

    /// A refused send on a healthy connection left nothing on the line; on a broken one, nobody knows.
    void sent(int accepted) const {
        if (accepted != 0) return;
        if (PQstatus(raw_) == CONNECTION_BAD) throw lost();
        throw Failure{Failure::Kind::out_of_memory, "libpq could not build the request"};
    }

    /// Flushes what was sent and reads results to the end; the first error counts, otherwise the last result.
    Result collect(Clock::time_point started, Deadline deadline) {
        Result last;
        Result first_error;
        for (;;) {
            if (!await_result(deadline)) {
                if (!first_error) throw lost();
                break;  // the report that arrived before the break tells more
            }
            Result next{PQgetResult(raw_)};
            if (!next) break;
            const ExecStatusType status = next.status();
            if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
                throw Failure{Failure::Kind::server_error, "COPY cannot be run this way", "0A000"};
            }
            const bool failed = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
            if (failed && !first_error) {
                first_error = std::move(next);
            } else if (!failed) {
                last = std::move(next);
            }
        }
        if (first_error) throw failure_of(first_error, started);
        return last;
    }

    /// False where the line was known to be broken, and libpq has nothing more to say.
    [[nodiscard]] bool await_result(Deadline deadline) const {
        for (int unsent = PQflush(raw_); unsent != 0 || PQisBusy(raw_) != 0; unsent = PQflush(raw_)) {
            if (unsent < 0) return false;
            const auto events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
            switch (wait_for_socket(PQsocket(raw_), events, deadline)) {
                case Ready::timed_out:
                    throw Failure{Failure::Kind::deadline, "the deadline passed before the server answered"};
                case Ready::failed:
                    throw lost();
                case Ready::readable:
                case Ready::writable:
                    // On a broken line libpq still has the error report that arrived before the break: PQgetResult
                    // gives it, so the failure is told there.
                    if (PQconsumeInput(raw_) == 0) return true;
            }
        }
        return true;
    }

    [[nodiscard]] Failure failure_of(const Result& error, Clock::time_point started) {
        const std::string_view state = error.error_field(PG_DIAG_SQLSTATE);
        if (state.empty()) return lost();
        Failure failure{Failure::Kind::server_error, {}, std::string{state}};
        failure.details = error.error_field(PG_DIAG_MESSAGE_PRIMARY);
        if (const auto detail = error.error_field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
            failure.details.append(" — ").append(detail);
        }
        failure.constraint = error.error_field(PG_DIAG_CONSTRAINT_NAME);
        failure.statement_timed_out = Clock::now() - started >= statement_timeout_;
        if (state == "25006") retired_ = true;  // a primary that became a standby: the next dial may find the new one
        return failure;
    }

    [[nodiscard]] static Failure lost() {
        return Failure{Failure::Kind::lost, "the connection was lost before the server answered"};
    }

    static constexpr std::chrono::milliseconds longest_statement_timeout{std::numeric_limits<int>::max()};
    static constexpr std::size_t max_value_bytes = std::size_t{1} << 30;

    PGconn* raw_;  // owned by owner_
    pqxx::connection owner_;
    std::chrono::milliseconds statement_timeout_;
    std::unordered_map<std::string, std::string> prepared_;
    int socket_;
    bool began_read_only_ = false;
    bool retired_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
