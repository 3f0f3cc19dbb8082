// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_CHECK_CHANGES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_CHECK_CHANGES_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/field_change.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Refuses a patch that makes no sense, whatever is stored. @throws InvalidInputError  with the place
inline void check_changes(std::span<const FieldChange> changes, const JsonLimits& limits) {
    if (changes.empty()) throw InvalidInputError{"a patch without changes"};
    std::vector<const FieldChange*> sorted;
    for (const FieldChange& change : changes) {
        if (change.path.empty()) throw InvalidInputError{"a change of no field"};
        // The value at its place in a document, so that what is wrong with either is told with the place.
        nlohmann::json within = change.value;
        for (const std::string& key : std::views::reverse(change.path)) {
            auto parent = nlohmann::json::object();
            parent[key] = std::move(within);
            within = std::move(parent);
        }
        (void)canonical_json(within, limits);
        sorted.push_back(&change);
    }
    std::ranges::sort(sorted, {}, &FieldChange::path);
    const auto clash = std::ranges::adjacent_find(sorted, [](const FieldChange* a, const FieldChange* b) {
        return a->path.size() <= b->path.size() &&
               std::ranges::equal(a->path, std::span{b->path}.first(a->path.size()));
    });
    if (clash == sorted.end()) return;
    throw InvalidInputError{"two changes of one patch are of the same field, or of a field and a part of it",
                            pointer_of((*clash)->path)};
}

}  // namespace gridone::storage::inline v0::detail

#endif
