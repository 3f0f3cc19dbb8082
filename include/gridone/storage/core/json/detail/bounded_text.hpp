// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_BOUNDED_TEXT_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_BOUNDED_TEXT_HPP

#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The text of a document while it grows. Refuses to grow beyond the limit, so a document that is far too large costs
/// no more memory than the largest that is allowed.
class BoundedText {
public:
    explicit BoundedText(std::size_t max_bytes) noexcept : max_bytes_{max_bytes} {}
    /// @param expected  how long it is likely to become
    BoundedText(std::size_t max_bytes, std::size_t expected) : max_bytes_{max_bytes} {
        text_.reserve(std::min(max_bytes, expected));
    }

    void append(std::string_view piece) {
        expect_room(piece.size());
        text_.append(piece);
    }
    void append(char c) {
        expect_room(1);
        text_.push_back(c);
    }
    void append(std::size_t count, char c) {
        expect_room(count);
        text_.append(count, c);
    }

    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const noexcept {
        return std::string_view{text_}.substr(begin, end - begin);
    }
    /// Pre: `tail` is not longer than what it replaces.
    void replace_from(std::size_t begin, std::string_view tail) { text_.replace(begin, std::string::npos, tail); }

    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    void expect_room(std::size_t bytes) const {
        if (bytes <= max_bytes_ && text_.size() <= max_bytes_ - bytes) return;
        throw InvalidInputError{"the JSON text is longer than the limit of " + std::to_string(max_bytes_) + " bytes"};
    }

    std::string text_;
    std::size_t max_bytes_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
