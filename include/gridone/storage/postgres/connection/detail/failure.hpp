// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FAILURE_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_FAILURE_HPP

#include <gridone/storage/core/connect_failure.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Of a prepared statement: the session's are not what they were, but unknown, taken, or of other columns by now. The
/// last, 0A000, also says that the server never runs the statement; of one that was not prepared before it says nothing
/// else.
inline bool is_stale_plan(std::string_view sqlstate) {
    return sqlstate == "26000" || sqlstate == "42P05" || sqlstate == "0A000";
}

/// Whether a text of the server is one: five digits or capital letters.
inline bool is_sqlstate(std::string_view text) noexcept {
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    return text.size() == 5 && std::all_of(text.begin(), text.end(), fits);
}

/// The line of COPY's data that an error is about: which row, from 1; 0 if that is not known. The words of the context are
/// in the server's language, as in `COPY devices, line 3: "…"`, so what counts is the first number behind the table's name.
inline std::size_t line_of_copy(std::string_view context, std::string_view table) {
    std::size_t line = 0;
    while (!context.empty() && !table.empty()) {
        std::string_view text = context.substr(0, context.find('\n'));
        context.remove_prefix(std::min(text.size() + 1, context.size()));
        const std::size_t name = text.find(table);
        if (name == std::string_view::npos || text.find("COPY") == std::string_view::npos) continue;
        text.remove_prefix(name + table.size());
        text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
        std::from_chars(text.data(), text.data() + text.size(), line);
    }
    return line;
}

/// What went wrong on a connection, before anyone knows which call it was. `throw_public_error` makes the error that
/// the caller sees of it; it never leaves the library.
struct Failure final : std::exception {
    enum class Kind {
        cannot_connect,   ///< No session came to be.
        server_error,     ///< The server reported an error.
        lost,             ///< The connection broke before a verdict came.
        deadline,         ///< The deadline passed before a verdict came.
        stopped,          ///< The caller's stop token fired before a verdict came.
        out_of_memory,    ///< libpq could not build the request; nothing was sent.
        too_large,        ///< A parameter is larger than the protocol can carry; nothing was sent.
        reply_too_large,  ///< The server sent more than the options allow; the rest was not read.
        bad_reply,        ///< The reply of the server does not fit the statement.
        forked,           ///< The session is that of the parent process; nothing was sent.
    };

    explicit Failure(Kind what, std::string why = {}, std::string state = {}, std::string broken = {})
        : kind{what}, reason{std::move(why)}, sqlstate{std::move(state)}, constraint{std::move(broken)} {}

    /// Whether the session is of no more use: what comes next on it is not the reply to what is asked next.
    [[nodiscard]] bool ends_session() const noexcept {
        return kind == Kind::lost || kind == Kind::deadline || kind == Kind::stopped || kind == Kind::reply_too_large ||
               kind == Kind::bad_reply;
    }

    [[nodiscard]] static Failure of_nothing_sent(Kind what, std::string why) {
        Failure failure{what, std::move(why)};
        failure.may_have_run = false;
        return failure;
    }

    [[nodiscard]] const char* what() const noexcept override { return reason.c_str(); }

    Kind kind;
    std::string reason;  ///< For `what()` of the public error: no text of the server.
    std::string sqlstate;
    std::string details = {};     ///< The server's text.
    std::string constraint = {};  ///< As the server named it.
    std::size_t line = 0;         ///< Of COPY's data, from 1; 0 if it is not known.
    bool statement_timed_out = false;
    bool for_good = false;  ///< The next attempt to connect would fail for the same reason.
    ConnectFailure connect_failure = ConnectFailure::other;  ///< Of `cannot_connect`.
    bool is_contested = false;      ///< A unique index refused it, and no other document was found that has the values.
    bool may_have_run = true;       ///< False where it is proven that the statement changed nothing.
    bool is_of_stale_plan = false;  ///< The statement was prepared, and has to be once more.
};

}  // namespace gridone::storage::inline v0::detail

#endif
