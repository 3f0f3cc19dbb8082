// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_LEASE_INFO_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_LEASE_INFO_HPP

#include <chrono>
#include <string>
#include <thread>

namespace gridone::storage::inline v0 {

/// A connection in use: by whom, for what, since when.
struct LeaseInfo {
    std::string operation = {};
    std::string table = {};  ///< Empty where no table is concerned.
    std::thread::id thread{};
    std::chrono::nanoseconds age{};
};

}  // namespace gridone::storage::inline v0

#endif
