// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_ACQUIRE_TIMEOUT_ERROR_HPP
#define GRIDONE_STORAGE_CORE_ACQUIRE_TIMEOUT_ERROR_HPP

#include <gridone/storage/core/errors.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace gridone::storage::inline v0 {

/// A moment of a connection pool.
struct PoolCounters {
    std::size_t max_size = 0;  ///< The most connections there may be.
    std::size_t size = 0;      ///< Connections that exist or are being opened.
    std::size_t idle = 0;      ///< Of these, waiting to be used.
    std::size_t leased = 0;    ///< Of these, in use.
    std::size_t waiting = 0;   ///< Callers that wait for one.
};

/// No connection became free in time. Nothing was sent.
class AcquireTimeoutError : public TimeoutError {
public:
    AcquireTimeoutError(const AcquireTimeoutError&) noexcept = default;
    AcquireTimeoutError& operator=(const AcquireTimeoutError&) noexcept = default;
    ~AcquireTimeoutError() override = default;

    AcquireTimeoutError(ErrorInfo info, PoolCounters counters, std::string last_connect_failure)
        : TimeoutError{std::move(info)},
          counters_{counters},
          last_connect_failure_{std::make_shared<const std::string>(std::move(last_connect_failure))} {}

    /// The pool when the caller gave up.
    [[nodiscard]] const PoolCounters& counters() const noexcept { return counters_; }

    /// Why the pool's last attempt to connect failed; empty if none failed since the last success. A full pool and a
    /// server that is down look the same to a waiting caller; this tells them apart.
    [[nodiscard]] const std::string& last_connect_failure() const noexcept { return *last_connect_failure_; }

private:
    PoolCounters counters_;
    std::shared_ptr<const std::string> last_connect_failure_;
};

}  // namespace gridone::storage::inline v0

#endif
