// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_VIEW_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_VIEW_HPP

#include <gridone/storage/memory/detail/memory_row.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// One table as somebody sees it: what is committed and, for who writes, his own changes over it. Refers to both.
class MemoryView {
public:
    explicit MemoryView(const MemoryRows& committed, const MemoryRows* changes = nullptr) noexcept
        : committed_{&committed}, changes_{changes} {}

    [[nodiscard]] const MemoryRows& committed() const noexcept { return *committed_; }
    [[nodiscard]] bool has_changes() const noexcept { return changes_ != nullptr; }

    /// The row, or null.
    [[nodiscard]] RowPointer find(std::string_view id) const {
        if (changes_ != nullptr) {
            if (const auto change = changes_->find(id); change != changes_->end()) return change->second;
        }
        const auto row = committed_->find(id);
        return row == committed_->end() ? nullptr : row->second;
    }

    [[nodiscard]] std::size_t count() const {
        std::size_t rows = committed_->size();
        if (changes_ == nullptr) return rows;
        for (const auto& [id, row] : *changes_) {
            if (row != nullptr) ++rows;
            if (committed_->contains(id)) --rows;
        }
        return rows;
    }

    /// Calls `f(row)` by id, from behind `after` on, for as long as it gives true. `f` changes nothing.
    template <class F>
    void walk(const std::optional<std::string>& after, F&& f) const {
        const MemoryRows none;
        const MemoryRows& changes = changes_ == nullptr ? none : *changes_;
        auto row = behind(*committed_, after);
        auto change = behind(changes, after);
        while (row != committed_->end() || change != changes.end()) {
            const bool both = row != committed_->end() && change != changes.end();
            const bool is_changed = change != changes.end() && (!both || change->first <= row->first);
            if (both && row->first == change->first) ++row;
            const auto& [id, seen] = is_changed ? *change++ : *row++;
            if (seen != nullptr && !f(seen)) return;
        }
    }

private:
    static MemoryRows::const_iterator behind(const MemoryRows& rows, const std::optional<std::string>& after) {
        return after ? rows.upper_bound(*after) : rows.begin();
    }

    const MemoryRows* committed_;
    const MemoryRows* changes_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
