// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_EXCHANGE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_EXCHANGE_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/process_mark.hpp>
#include <gridone/storage/postgres/connection/detail/reply_bounds.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <libpq-fe.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A query of one row that goes ahead of a statement, in the same round trip and the same transaction.
struct Preface {
    std::string sql = {};  ///< Empty: there is none.
    Result row = {};       ///< Once the reply is there, also where the statement failed.
};

/// Requests and their replies on a session of libpq: each call sends one request and reads its reply to the end, under
/// a deadline. Throws `Failure`: after one of kind server_error the session is usable, after any other it is not. In a
/// child of the process that made it, each call throws `Failure` before anything is sent or read.
class Exchange {
public:
    /// @param raw  in nonblocking mode; outlives this.
    /// @param most_reply_bytes  of one reply
    Exchange(PGconn* raw, std::size_t most_reply_bytes) noexcept : raw_{raw}, most_reply_bytes_{most_reply_bytes} {}

    /// @throws Failure  this process is a child of the one that made the session
    void expect_own_process() const {
        if (process_.is_of_this_process()) return;
        throw Failure::of_nothing_sent(
            Failure::Kind::forked, "the connection was made before fork(); a child process needs a pool of its own");
    }

    /// Who is at the other end of the line.
    enum class Peer { unknown, server };
    void set_peer(Peer peer) noexcept { peer_ = peer; }
    [[nodiscard]] Peer peer() const noexcept { return peer_; }

    /// A statement is prepared under the locks of its tables, so it may wait as long as it may run.
    Result prepare(const std::string& name, const Statement& statement, const Until& until, Preface& preface) const {
        const std::vector<Oid> types = types_of(statement);
        try {
            send_after(preface, [&] {
                return PQsendPrepare(raw_, name.c_str(), statement.sql.c_str(), static_cast<int>(types.size()),
                                     types.data());
            });
            return receive(until, preface);
        } catch (Failure& failure) {
            failure.may_have_run = false;
            throw;
        }
    }

    /// Values are in the order of the statement's parameters and are not copied: those that go out as text want the view
    /// of a whole std::string.
    Result execute(const std::string& name, const Statement& statement, const Parameters& values, const Until& until,
                   Preface& preface) const {
        send(name, statement, values, preface);
        return receive(until, preface);
    }

    /// The first half of `execute`: hands the request to libpq, and waits for nothing.
    void send(const std::string& name, const Statement& statement, const Parameters& values,
              const Preface& preface) const {
        const Values sending{statement, values};
        send_after(preface, [&] {
            return PQsendQueryPrepared(raw_, name.c_str(), sending.count(), sending.data.data(), sending.lengths.data(),
                                       sending.formats.data(), 0);
        });
    }
    /// The second half.
    [[nodiscard]] Result receive(const Until& until, Preface& preface) const {
        if (PQpipelineStatus(raw_) != PQ_PIPELINE_OFF) return collect_after(preface, until);
        return collect(until, Completion::before_commit);
    }

    /// As `execute`, without a name that the session has to keep, in one round trip.
    Result execute_unprepared(const Statement& statement, const Parameters& values, const Until& until,
                              Preface& preface) const {
        const Values sending{statement, values};
        send_after(preface, [&] {
            return PQsendQueryParams(raw_, statement.sql.c_str(), sending.count(), types_of(statement).data(),
                                     sending.data.data(), sending.lengths.data(), sending.formats.data(), 0);
        });
        return receive(until, preface);
    }

    /// SQL text, which may hold several commands; gives the last result.
    Result text(const std::string& sql, const Until& until) const {
        expect_own_process();
        sent(PQsendQuery(raw_, sql.c_str()));
        return collect(until, Completion::after_commit);
    }

    /// COPY … FROM STDIN. @param next  appends what is to be sent next, and nothing at the end; what it throws ends the COPY
    template <class Next>
    Result copy_in(const std::string& sql, Next&& next, const Until& until) const {
        expect_own_process();
        sent(PQsendQuery(raw_, sql.c_str()));
        ReplyBounds bounds{raw_, most_reply_bytes_};
        if (!await_result(until, bounds)) throw lost();
        if (const Result began{PQgetResult(raw_)}; began.status() != PGRES_COPY_IN) {
            const Failure refused = failure_of(began, false);
            (void)collect(until, Completion::before_commit);
            throw refused;
        }
        try {
            std::string piece;
            for (next(piece); !piece.empty(); next(piece)) {
                put_copy_data(piece, until, bounds);
                piece.clear();
            }
            expect_own_process();
        } catch (const Failure&) {
            throw;
        } catch (...) {
            if (process_.is_of_this_process()) end_copy("ended by the client", until);
            throw;
        }
        return end_copy(nullptr, until);
    }

private:
    /// Sends, and keeps nothing in memory that the server has not taken.
    void put_copy_data(std::string_view piece, const Until& until, ReplyBounds& bounds) const {
        expect_own_process();           // the caller's code has made the piece
        const auto now = Clock::now();  // a server that is fast enough is never waited for
        if (now >= until.deadline) throw too_late_for_copy();
        if (until.stop >= 0 && wait_for_socket(-1, 0, until.but_not_after(now)) == Ready::stopped) throw stopped_copy();
        if (PQputCopyData(raw_, piece.data(), static_cast<int>(piece.size())) != 1) throw lost();
        for (int unsent = PQflush(raw_); unsent != 0; unsent = PQflush(raw_)) {
            if (unsent < 0) throw lost();
            await_copy(until, bounds);
        }
    }

