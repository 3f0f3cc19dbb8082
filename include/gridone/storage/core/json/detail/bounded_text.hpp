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
    BoundedText(std::size_t max_bytes, std::size_t expected)
        : buffer_(std::min(max_bytes, expected), '\0'), max_bytes_{max_bytes} {}

    void append(std::string_view piece) { std::copy(piece.begin(), piece.end(), room(piece.size())); }
    void append(char c) { *room(1) = c; }
    void append(std::size_t count, char c) { std::fill_n(room(count), count, c); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::string_view slice(std::size_t begin, std::size_t end) const noexcept {
        return std::string_view{buffer_}.substr(begin, end - begin);
    }
    /// Pre: `tail` is not longer than what it replaces.
    void replace_from(std::size_t begin, std::string_view tail) {
        size_ = begin;
        append(tail);
    }

    [[nodiscard]] std::string take() && {
        buffer_.resize(size_);
        return std::move(buffer_);
    }

private:
    /// Where the next `bytes` go.
    char* room(std::size_t bytes) {
        if (bytes > buffer_.size() - size_) grow(bytes);
        char* const begin = buffer_.data() + size_;
        size_ += bytes;
        return begin;
    }

    void grow(std::size_t bytes) {
        if (bytes > max_bytes_ || size_ > max_bytes_ - bytes) {
            throw InvalidInputError{"the JSON text is longer than the limit of " + std::to_string(max_bytes_) +
                                    " bytes"};
        }
        buffer_.resize(std::min(max_bytes_, 2 * (size_ + bytes)));
    }

    std::string buffer_;  // longer than what is written yet, so that a piece costs one comparison
    std::size_t size_ = 0;
    std::size_t max_bytes_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
