// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STOP_SIGNAL_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STOP_SIGNAL_HPP

#include <gridone/storage/postgres/connection/detail/failure.hpp>

#include <array>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <stop_token>
#include <unistd.h>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Makes a stop token something that poll() can wait for. Costs nothing where there is no token.
class StopSignal {
public:
    /// @param token  may be null. @throws Failure  the process has no file descriptor left.
    explicit StopSignal(const std::stop_token* token) : StopSignal{} {
        if (token == nullptr || !token->stop_possible()) return;
        if (::pipe(ends_.data()) != 0) throw Failure{Failure::Kind::out_of_memory, "no file descriptor is left"};
        for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        callback_.emplace(*token, [write = ends_[1]] { (void)!::write(write, "", 1); });
    }
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    StopSignal(StopSignal&&) = delete;
    StopSignal& operator=(StopSignal&&) = delete;
    ~StopSignal() {
        callback_.reset();
        for (const int end : ends_) {
            if (end >= 0) ::close(end);
        }
    }

    /// Can be read when the token has fired; -1 where there is none.
    [[nodiscard]] int descriptor() const noexcept { return ends_[0]; }

private:
    StopSignal() noexcept = default;  // once it is through, the destructor closes what was opened

    std::array<int, 2> ends_{-1, -1};
    std::optional<std::stop_callback<std::function<void()>>> callback_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
