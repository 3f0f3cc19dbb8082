// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_ID_HPP
#define GRIDONE_STORAGE_CORE_ID_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/errors.hpp>

#include <cstddef>
#include <string_view>

namespace gridone::storage::inline v0 {

/// The longest id that is written. An index entry of PostgreSQL ends at about 2,700 bytes; an id shares it with other
/// keys.
inline constexpr std::size_t max_id_bytes = 512;

/// For reads and removes: refuses only what no server could hold, so that rows which others stored stay reachable,
/// whatever the length of their ids.
///
/// @throws InvalidInputError  NUL or invalid UTF-8.
inline void check_id_text(std::string_view id) {
    if (id.find('\0') != std::string_view::npos) throw InvalidInputError{"an id must not contain NUL"};
    if (!detail::valid_utf8(id)) throw InvalidInputError{"an id must be valid UTF-8"};
}

/// For writes: an id is 1–512 bytes of valid UTF-8 without NUL.
///
/// @throws InvalidInputError  otherwise; the message does not quote the id.
inline void check_id(std::string_view id) {
    if (id.empty()) throw InvalidInputError{"an id must not be empty"};
    if (id.size() > max_id_bytes) throw InvalidInputError{"an id must not be longer than 512 bytes"};
    check_id_text(id);
}

}  // namespace gridone::storage::inline v0

#endif
