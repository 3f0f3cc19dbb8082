// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIAL_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>

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
        struct Free {
            void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
        };
        char* message = nullptr;
        const std::unique_ptr<PQconninfoOption, Free> options{PQconninfoParse(dsn.c_str(), &message)};
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

/// The SQLSTATE in the message of a connection attempt made with PQERRORS_SQLSTATE, where the server's report is
/// "<severity>:  <SQLSTATE>" at the end of a line; the only part of such a message that is neither translated nor able
/// to quote the connection string.
inline std::string sqlstate_of_attempt(std::string_view message) {
    const auto is_state = [](std::string_view text) {
        return std::all_of(text.begin(), text.end(),
                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    };
    std::string found;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        const std::string_view line = message.substr(0, end);
        if (line.size() > 8 && line.substr(line.size() - 8, 3) == ":  " && is_state(line.substr(line.size() - 5))) {
            found = line.substr(line.size() - 5);
        }
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return found;
}

inline std::string_view reason_of_attempt(std::string_view sqlstate, bool session_began) {
    if (sqlstate.starts_with("28")) return "the server refused the login (user, password or pg_hba.conf)";
    if (sqlstate == "3D000") return "the database does not exist";
    if (sqlstate == "53300") return "the server has no connection left";
    if (sqlstate == "57P03") return "the server is starting up, shutting down or in recovery";
    if (!sqlstate.empty()) return "the server refused the connection";
    if (session_began) return "the connection broke while the session was being set up (TLS or login)";
    return "no server answered at the address of the connection string";
}

/// Connects, or tells why not, before the deadline. Not bound by `connect_timeout`, which libpq rounds up to two
/// seconds and counts per address. Looking up a host name is libpq's and blocks; `hostaddr` avoids it.
inline RawConnection dial(const ConnectionParameters& parameters, Deadline deadline) {
    RawConnection connection = parameters.start();
    if (!connection) throw Failure{Failure::Kind::out_of_memory, "no memory for a connection"};
    PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
    bool session_began = false;
    const auto fail = [&] {
        const std::string state = sqlstate_of_attempt(PQerrorMessage(connection.get()));
        Failure refused{Failure::Kind::cannot_connect, std::string{reason_of_attempt(state, session_began)}, state};
        refused.for_good = state.starts_with("28") || state == "3D000";
        throw refused;
    };
    if (PQstatus(connection.get()) == CONNECTION_BAD) fail();
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED) fail();
        const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (wait_for_socket(PQsocket(connection.get()), events, deadline) == Ready::timed_out) {
            Failure late{Failure::Kind::cannot_connect, "no connection was made before the deadline"};
            late.at_deadline = true;
            throw late;
        }
        next = PQconnectPoll(connection.get());
        const ConnStatusType status = PQstatus(connection.get());
        session_began =
            session_began || (status != CONNECTION_BAD && status != CONNECTION_NEEDED && status != CONNECTION_STARTED);
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return connection;
}

}  // namespace gridone::storage::inline v0::detail

#endif
