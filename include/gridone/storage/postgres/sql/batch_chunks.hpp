// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_BATCH_CHUNKS_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_BATCH_CHUNKS_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/text_array.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A chunk of a batch is no larger than this, but for a single document that is.
inline constexpr std::size_t max_chunk_bytes = std::size_t{8} << 20U;

/// Ids, a chunk at a time: `while (chunks.next())`.
class IdChunks {
public:
    explicit IdChunks(std::span<const std::string_view> ids) noexcept : rest_{ids} {}

    /// False at the end, except the first time: an empty batch is one empty chunk.
    bool next() {
        if (began_ && rest_.empty()) return false;
        began_ = true;
        ids_ = {};
        while (!rest_.empty() && (ids_.size() == 0 || ids_.bytes() + rest_.front().size() < max_chunk_bytes)) {
            ids_.push_back(rest_.front());
            rest_ = rest_.subspan(1);
        }
        return true;
    }

    [[nodiscard]] const TextArray& ids() const noexcept { return ids_; }

    /// Whether there is no more than one chunk.
    [[nodiscard]] bool is_one() && {
        next();
        return rest_.empty();
    }

private:
    std::span<const std::string_view> rest_;
    TextArray ids_;
    bool began_ = false;
};

/// Documents, a chunk at a time: `while (chunks.next())`.
class TextChunks {
public:
    explicit TextChunks(std::span<const NewText> batch) noexcept : batch_{batch} {}

    /// False at the end, except the first time: an empty batch is one empty chunk.
    bool next() {
        if (began_ && end_ == batch_.size()) return false;
        began_ = true;
        begin_ = end_;
        ids_ = {};
        texts_ = {};
        for (; end_ < batch_.size(); ++end_) {
            const NewText& next = batch_[end_];
            const std::size_t bytes = ids_.bytes() + texts_.bytes() + next.id.size() + next.text.size();
            if (end_ != begin_ && bytes > max_chunk_bytes) break;
            ids_.push_back(next.id);
            texts_.push_back(next.text);
        }
        return true;
    }

    /// Where in the batch the chunk begins.
    [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
    [[nodiscard]] const TextArray& ids() const noexcept { return ids_; }
    [[nodiscard]] const TextArray& texts() const noexcept { return texts_; }
    [[nodiscard]] std::span<const NewText> documents() const noexcept { return batch_.subspan(begin_, end_ - begin_); }

    /// Whether there is no more than one chunk.
    [[nodiscard]] bool is_one() const noexcept {
        std::size_t bytes = 0;
        for (const NewText& text : batch_) bytes += text.id.size() + text.text.size() + 2 * sizeof(int);
        return bytes < max_chunk_bytes || batch_.size() <= 1;
    }

private:
    std::span<const NewText> batch_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    TextArray ids_;
    TextArray texts_;
    bool began_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