    void await_copy(const Until& until, ReplyBounds& bounds) const {
        switch (wait_for_socket(PQsocket(raw_), POLLIN | POLLOUT, until)) {
            case Ready::late:
            case Ready::timed_out:
                throw too_late_for_copy();
            case Ready::stopped:
                throw stopped_copy();
            case Ready::failed:
                throw lost();
            case Ready::readable:
            case Ready::writable:
                if (!bounds.read()) throw lost();
        }
    }

    [[nodiscard]] static Failure too_late_for_copy() {
        return Failure{Failure::Kind::deadline, "the deadline passed before the server had taken all"};
    }

    [[nodiscard]] static Failure stopped_copy() {
        return Failure{Failure::Kind::stopped, "the caller stopped it before the server had taken all"};
    }

    /// @param why  it is given up; null: it is complete
    Result end_copy(const char* why, const Until& until) const {
        if (PQputCopyEnd(raw_, why) != 1) throw lost();
        try {
            return collect(until, Completion::before_commit);
        } catch (const Failure& failure) {
            if (why == nullptr || failure.kind != Failure::Kind::server_error) throw;
            return {};
        }
    }

    /// Parameters as libpq takes them. @throws Failure  one is too large
    struct Values {
        Values(const Statement& statement, const Parameters& values) {
            auto type = statement.parameters.begin();
            for (const std::string_view value : values) {
                if (value.size() > max_value_bytes) throw Failure{Failure::Kind::too_large, "a parameter is over 1 GB"};
                data.push_back(value.data() == nullptr ? "" : value.data());  // libpq's null pointer is NULL
                lengths.push_back(static_cast<int>(value.size()));
                formats.push_back(is_sent_binary(*type++) ? 1 : 0);
            }
        }
        [[nodiscard]] int count() const noexcept { return static_cast<int>(data.size()); }

        std::vector<const char*> data;
        std::vector<int> lengths;
        std::vector<int> formats;
    };

    [[nodiscard]] static std::vector<Oid> types_of(const Statement& statement) {
        std::vector<Oid> types;
        types.reserve(statement.parameters.size());
        for (const ParameterType type : statement.parameters) types.push_back(static_cast<Oid>(type));
        return types;
    }

    /// When the server reports a command as completed. The extended protocol commits at the Sync that follows.
    enum class Completion { before_commit, after_commit };

    /// A refused send on a healthy connection left nothing on the line; on a broken one, nobody knows.
    void sent(int accepted) const {
        if (accepted != 0) return;
        if (PQstatus(raw_) == CONNECTION_BAD) throw lost();
        throw Failure{Failure::Kind::out_of_memory, "libpq could not build the request"};
    }

