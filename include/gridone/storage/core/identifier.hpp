// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_IDENTIFIER_HPP
#define GRIDONE_STORAGE_CORE_IDENTIFIER_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/errors.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0 {

/// Accepts what PostgreSQL can use as a name when it is quoted: 1–63 bytes of valid UTF-8 without NUL. Reserved words,
/// spaces, quotes and semicolons are fine. A longer name is refused because the server would cut it without an error,
/// and two tables could become one.
///
/// @param what  the role of the name for the message: "table name", "id column" …
/// @throws InvalidInputError  that names the role, never the name itself.
inline void check_identifier(std::string_view name, std::string_view what) {
    const auto refuse = [&](std::string_view why) {
        throw InvalidInputError{"the " + std::string{what} + " " + std::string{why}};
    };
    if (name.empty()) refuse("is empty");
    if (name.size() > 63) refuse("is longer than 63 bytes; PostgreSQL would cut it off");
    if (name.find('\0') != std::string_view::npos) refuse("contains NUL");
    if (!detail::valid_utf8(name)) refuse("is not valid UTF-8");
}

}  // namespace gridone::storage::inline v0

#endif
