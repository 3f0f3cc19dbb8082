// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_UPGRADE_OPTIONS_HPP
#define GRIDONE_STORAGE_QUERY_UPGRADE_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <functional>

namespace gridone::storage::inline v0 {

/// How `upgrade_all` goes through a table. Every member has a default; new members are added at the end.
struct UpgradeOptions {
    /// How many documents are read, and stored in one transaction, at a time: 1 or more.
    std::size_t batch = 100;

    /// How long it rests after each batch, so that others have the server meanwhile.
    std::chrono::milliseconds pause{0};

    /// Is told how many documents were stored so far, after each batch, on the thread of the call. What it throws ends the
    /// call; what was stored stays so.
    std::function<void(std::size_t)> on_progress = {};
};

}  // namespace gridone::storage::inline v0

#endif
