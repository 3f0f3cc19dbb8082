// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connect_diagnosis.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <libpq-fe.h>

#include <algorithm>
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
            throw InvalidInputError{
                "the connection string is neither a valid postgresql:// URI nor a valid list of key=value pairs"};
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

    [[nodiscard]] RawConnection start() const {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
        for (const auto& [keyword, value] : parameters_) {
            keywords.push_back(keyword.c_str());
            values.push_back(value.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        return RawConnection{PQconnectStartParams(keywords.data(), values.data(), 0)};
    }

private:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

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

/// Connects, or tells why not, before the deadline. Not bound by `connect_timeout`, which libpq rounds up to two
/// seconds and counts per address. Looking up a host name is libpq's and blocks; `hostaddr` avoids it.
inline RawConnection dial(const ConnectionParameters& parameters, const Until& until) {
    RawConnection connection = parameters.start();
    if (!connection) throw Failure{Failure::Kind::out_of_memory, "no memory for a connection"};
    PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
    ConnStatusType stage = CONNECTION_NEEDED;
    const auto fail = [&](ConnectFailure cause, std::string state = {}) {
        Failure failure{Failure::Kind::cannot_connect, std::string{reason_of(cause)}, std::move(state)};
        failure.connect_failure = cause;
        const bool refused_options = cause == ConnectFailure::other && stage == CONNECTION_NEEDED;
        failure.for_good =
            refused_options || cause == ConnectFailure::authentication || cause == ConnectFailure::unknown_database;
        throw failure;
    };
    const auto fail_diagnosed = [&] {
        const std::string state = sqlstate_of_attempt(PQerrorMessage(connection.get()));
        fail(diagnose(connection.get(), state, stage, until.deadline), state);
    };
    if (PQstatus(connection.get()) == CONNECTION_BAD) fail_diagnosed();
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED) fail_diagnosed();
        const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        switch (wait_for_socket(PQsocket(connection.get()), events, until)) {
            case Ready::timed_out:
                fail(ConnectFailure::deadline);
                break;
            case Ready::stopped:
                throw Failure::of_nothing_sent(Failure::Kind::stopped,
                                               "the caller stopped it before there was a connection");
            default:
                break;
        }
        stage = PQstatus(connection.get());
        next = PQconnectPoll(connection.get());
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return connection;
}

}  // namespace gridone::storage::inline v0::detail

#endif
