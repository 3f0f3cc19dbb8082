// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECT_DIAGNOSIS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_CONNECT_DIAGNOSIS_HPP

#include <gridone/storage/core/connect_failure.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <netdb.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace gridone::storage::inline v0::detail {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// The SQLSTATE in the message of a connection attempt made with PQERRORS_SQLSTATE, where the server's report is
/// "<severity>:  <SQLSTATE>" at the end of a line; the only part of such a message that is neither translated nor able
/// to quote the connection string.
inline std::string sqlstate_of_attempt(std::string_view message) {
    std::string found;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        const std::string_view line = message.substr(0, end);
        if (line.size() > 8 && line.substr(line.size() - 8, 3) == ":  " && is_sqlstate(line.substr(line.size() - 5))) {
            found = line.substr(line.size() - 5);
        }
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return found;
}

/// What a server means that reports this while a session is made.
inline ConnectFailure connect_failure_of(std::string_view sqlstate) {
    if (sqlstate.starts_with("28") || sqlstate == "42501") return ConnectFailure::authentication;
    if (sqlstate == "3D000") return ConnectFailure::unknown_database;
    if (sqlstate == "53300") return ConnectFailure::too_many_connections;
    if (sqlstate == "57P03") return ConnectFailure::starting_up;
    if (sqlstate == "25006") return ConnectFailure::not_writable;
    return ConnectFailure::other;
}

/// An option as the attempt used it: from the connection string, the environment, a service file or by default.
inline std::string option_of_attempt(PGconn* attempt, std::string_view keyword) {
    const ConnectionOptions options{PQconninfo(attempt)};
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (option->keyword == keyword && option->val != nullptr) return option->val;
    }
    return {};
}

/// Looks a host up as libpq does. Blocks; an address in digits is not asked for.
inline bool has_address(const char* host) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host, nullptr, &wanted, &found) != 0) return false;
    ::freeaddrinfo(found);
    return true;
}

/// No session began: no address to go to, nobody there, or options that libpq refuses.
inline ConnectFailure failure_without_server(PGconn* attempt, Deadline deadline) {
    if (*PQhostaddr(attempt) != '\0') return ConnectFailure::refused;
    const std::string host = PQhost(attempt);
    if (host.starts_with('/') || host.starts_with('@')) return ConnectFailure::refused;
    if (host.empty() || !option_of_attempt(attempt, "hostaddr").empty()) return ConnectFailure::other;
    // Options that libpq refuses look like a name without an address, but cost no time.
    const bool slow = Clock::now() >= deadline;
    return slow || !has_address(host.c_str()) ? ConnectFailure::name_not_found : ConnectFailure::other;
}

/// Why an attempt failed; never by libpq's message, which is translated.
/// @param stage  where the attempt was before the step that failed.
inline ConnectFailure diagnose(PGconn* attempt, std::string_view sqlstate, ConnStatusType stage, Deadline deadline) {
    if (!sqlstate.empty()) return connect_failure_of(sqlstate);
    if (PQconnectionNeedsPassword(attempt) != 0) return ConnectFailure::authentication;
    if (stage == CONNECTION_NEEDED || stage == CONNECTION_STARTED) return failure_without_server(attempt, deadline);
    if (stage == CONNECTION_SSL_STARTUP) {
        // "prefer" goes on without TLS where there is none: what failed then is the line.
        return option_of_attempt(attempt, "sslmode") == "prefer" ? ConnectFailure::other : ConnectFailure::tls;
    }
    if (stage == CONNECTION_MADE) return ConnectFailure::other;
    const std::string wanted = option_of_attempt(attempt, "target_session_attrs");
    return wanted == "read-write" || wanted == "primary" ? ConnectFailure::not_writable : ConnectFailure::other;
}

/// The sentence for `what()`.
inline std::string_view reason_of(ConnectFailure cause) {
    switch (cause) {
        case ConnectFailure::refused:
            return "no server answered at the address of the connection string";
        case ConnectFailure::name_not_found:
            return "the host name of the connection string could not be looked up";
        case ConnectFailure::tls:
            return "TLS as the connection string demands it did not come about";
        case ConnectFailure::authentication:
            return "the server refused the login (user, password or pg_hba.conf)";
        case ConnectFailure::unknown_database:
            return "the database does not exist";
        case ConnectFailure::too_many_connections:
            return "the server has no connection left";
        case ConnectFailure::starting_up:
            return "the server is starting up, shutting down or in recovery";
        case ConnectFailure::deadline:
            return "no connection was made before the deadline";
        case ConnectFailure::not_writable:
            return "the server accepts no writes: it is a standby or set to read-only";
        case ConnectFailure::none:
        case ConnectFailure::other:
            break;
    }
    return "no session could be made with the connection string";
}

}  // namespace gridone::storage::inline v0::detail

#endif
