// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_EXPLAIN_OPTIONS_HPP
#define GRIDONE_STORAGE_QUERY_EXPLAIN_OPTIONS_HPP

#include <gridone/storage/query/cursor.hpp>

#include <optional>

namespace gridone::storage::inline v0 {

/// What `explain` tells of a query.
struct ExplainOptions {
    /// Runs it, and tells what it took: rows, time, buffers.
    bool run = false;

    /// Of the page that begins behind this cursor.
    std::optional<Cursor> from = std::nullopt;
};

}  // namespace gridone::storage::inline v0

#endif
