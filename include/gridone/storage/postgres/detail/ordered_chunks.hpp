// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_ORDERED_CHUNKS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_ORDERED_CHUNKS_HPP

#include <gridone/storage/core/detail/stored_text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Documents that are asked for one after another, a chunk at a time, as long as each id comes after the one before it.
/// What was given is kept until it is stored, so that it can be given once more. The first chunk is small, since it tells
/// whether the others are worth it.
class OrderedChunks {
public:
    struct KeptText {
        std::string id;
        std::string text;
    };
    /// An id does not come after the one before it. Its document is kept as well.
    struct OutOfOrder {};

    /// @param source  outlives this
    explicit OrderedChunks(const NextText& source) noexcept : source_{source} {}

    /// The next of the chunk, until this is called again; null at its end. @throws OutOfOrder
    const KeptText* next() {
        if (is_at_end_ || bytes_ >= enough_) return nullptr;
        const KeptText* const taken = take();
        if (taken == nullptr) return nullptr;
        const std::string& before = kept_.size() > 1 ? kept_[kept_.size() - 2].id : last_;
        if (taken->id <= before) throw OutOfOrder{};
        bytes_ += sizeof(KeptText) + taken->id.capacity() + taken->text.capacity();
        return taken;
    }

    /// The chunk is stored, and the next one begins.
    void stored() {
        if (!kept_.empty()) last_ = std::move(kept_.back().id);
        kept_.clear();
        bytes_ = 0;
        enough_ = std::min(8 * enough_, max_bytes);
    }

    [[nodiscard]] bool is_at_end() const noexcept { return is_at_end_; }
    /// Whether the source threw.
    [[nodiscard]] bool is_interrupted() const noexcept { return is_interrupted_; }

    /// The next of all that is not stored, in chunks or not, until this is called again; null at its end.
    const KeptText* rest() {
        if (given_again_ == kept_.size()) {
            if (is_at_end_) return nullptr;
            kept_.clear();
            given_again_ = 0;
            if (take() == nullptr) return nullptr;
        }
        return &kept_[given_again_++];
    }

private:
    static constexpr std::size_t max_bytes = std::size_t{4} << 20U;

    const KeptText* take() {
        is_interrupted_ = true;
        std::optional<NewText> taken = source_();
        is_interrupted_ = false;
        is_at_end_ = !taken;
        if (!taken) return nullptr;
        return &kept_.emplace_back(std::string{taken->id}, std::move(taken->text));
    }

    const NextText& source_;
    std::vector<KeptText> kept_;
    std::string last_;
    std::size_t bytes_ = 0;
    std::size_t enough_ = std::size_t{64} << 10U;
    std::size_t given_again_ = 0;
    bool is_at_end_ = false;
    bool is_interrupted_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
