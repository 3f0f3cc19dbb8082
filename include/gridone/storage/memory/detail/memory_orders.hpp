// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ORDERS_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ORDERS_HPP

#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/seen_row.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A row and the values by which an order sorts it.
struct OrderedRow {
    OrderedRow(const std::vector<OrderKey>& keys, const RowPointer& of)
        : row{of}, values(key_values(keys, seen_row(of->id, *of, of->json.document()))) {}  // braces would nest it

    RowPointer row;
    KeyValues values;
};

/// The committed rows of a table in one order.
class MemoryOrder {
public:
    MemoryOrder(std::vector<OrderKey> keys, const MemoryRows& rows) : keys_{std::move(keys)} {
        std::vector<OrderedRow> sorted;
        sorted.reserve(rows.size());
        for (const auto& [id, row] : rows) sorted.emplace_back(keys_, row);
        std::ranges::sort(sorted, rows_.key_comp());
        for (OrderedRow& row : sorted) rows_.insert(rows_.end(), std::move(row));
    }
    MemoryOrder(const MemoryOrder&) = delete;
    MemoryOrder& operator=(const MemoryOrder&) = delete;
    MemoryOrder(MemoryOrder&&) = delete;
    MemoryOrder& operator=(MemoryOrder&&) = delete;
    ~MemoryOrder() = default;

    [[nodiscard]] const std::vector<OrderKey>& keys() const noexcept { return keys_; }

    /// Calls `f(row)` in order, from behind these values on, for as long as it returns true. Of no values: all.
    template <class F>
    void walk(const KeyValues& after, F&& f) const {
        auto row = after.empty() ? rows_.begin() : rows_.upper_bound(after);
        while (row != rows_.end() && f(row->row)) ++row;
    }

    /// @param before, after  null for none
    void change(const RowPointer& before, const RowPointer& after) {
        if (before != nullptr) rows_.erase(OrderedRow{keys_, before});
        if (after != nullptr) rows_.insert(OrderedRow{keys_, after});
    }

private:
    struct Less {
        using is_transparent = void;
        const std::vector<OrderKey>* keys;

        bool operator()(const OrderedRow& a, const OrderedRow& b) const {
            return comes_before(*keys, a.values, b.values);
        }
        bool operator()(const OrderedRow& a, const KeyValues& b) const { return comes_before(*keys, a.values, b); }
        bool operator()(const KeyValues& a, const OrderedRow& b) const { return comes_before(*keys, a, b.values); }
    };

    std::vector<OrderKey> keys_;
    std::set<OrderedRow, Less> rows_{Less{&keys_}};
};

/// The orders in which a table is read page by page. Each is kept up to date until so many changes without a use have
/// cost as much as to sort the rows again.
class MemoryOrders {
public:
    /// Null if there is none with these keys.
    [[nodiscard]] const MemoryOrder* find(const std::vector<OrderKey>& keys) {
        const auto found = std::ranges::find(kept_, keys, [](const Kept& kept) { return kept.order->keys(); });
        if (found == kept_.end()) return nullptr;
        kept_.splice(kept_.begin(), kept_, found);
        found->unused_changes = 0;
        return found->order.get();
    }

    /// Replaces the one that has not been used for the longest time.
    const MemoryOrder& add(const std::vector<OrderKey>& keys, const MemoryRows& rows) {
        constexpr std::size_t most = 4;
        kept_.push_front({std::make_unique<MemoryOrder>(keys, rows), 0});
        if (kept_.size() > most) kept_.pop_back();
        return *kept_.front().order;
    }

    /// @param before, after  null for none
    /// @param rows           how many the table has
    void change(const RowPointer& before, const RowPointer& after, std::size_t rows) noexcept {
        if (kept_.empty()) return;
        std::erase_if(kept_, [&](Kept& kept) { return ++kept.unused_changes > rows; });
        try {
            for (Kept& kept : kept_) kept.order->change(before, after);
        } catch (...) {
            kept_.clear();  // out of memory: sorted again when they are needed
        }
    }

private:
    struct Kept {
        std::unique_ptr<MemoryOrder> order;
        std::size_t unused_changes;
    };
    std::list<Kept> kept_;  // the last used first
};

}  // namespace gridone::storage::inline v0::detail

#endif
