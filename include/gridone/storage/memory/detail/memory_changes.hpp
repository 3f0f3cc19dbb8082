// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_CHANGES_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_CHANGES_HPP

#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What the one who writes has changed and not committed: an overlay over each table, and how to undo it step by step.
class MemoryChanges {
public:
    [[nodiscard]] MemoryView view(const MemoryTable& table) const {
        const auto changed = tables_.find(&table);
        return changed == tables_.end() ? MemoryView{table.rows} : MemoryView{table.rows, &changed->second};
    }

    /// The row from now on; null if it is removed. All or nothing.
    void set(MemoryTable& table, std::string_view id, RowPointer row) {
        MemoryRows& rows = tables_[&table];
        Step& step = steps_.emplace_back();
        try {
            const auto [place, is_new] = rows.try_emplace(std::string{id});
            step = {.table = &table, .rows = &rows, .place = place, .is_new = is_new, .before = place->second};
            if (is_new && !table.indexes.empty()) {
                if (const auto committed = table.rows.find(id); committed != table.rows.end())
                    step.before = committed->second;
            }
            place->second = std::move(row);
            if (place->second != nullptr) table.add_to_indexes(place->second);
        } catch (...) {
            undo_to(steps_.size() - 1);
            throw;
        }
    }

    /// Where `undo_to` leads back to.
    [[nodiscard]] std::size_t now() const noexcept { return steps_.size(); }

    void undo_to(std::size_t then) noexcept {
        for (; steps_.size() > then; steps_.pop_back()) {
            Step& step = steps_.back();
            if (step.rows == nullptr) continue;  // which ran out of memory
            if (step.place->second != nullptr) step.table->remove_from_indexes(step.place->second);
            if (step.is_new) {
                step.rows->erase(step.place);
            } else {
                step.place->second = std::move(step.before);
            }
        }
    }

    /// Makes the changes in the tables; allocates nothing.
    void merge() noexcept {
        for (const Step& step : steps_) {
            if (step.before != nullptr) step.table->remove_from_indexes(step.before);
        }
        steps_.clear();
        for (auto& [table, rows] : tables_) {
            while (!rows.empty()) {
                auto change = rows.extract(rows.begin());
                const auto place = table->rows.find(change.key());
                table->orders.change(place == table->rows.end() ? nullptr : place->second, change.mapped(),
                                     table->rows.size());
                if (place == table->rows.end()) {
                    if (change.mapped() != nullptr) table->rows.insert(std::move(change));
                } else if (change.mapped() != nullptr) {
                    place->second = std::move(change.mapped());
                } else {
                    table->rows.erase(place);
                }
            }
        }
        tables_.clear();
    }

private:
    struct Step {
        MemoryTable* table = nullptr;
        MemoryRows* rows = nullptr;
        MemoryRows::iterator place{};
        bool is_new = false;
        RowPointer before{};  ///< Of a table without indexes, only what is not committed.
    };

    std::map<MemoryTable*, MemoryRows, std::less<>> tables_;
    std::vector<Step> steps_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
