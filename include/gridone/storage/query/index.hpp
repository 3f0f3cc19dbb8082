// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_INDEX_HPP
#define GRIDONE_STORAGE_QUERY_INDEX_HPP

#include <gridone/storage/query/detail/index_choice.hpp>
#include <gridone/storage/query/query.hpp>

#include <utility>

namespace gridone::storage::inline v0 {

/// An index on documents of M, ready for `document_table<M>(…).index(index)`: a plain value.
template <class M>
class Index {
public:
    /// For `index_for`, which is how users come to one.
    explicit Index(detail::IndexRule rule) : rule_{std::move(rule)} {}

    // A move copies: what was moved from stays usable.
    Index(const Index&) = default;
    Index& operator=(const Index&) = default;
    ~Index() = default;

    /// What it is about, still without a name.
    [[nodiscard]] const detail::IndexRule& rule() const noexcept { return rule_; }

    friend bool operator==(const Index&, const Index&) = default;

private:
    detail::IndexRule rule_;
};

/// The index that serves a query, its pages and its order backwards:
/// `document_table<Device>("devices").index(index_for(warm))`. Whatever values the query compares with, it is the same.
///
/// First come the fields that have to equal a value, then those of the order, the id, and those that are compared
/// otherwise; without an order, what is compared comes before the id. `is_null()` and its negation become the index's
/// condition. What is compared otherwise than the order goes is looked up along the order, so a page costs more the less of
/// what it passes meets it. What stands below `||` or `!`, conditions on what sequences and maps hold, `contains` on text and
/// comparisons of two fields are not in it: the server looks at the documents that it finds by the rest.
///
/// The server can create it: it ends before the 33rd field, and before what would not fit into a row of the catalog, such as
/// a fourth time. A time with a column of its own (`with_column`) is cheaper to compare.
template <class M>
[[nodiscard]] Index<M> index_for(const Query<M>& query) {
    return Index<M>{detail::index_choice(query.spec())};
}

}  // namespace gridone::storage::inline v0

#endif
