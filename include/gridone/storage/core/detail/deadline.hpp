// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_DEADLINE_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_DEADLINE_HPP

#include <chrono>

namespace gridone::storage::inline v0::detail {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// That far from now; a duration too long to be added means never.
inline Deadline deadline_after(std::chrono::milliseconds duration, Clock::time_point now = Clock::now()) {
    const auto room = std::chrono::floor<std::chrono::milliseconds>(Deadline::max() - now);
    return duration >= room ? Deadline::max() : now + duration;
}

}  // namespace gridone::storage::inline v0::detail

#endif
