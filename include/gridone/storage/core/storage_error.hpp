// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_STORAGE_ERROR_HPP
#define GRIDONE_STORAGE_CORE_STORAGE_ERROR_HPP

#include <gridone/storage/core/connect_failure.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// What became of the call that failed.
enum class Outcome {
    not_applied,  ///< Nothing was changed.
    applied,      ///< The change is stored; what failed came after it.
    unknown,      ///< A write was sent and no verdict came back.
};

/// What a caller may do about a failure.
enum class Retry {
    never,            ///< The same call would fail again.
    same_call,        ///< The same call may succeed later.
    new_transaction,  ///< Run the whole transaction again.
    caller_decides,   ///< Whether a second attempt is right depends on what the call means to you.
};

/// What an error knows. Aggregate, so that a backend fills in what it has.
struct ErrorInfo {
    std::string reason{};      ///< The sentence for `what()`: no document content, no password.
    std::string operation{};   ///< "write", "read_all" …
    std::string table{};       ///< The table of the storage, without quotes.
    std::string id{};          ///< The document, if the call was about one.
    std::string pointer{};     ///< The place in the document, a JSON pointer (RFC 6901).
    std::string constraint{};  ///< The constraint that forbade it, as the database names it.
    std::string sqlstate{};    ///< Five characters, or empty where no server spoke.
    std::string details{};     ///< What the server said; may quote documents.
    Outcome outcome = Outcome::not_applied;
    Retry retry = Retry::never;
    ConnectFailure connect_failure = ConnectFailure::none;  ///< For `ConnectionError`.
};

namespace detail {
struct ErrorAccess;
}

/// The base of every error of this library. The dynamic type says what to do; the accessors say why.
///
/// `what()` names the operation and the table. It holds no id, no document content and no part of a connection string,
/// so it can be logged as it is; `id()` and `details()` may hold data. Copying does not throw, and a move copies: an error
/// that was moved from still has its text.
class StorageError : public std::exception {
public:
    StorageError(const StorageError&) noexcept = default;
    StorageError& operator=(const StorageError&) noexcept = default;
    ~StorageError() override = default;

    [[nodiscard]] const char* what() const noexcept override { return state_->what.c_str(); }

    [[nodiscard]] Outcome outcome() const noexcept { return state_->info.outcome; }
    [[nodiscard]] Retry retry() const noexcept { return state_->info.retry; }
    [[nodiscard]] const std::string& sqlstate() const noexcept { return state_->info.sqlstate; }
    [[nodiscard]] const std::string& operation() const noexcept { return state_->info.operation; }
    [[nodiscard]] const std::string& table() const noexcept { return state_->info.table; }
    [[nodiscard]] const std::string& id() const noexcept { return state_->info.id; }
    [[nodiscard]] const std::string& details() const noexcept { return state_->info.details; }

protected:
    explicit StorageError(ErrorInfo info) : state_{std::make_shared<const State>(std::move(info))} {}

    [[nodiscard]] const ErrorInfo& info() const noexcept { return state_->info; }

private:
    friend struct detail::ErrorAccess;

    struct State {
        explicit State(ErrorInfo from) : info{std::move(from)} {
            what = info.operation;
            if (!info.table.empty()) what += (what.empty() ? "" : " ") + info.table;
            if (!what.empty()) what += ": ";
            what += info.reason;
            if (!info.pointer.empty()) what += " (at " + info.pointer + ")";
            if (!info.sqlstate.empty()) what += " [SQLSTATE " + info.sqlstate + "]";
        }
        ErrorInfo info;
        std::string what;
    };

    std::shared_ptr<const State> state_;
};

}  // namespace gridone::storage::inline v0

#endif
