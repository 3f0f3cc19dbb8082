// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_DEADLINE_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_DEADLINE_HPP

#include <algorithm>
#include <chrono>

namespace gridone::storage::inline v0::detail {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// The latest that a caller can set; `Deadline::max()` means that no caller set any.
inline constexpr Deadline latest_deadline = Deadline::max() - Clock::duration{1};

/// That far from now; a duration too long to be added means never.
inline Deadline deadline_after(std::chrono::milliseconds duration, Clock::time_point now = Clock::now()) {
    const auto room = std::chrono::floor<std::chrono::milliseconds>(Deadline::max() - now);
    return duration >= room ? Deadline::max() : now + duration;
}

/// The same for a limit that a caller set, which is never taken for none.
inline Deadline set_deadline_after(std::chrono::milliseconds duration) {
    return std::min(deadline_after(duration), latest_deadline);
}

}  // namespace gridone::storage::inline v0::detail

#endif
