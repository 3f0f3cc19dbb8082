// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FAILURE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FAILURE_HPP

#include <gridone/storage/core/connect_failure.hpp>

#include <exception>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What went wrong on a connection, before anyone knows which call it was. `throw_public_error` makes the error that
/// the caller sees of it; it never leaves the library.
struct Failure final : std::exception {
    enum class Kind {
        cannot_connect,  ///< No session came to be.
        server_error,    ///< The server reported an error.
        lost,            ///< The connection broke before a verdict came.
        deadline,        ///< The deadline passed before a verdict came.
        out_of_memory,   ///< libpq could not build the request; nothing was sent.
        too_large,       ///< A parameter is larger than the protocol can carry; nothing was sent.
    };

    explicit Failure(Kind what, std::string why = {}, std::string state = {})
        : kind{what}, reason{std::move(why)}, sqlstate{std::move(state)} {}

    [[nodiscard]] const char* what() const noexcept override { return reason.c_str(); }

    Kind kind;
    std::string reason;  ///< For `what()` of the public error: no text of the server.
    std::string sqlstate;
    std::string details = {};     ///< The server's text.
    std::string constraint = {};  ///< As the server named it.
    bool statement_timed_out = false;
    bool for_good = false;  ///< The next attempt to connect would fail for the same reason.
    ConnectFailure connect_failure = ConnectFailure::other;  ///< Of `cannot_connect`.
    bool may_have_run = true;  ///< False where only the preparation of the statement was under way.
};

}  // namespace gridone::storage::inline v0::detail

#endif
