// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_CHECK_KEYS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_CHECK_KEYS_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/canonical_string.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/json_limits.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace gridone::storage::inline v0::detail {

/// The place that a path leads to, as a JSON pointer.
inline std::string pointer_of(std::span<const std::string> path) {
    std::string pointer;
    for (const std::string& key : path) append_pointer_token(pointer, key);
    return pointer;
}

/// How many keys the path of a field has at most: as many as a document has levels unless
/// its table allows more.
inline constexpr std::size_t longest_path = JsonLimits{}.max_depth;

/// Refuses keys that no document can have, and more of them than any has.
/// @throws InvalidInputError  with the place of the object that would have the key
inline void check_keys(std::span<const std::string> path) {
    if (path.size() > longest_path) {
        throw InvalidInputError{"a field with a path of more than " + std::to_string(longest_path) + " keys"};
    }
    for (std::size_t key = 0; key < path.size(); ++key) {
        if (const auto fault = string_fault(path[key]); !fault.empty()) {
            throw InvalidInputError{"the key of a field: " + std::string{fault}, pointer_of(path.first(key))};
        }
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
