// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_SEEN_ROW_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_SEEN_ROW_HPP

#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/value_kind_of.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace gridone::storage::inline v0::detail {

/// A row as conditions see it. @param document  its text, parsed, which is referred to
template <class Row>
SeenDocument seen_row(const std::string& id, const Row& row, const nlohmann::json& document) {
    SeenDocument seen{
        .document = &document, .id = nlohmann::json(id), .version = compared_literal<Version>(row.version)};
    if (row.timestamps) {
        seen.created_at = nlohmann::json(row.timestamps->created_at);
        seen.updated_at = nlohmann::json(row.timestamps->updated_at);
    }
    return seen;
}

}  // namespace gridone::storage::inline v0::detail

#endif
