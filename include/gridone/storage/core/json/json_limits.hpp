// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_JSON_LIMITS_HPP
#define GRIDONE_STORAGE_CORE_JSON_JSON_LIMITS_HPP

#include <cstddef>
#include <limits>

namespace gridone::storage::inline v0 {

/// How large a document may be. Checked before a document is sent and again when one is read.
struct JsonLimits {
    std::size_t max_depth = 512;                    ///< Nested arrays and objects; a scalar has depth 0.
    std::size_t max_bytes = std::size_t{16} << 20;  ///< Of the canonical JSON text. PostgreSQL itself ends at 255 MiB.
};

namespace detail {

/// For what has been checked, or is checked, by limits elsewhere.
inline constexpr JsonLimits unlimited{.max_depth = std::numeric_limits<std::size_t>::max(),
                                      .max_bytes = std::numeric_limits<std::size_t>::max()};

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
