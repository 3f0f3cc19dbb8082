// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connect_diagnosis.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/input_meter.hpp>
#include <gridone/storage/postgres/connection/detail/reply_bounds.hpp>
#include <gridone/storage/postgres/connection/detail/secret.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

struct FinishConnection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using RawConnection = std::unique_ptr<PGconn, FinishConnection>;

/// A connection string taken apart by libpq's own rules, with what the library needs set.
class ConnectionParameters {
public:
    /// No I/O. @throws InvalidInputError  that quotes nothing of the string: it may hold a password in any place.
    explicit ConnectionParameters(const std::string& dsn) {
        if (dsn.find('\0') != std::string::npos) throw InvalidInputError{"the connection string contains NUL"};
        char* message = nullptr;
        const ConnectionOptions options{PQconninfoParse(dsn.c_str(), &message)};
        PQfreemem(message);
        if (!options) {
            if (const std::string_view foreign = parameter_of_others(dsn); !foreign.empty()) {
                throw InvalidInputError{"the connection string has the parameter \"" + std::string{foreign} +
                                        "\", which is one of another library; libpq does not know it, remove it"};
            }
            throw InvalidInputError{
                "the connection string is neither a valid postgresql:// URI nor a valid list of key=value pairs, or it "
                "has a parameter that libpq does not know"};
        }
        for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
            if (option->val != nullptr) parameters_.emplace_back(option->keyword, option->val);
        }
        set("client_encoding", "UTF8");
        if (!has("application_name")) set("fallback_application_name", "gridone_storage");
        // A peer that is gone without a word is noticed within a minute, instead of the two hours of most systems.
        const std::pair<std::string_view, std::string_view> keepalives[] = {
            {"keepalives_idle", "30"}, {"keepalives_interval", "10"}, {"keepalives_count", "3"}};
        for (const auto& [keyword, value] : keepalives) {
            if (!has(keyword)) set(keyword, value);
        }
    }

    /// @param password  in place of the connection string's, if given
    [[nodiscard]] RawConnection start(const Secret* password = nullptr) const {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
        for (const auto& [keyword, value] : parameters_) {
            if (password != nullptr && keyword == "password") continue;
            keywords.push_back(keyword.c_str());
            values.push_back(value.c_str());
        }
        if (password != nullptr) {
            keywords.push_back("password");
            values.push_back(password->c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        return RawConnection{PQconnectStartParams(keywords.data(), values.data(), 0)};
    }

private:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    /// A parameter in the string that other libraries know and libpq does not; empty if there is none. Only names of this
    /// list are ever returned: an unknown name could be a piece of a password.
    static std::string_view parameter_of_others(std::string_view dsn) {
        constexpr std::array<std::string_view, 24> names{"schema",
                                                         "currentSchema",
                                                         "search_path",
                                                         "searchpath",
                                                         "pgbouncer",
                                                         "connection_limit",
                                                         "pool_timeout",
                                                         "pool_size",
                                                         "max_overflow",
                                                         "maxPoolSize",
                                                         "minPoolSize",
                                                         "pooling",
                                                         "socket_timeout",
                                                         "statement_timeout",
                                                         "statement_cache_size",
                                                         "prepareThreshold",
                                                         "prepared_statements",
                                                         "sslaccept",
                                                         "sslidentity",
                                                         "ssl",
                                                         "encrypt",
                                                         "charset",
                                                         "charSet",
                                                         "targetServerType"};
        const bool is_uri = dsn.find("://") != std::string_view::npos;
        for (const std::string_view name : names) {
            for (std::size_t at = dsn.find(name); at != std::string_view::npos; at = dsn.find(name, at + 1)) {
                const std::size_t end = at + name.size();
                const std::string_view before = dsn.substr(0, at);
                const bool begins = is_uri ? before.ends_with('?') || before.ends_with('&')
                                           : before.empty() || (before.ends_with(' ') && !before.ends_with("-c "));
                if (begins && dsn.substr(end).starts_with('=')) return name;
            }
        }
        return {};
    }

    [[nodiscard]] bool has(std::string_view keyword) const {
        return std::any_of(parameters_.begin(), parameters_.end(),
                           [&](const auto& one) { return one.first == keyword; });
    }
    void set(std::string_view keyword, std::string_view value) {
        std::erase_if(parameters_, [&](const auto& one) { return one.first == keyword; });
        parameters_.emplace_back(keyword, value);
    }

    Parameters parameters_;
};

/// An attempt to connect, which can go on after a caller has run out of time. Not bound by `connect_timeout`, which
/// libpq rounds up to two seconds and counts per address. Looking up a host name is libpq's and blocks; `hostaddr`
/// avoids it.
class Dial {
public:
    /// @throws Failure
    explicit Dial(const ConnectionParameters& parameters, const Secret* password = nullptr)
        : connection_{parameters.start(password)} {
        if (!connection_) throw Failure{Failure::Kind::out_of_memory, "no memory for a connection"};
        // libpq's default prints notices to stderr, such as a goodbye or a mismatch of collations.
        PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
        PQsetErrorVerbosity(connection_.get(), PQERRORS_SQLSTATE);
    }

    /// The session. @throws Failure  why not; after a deadline or a stop this may be called again.
    [[nodiscard]] RawConnection finish(const Until& until) {
        if (PQstatus(connection_.get()) == CONNECTION_BAD) fail_diagnosed(until);
        while (next_ != PGRES_POLLING_OK) {
            if (next_ == PGRES_POLLING_FAILED) fail_diagnosed(until);
            const short events = next_ == PGRES_POLLING_READING ? POLLIN : POLLOUT;
            const int socket = PQsocket(connection_.get());
            switch (wait_for_socket(socket, events, until)) {
                case Ready::late:
                case Ready::timed_out:
                    fail(ConnectFailure::deadline);
                case Ready::stopped:
                    throw Failure::of_nothing_sent(Failure::Kind::stopped,
                                                   "the caller stopped it before there was a connection");
                default:
                    break;
            }
            stage_ = PQstatus(connection_.get());
            meter_.before_read(socket);
            next_ = PQconnectPoll(connection_.get());
            meter_.after_read(PQsocket(connection_.get()));
            drop_notifications(connection_.get());
            if (meter_.bytes() > most_bytes) {  // no server has so much to say before a session begins
                next_ = PGRES_POLLING_FAILED;
                fail(ConnectFailure::other);
            }
        }
        PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
        return std::move(connection_);
    }

    /// Whether it may still come to something. A host that was away when it was called is better called anew.
    [[nodiscard]] bool is_under_way() const noexcept {
        return connection_ != nullptr && next_ != PGRES_POLLING_FAILED && Clock::now() - began_ < longest;
    }

    /// Gives up a copy that belongs to the parent process: the server hears nothing of it.
    void abandon() noexcept { [[maybe_unused]] PGconn* const left_alone = connection_.release(); }

private:
    [[noreturn]] void fail_diagnosed(const Until& until) const {
        const std::string state = sqlstate_of_attempt(PQerrorMessage(connection_.get()));
        fail(diagnose(connection_.get(), state, stage_, until.deadline), state);
    }

    [[noreturn]] void fail(ConnectFailure cause, std::string state = {}) const {
        Failure failure{Failure::Kind::cannot_connect, std::string{reason_of(cause)}, std::move(state)};
        failure.connect_failure = cause;
        const bool refused_options = cause == ConnectFailure::other && stage_ == CONNECTION_NEEDED;
        failure.for_good =
            refused_options || cause == ConnectFailure::authentication || cause == ConnectFailure::unknown_database;
        throw failure;
    }

    static constexpr std::chrono::seconds longest{5};
    static constexpr std::size_t most_bytes = std::size_t{16} << 20U;

    RawConnection connection_;
    ConnStatusType stage_ = CONNECTION_NEEDED;  // before the step that failed
    PostgresPollingStatusType next_ = PGRES_POLLING_WRITING;
    Clock::time_point began_ = Clock::now();
    InputMeter meter_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
