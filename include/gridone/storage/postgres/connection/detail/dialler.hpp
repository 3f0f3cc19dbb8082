// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIALLER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_DIALLER_HPP

#include <gridone/storage/core/connect_failure.hpp>
#include <gridone/storage/postgres/connection/detail/dial.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/secret.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Makes the sessions of one pool. An attempt whose caller has run out of time is kept, and the next caller goes on with
/// it, so that callers with short deadlines come to a connection as well. Thread-safe.
class Dialler {
public:
    /// No I/O. @throws InvalidInputError  the connection string is malformed; nothing of it is quoted.
    /// @param password  see PoolOptions; may be empty
    explicit Dialler(const std::string& dsn, std::function<std::string()> password = {})
        : parameters_{dsn}, password_{std::move(password)} {}

    /// @throws Failure  why there is no session; or what the callback for the password throws
    [[nodiscard]] RawConnection dial(const Until& until) {
        if (std::optional<Dial> attempt = take_unfinished()) {
            try {
                return finish(*std::move(attempt), until);
            } catch (const Failure& failure) {
                // It may have begun with a password that was right then.
                if (!password_ || failure.connect_failure != ConnectFailure::authentication) throw;
            }
        }
        if (!password_) return finish(Dial{parameters_}, until);
        const Secret password{password_()};
        return finish(Dial{parameters_, &password}, until);
    }

    /// Ends the attempts that nobody goes on with, and keeps none from now on.
    void close() noexcept {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        unfinished_.clear();
    }

    /// In the child of a fork: the server hears nothing of them.
    void abandon() noexcept {
        for (Dial& attempt : unfinished_) attempt.abandon();
    }

private:
    RawConnection finish(Dial attempt, const Until& until) {
        try {
            return attempt.finish(until);
        } catch (const Failure&) {
            if (attempt.is_under_way()) keep(std::move(attempt));
            throw;
        }
    }

    std::optional<Dial> take_unfinished() {
        const std::lock_guard lock{mutex_};
        while (!unfinished_.empty()) {
            Dial attempt = std::move(unfinished_.back());
            unfinished_.pop_back();
            if (attempt.is_under_way()) return attempt;
        }
        return std::nullopt;
    }

    void keep(Dial attempt) {
        const std::lock_guard lock{mutex_};
        if (!closed_) unfinished_.push_back(std::move(attempt));
    }

    ConnectionParameters parameters_;
    std::function<std::string()> password_;
    std::mutex mutex_;
    std::vector<Dial> unfinished_;  // each has left room for another connection, which will be this one
    bool closed_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
