// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_CHOSEN_ROWS_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_CHOSEN_ROWS_HPP

#include <gridone/storage/memory/detail/memory_orders.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/seen_row.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The row as filters see it, which refers to the row. @param whole  whether id, version and times are included
inline SeenDocument seen(const MemoryRow& row, bool whole) {
    return whole ? seen_row(row.id, row, row.json.document()) : SeenDocument{.document = &row.json.document()};
}

/// The id after which a walk can begin, since the filter matches no row up to it.
inline std::optional<std::string> id_below(const FilterNode& filter) {
    if (filter.kind == FilterNode::Kind::all_of) {
        std::optional<std::string> below;
        for (const FilterPointer& part : filter.parts) below = std::max(below, id_below(*part));
        return below;
    }
    const bool is_bound = filter.kind == FilterNode::Kind::compare && filter.field.source == FieldSource::id &&
                          filter.comparison == Comparison::greater && !filter.other;
    return is_bound ? std::optional{filter.literal.get<std::string>()} : std::nullopt;
}

/// Calls `f(row)` for the rows that the filter matches, by id, from behind `after` on, for as long as it returns true.
template <class F>
void walk_matches(const MemoryView& view, const FilterNode& filter, const std::optional<std::string>& after, F&& f) {
    const bool whole = asks_for(filter, is_of_row);
    view.walk(std::max(after, id_below(filter)),
              [&](const RowPointer& row) { return !matches(filter, seen(*row, whole)) || f(row); });
}

inline std::size_t count_matches(const MemoryView& view, const FilterNode& filter) {
    if (is_everything(filter)) return view.count();
    std::size_t found = 0;
    walk_matches(view, filter, {}, [&](const RowPointer&) { return ++found != 0; });
    return found;
}

/// Those of the rows that a query is about, in its order. In the order of the ids it ends with the last of them;
/// otherwise it sees all rows, and holds no more than it returns.
class ChosenRows {
public:
    explicit ChosenRows(const QuerySpec& spec)
        : spec_{spec},
          keys_{spec.total_order()},
          after_(spec.after.is_null() ? KeyValues{} : key_values(keys_, spec.after)) {
        const std::size_t most = spec.limit.value_or(std::size_t(-1));
        most_ = most + std::min(spec.offset, std::size_t(-1) - most);
    }

    /// @param orders  of the table, under its lock; or null
    void collect(const MemoryView& view, MemoryOrders* orders) {
        if (spec_.limit == std::size_t{0}) return;
        if (keys_.size() == 1 && !keys_.front().descending && keys_.front().field.source == FieldSource::id) {
            std::optional<std::string> after;
            if (!after_.empty()) after = after_.front().get<std::string>();
            walk_matches(view, *spec_.where, after, [&](const RowPointer& row) { return take(row); });
        } else if (const MemoryOrder* order = kept_order(view, orders)) {
            const bool whole = asks_for(*spec_.where, is_of_row);
            order->walk(after_,
                        [&](const RowPointer& row) { return !matches(*spec_.where, seen(*row, whole)) || take(row); });
        } else {
            sort_matches(view);
        }
    }

    /// Finishes the work without the view.
    [[nodiscard]] std::vector<RowPointer> rows() {
        std::ranges::sort(candidates_, std::bind_front(&ChosenRows::before, this));
        for (std::size_t at = spec_.offset; at < candidates_.size(); ++at) {
            rows_.push_back(std::move(candidates_[at].row));
        }
        return std::move(rows_);
    }

private:
    /// The next row in order. @returns whether more are needed
    bool take(const RowPointer& row) {
        if (skipped_ < spec_.offset) {
            ++skipped_;
            return true;
        }
        rows_.push_back(row);
        return rows_.size() < spec_.limit.value_or(std::size_t(-1));
    }

    /// One that is there; or a new one if the pages before this one were asked for.
    [[nodiscard]] const MemoryOrder* kept_order(const MemoryView& view, MemoryOrders* orders) const {
        if (orders == nullptr || view.has_changes()) return nullptr;
        const MemoryOrder* found = orders->find(keys_);
        if (found != nullptr || after_.empty() || !spec_.limit) return found;
        return &orders->add(keys_, view.committed());
    }

    /// The candidates become a heap, whose first element comes last in the order, when there are as many as are needed.
    void sort_matches(const MemoryView& view) {
        const auto is_before = std::bind_front(&ChosenRows::before, this);
        walk_matches(view, *spec_.where, {}, [&](const RowPointer& row) {
            OrderedRow candidate{keys_, row};
            if (!after_.empty() && !comes_before(keys_, after_, candidate.values)) return true;
            if (candidates_.size() < most_) {
                candidates_.push_back(std::move(candidate));
                if (candidates_.size() == most_) std::ranges::make_heap(candidates_, is_before);
            } else if (before(candidate, candidates_.front())) {
                std::ranges::pop_heap(candidates_, is_before);
                candidates_.back() = std::move(candidate);
                std::ranges::push_heap(candidates_, is_before);
            }
            return true;
        });
    }

    [[nodiscard]] bool before(const OrderedRow& a, const OrderedRow& b) const {
        return comes_before(keys_, a.values, b.values);
    }

    const QuerySpec& spec_;
    std::vector<OrderKey> keys_;
    KeyValues after_;  ///< Empty: from the begin.
    std::size_t most_;
    std::vector<OrderedRow> candidates_;
    std::size_t skipped_ = 0;
    std::vector<RowPointer> rows_;
};

inline std::vector<RowPointer> chosen_rows(const MemoryView& view, const QuerySpec& spec) {
    ChosenRows chosen{spec};
    chosen.collect(view, nullptr);
    return chosen.rows();
}

/// The values of a field in the rows that a filter matches; of equal ones, that of the first row by id.
inline std::vector<ValueCount> groups_of(const MemoryView& view, const FilterNode& filter, const FieldPlace& field) {
    const OrderKey key{field};
    const auto before = [&](const auto& a, const auto& b) { return order_by_key(key, a, b) < 0; };
    std::map<nlohmann::json, ValueCount, decltype(before)> groups{before};
    walk_matches(view, filter, {}, [&](const RowPointer& row) {
        const SeenDocument document = seen(*row, is_of_row(field));
        const nlohmann::json* value = value_at(document, field);
        const auto [group, is_new] = groups.try_emplace(key_value(key, value));
        if (is_new && value != nullptr) group->second.value = *value;
        ++group->second.documents;
        return true;
    });
    std::vector<ValueCount> counts;
    counts.reserve(groups.size());
    for (auto& [sorted_by, group] : groups) counts.push_back(std::move(group));
    return counts;
}

}  // namespace gridone::storage::inline v0::detail

#endif
