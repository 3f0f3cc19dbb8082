// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_PAGE_HPP
#define GRIDONE_STORAGE_QUERY_PAGE_HPP

#include <gridone/storage/core/document.hpp>
#include <gridone/storage/query/cursor.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace gridone::storage::inline v0 {

/// A part of what a query gives.
template <class M>
struct Page {
    std::vector<Document<M>> items;
    std::optional<Cursor> next;        ///< For the next page; nothing at the end.
    std::optional<std::size_t> total;  ///< With `with_total`: how many documents the filter is true of.
};

/// For `page(with_total)`: counts as well, which the server does by visiting each of them.
struct WithTotal {};
inline constexpr WithTotal with_total{};

}  // namespace gridone::storage::inline v0

#endif
