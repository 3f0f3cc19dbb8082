// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_CURSOR_HPP
#define GRIDONE_STORAGE_QUERY_CURSOR_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/cursor_text.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// Where a page ends: what the next one begins behind. Of one query, whatever its limit is; lives as long as you like,
/// and documents that come and go meanwhile do no harm.
class Cursor {
public:
    /// For `page`, which is how users come to one.
    explicit Cursor(detail::CursorPosition position) : position_{std::move(position)} {}

    // A move copies: what was moved from stays usable.
    Cursor(const Cursor&) = default;
    Cursor& operator=(const Cursor&) = default;
    ~Cursor() = default;

    /// For addresses and forms that carry it to somebody and back: letters, digits, `-` and `_`. It holds the id and the
    /// values that the order goes by of the last document, for everybody to read.
    [[nodiscard]] std::string text() const { return detail::cursor_text(position_); }

    /// The way back. @throws InvalidInputError  it is no text of a cursor, or was changed.
    [[nodiscard]] static Cursor from_text(std::string_view text) { return Cursor{detail::cursor_position(text)}; }

    [[nodiscard]] const detail::CursorPosition& position() const noexcept { return position_; }

    friend bool operator==(const Cursor&, const Cursor&) = default;

private:
    detail::CursorPosition position_;
};

}  // namespace gridone::storage::inline v0

#endif
