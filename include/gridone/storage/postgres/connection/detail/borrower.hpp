// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BORROWER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_BORROWER_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>

#include <thread>

namespace gridone::storage::inline v0::detail {

/// The call that has a connection. Views: lives as long as the call.
struct Borrower {
    CallSite site{};
    std::thread::id thread{};
    Clock::time_point since{};
    bool reported = false;  ///< For having it long.
};

}  // namespace gridone::storage::inline v0::detail

#endif
