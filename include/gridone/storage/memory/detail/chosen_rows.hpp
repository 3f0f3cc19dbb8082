// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_CHOSEN_ROWS_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_CHOSEN_ROWS_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/detail/text_part.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/seen_row.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Those of the rows that a query is about, in its order.
inline std::vector<StoredRow> chosen_rows(const std::vector<std::pair<std::string, RowPointer>>& rows,
                                          const QuerySpec& spec) {
    struct Candidate {
        const std::pair<std::string, RowPointer>* row;
        nlohmann::json document;
        SeenDocument seen;
    };
    const std::vector<OrderKey> keys = spec.total_order();
    std::vector<Candidate> candidates;
    candidates.reserve(rows.size());  // what is seen refers to the document beside it
    for (const auto& row : rows) {
        candidates.push_back({&row, nlohmann::json::parse(row.second->text), {}});
        Candidate& made = candidates.back();
        made.seen = seen_row(row.first, *row.second, made.document);
        if (!matches(*spec.where, made.seen) || (!spec.after.is_null() && !is_behind(keys, spec.after, made.seen))) {
            candidates.pop_back();
        }
    }
    std::vector<const Candidate*> order;
    order.reserve(candidates.size());
    for (const Candidate& candidate : candidates) order.push_back(&candidate);
    std::ranges::sort(order,
                      [&](const Candidate* a, const Candidate* b) { return comes_before(keys, a->seen, b->seen); });
    std::vector<StoredRow> chosen;
    const std::size_t given = spec.given_of(order.size());
    for (std::size_t at = 0; at < given; ++at) {
        const auto& [id, row] = *order[spec.offset + at]->row;
        chosen.push_back(row->of(id));
        if (spec.only_keys) chosen.back().text = text_part(chosen.back().text, *spec.only_keys);
    }
    return chosen;
}

/// @param rows  in the order of the field
inline std::vector<ValueCount> groups_of(const std::vector<StoredRow>& rows, const FieldPlace& field) {
    std::vector<ValueCount> groups;
    for (const StoredRow& row : rows) {
        const nlohmann::json document = nlohmann::json::parse(row.text);
        const SeenDocument seen = seen_row(row.id, row, document);
        const nlohmann::json* value = value_at(seen, field);
        const bool is_next = groups.empty() || (value == nullptr) != groups.back().value.is_null() ||
                             (value != nullptr && compare_values(*value, groups.back().value, field.kind) != 0);
        if (is_next) groups.push_back({value == nullptr ? nlohmann::json(nullptr) : *value, 0});
        ++groups.back().documents;
    }
    return groups;
}

}  // namespace gridone::storage::inline v0::detail

#endif