    /// Sends what `send_statement` sends; with a preface in pipeline mode, which the reply ends. The server takes all that
    /// comes before one Sync for one transaction.
    template <class SendStatement>
    void send_after(const Preface& preface, SendStatement&& send_statement) const {
        expect_own_process();
        if (preface.sql.empty()) return sent(send_statement());
        sent(PQenterPipelineMode(raw_));
        if (PQsendQueryParams(raw_, preface.sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0) {
            (void)PQexitPipelineMode(raw_);
            sent(0);
        }
        sent(send_statement());
        sent(PQpipelineSync(raw_));
    }

    /// The replies to a preface and to its statement.
    [[nodiscard]] Result collect_after(Preface& preface, const Until& until) const {
        Result result;
        try {
            preface.row = collect(until, Completion::before_commit);
            if (!preface.row.if_number(0, 0)) {
                throw Failure{Failure::Kind::bad_reply, "the server's reply does not fit the statement"};
            }
            result = collect(until, Completion::before_commit);
        } catch (const Failure& failure) {
            // Of a connection that broke, what the server said before is the news.
            if (failure.kind == Failure::Kind::server_error && PQstatus(raw_) == CONNECTION_OK) leave_pipeline(until);
            throw;
        }
        leave_pipeline(until);
        return result;
    }

    /// Reads to the Sync, at which the server commits.
    void leave_pipeline(const Until& until) const {
        Result error;
        ReplyBounds bounds{raw_, most_reply_bytes_};
        for (;;) {
            if (!await_result(until, bounds)) throw lost();
            Result next{PQgetResult(raw_)};
            bounds.expect_time_for_result(until.deadline);
            if (next.status() == PGRES_PIPELINE_SYNC) break;
            if (next.status() == PGRES_FATAL_ERROR && !error) error = std::move(next);
            if (PQstatus(raw_) != CONNECTION_OK) break;
        }
        (void)PQexitPipelineMode(raw_);
        if (error) throw failure_of(error, true);
        if (PQstatus(raw_) != CONNECTION_OK) throw lost();
    }

    /// Flushes what was sent and reads results to the end; the first error counts, otherwise the last result.
    [[nodiscard]] Result collect(const Until& until, Completion reported) const {
        Result last;
        Result first_error;
        ReplyBounds bounds{raw_, most_reply_bytes_};
        for (;;) {
            if (!await_result(until, bounds)) {
                if (!first_error) throw lost();
                break;  // the report that arrived before the break tells more
            }
            Result next{PQgetResult(raw_)};
            if (!next) break;
            bounds.expect_time_for_result(until.deadline);
            const ExecStatusType status = next.status();
            if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
                // The session is still in the COPY, so the connection is closed.
                Failure refused{Failure::Kind::server_error, {}, "0A000"};
                refused.details = "COPY FROM STDIN and COPY TO STDOUT cannot be run as a statement of text";
                throw refused;
            }
            const bool failed = status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
            if (failed && !first_error) {
                first_error = std::move(next);
            } else if (!failed) {
                last = std::move(next);
            }
        }
        if (first_error) {
            throw failure_of(first_error, reported == Completion::after_commit || static_cast<bool>(last));
        }
        return last;
    }

    /// False where the line was known to be broken, and libpq has nothing more to say.
    [[nodiscard]] bool await_result(const Until& until, ReplyBounds& bounds) const {
        expect_own_process();
        for (int unsent = PQflush(raw_); unsent != 0 || PQisBusy(raw_) != 0; unsent = PQflush(raw_)) {
            if (unsent < 0) return false;
            const auto events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
            switch (wait_for_socket(PQsocket(raw_), events, until)) {
                case Ready::timed_out:
                    throw ReplyBounds::late();
                case Ready::stopped:
                    throw Failure{Failure::Kind::stopped, "the caller stopped it before the server answered"};
                case Ready::failed:
                    throw lost();
                case Ready::late:
                    if (unsent > 0 || !bounds.may_read_late()) throw ReplyBounds::late();
                    [[fallthrough]];
                case Ready::readable:
                case Ready::writable:
                    expect_own_process();  // the caller's code may have run meanwhile
                    if (bounds.read()) break;
                    // libpq had no memory for the input. It would wait for more of it without a limit.
                    if (PQstatus(raw_) != CONNECTION_BAD) throw lost();
                    // On a broken line libpq still has the error report that arrived before the break: PQgetResult
                    // gives it, so the failure is told there.
                    return true;
            }
        }
        return true;
    }

    /// @param maybe_committed  The server may have been at the commit already.
    [[nodiscard]] Failure failure_of(const Result& error, bool maybe_committed) const {
        const std::string_view state = error.error_field(PG_DIAG_SQLSTATE);
        if (!is_sqlstate(state)) return lost();
        Failure failure{Failure::Kind::server_error, {}, std::string{state}};
        failure.details = error.error_field(PG_DIAG_MESSAGE_PRIMARY).substr(0, longest_text);
        if (const auto detail = error.error_field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
            failure.details.append(" — ").append(detail.substr(0, longest_text));
        }
        failure.line = line_of_copy(error.error_field(PG_DIAG_CONTEXT), error.error_field(PG_DIAG_TABLE_NAME));
        if (const auto name = error.error_field(PG_DIAG_CONSTRAINT_NAME); name.size() <= longest_name) {
            failure.constraint = name;
        }
        // What ends a session in order (FATAL, not PANIC) waits until a commit is through. So a report that comes in
        // place of the command's completion means that it was rolled back. A pooler that gives up on a server says the
        // same, and knows nothing.
        failure.may_have_run =
            maybe_committed || peer_ != Peer::server || error.error_field(PG_DIAG_SEVERITY_NONLOCALIZED) != "FATAL";
        return failure;
    }

    [[nodiscard]] static Failure lost() {
        return Failure{Failure::Kind::lost, "the connection was lost before the server answered"};
    }

    static constexpr std::size_t max_value_bytes = std::size_t{1} << 30;
    static constexpr std::size_t longest_text = std::size_t{64} << 10U;  // what is longer comes from no server
    static constexpr std::size_t longest_name = 1024;

    PGconn* raw_;
    std::size_t most_reply_bytes_;
    Peer peer_ = Peer::unknown;
    ProcessMark process_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
