// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_FILTER_HPP
#define GRIDONE_STORAGE_QUERY_FILTER_HPP

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

/// Which documents of M: a plain value, `device::site == "lyon" && device::note.is_null()`. A filter made of nothing is
/// everything. A field that is missing, null or of another kind has no value: a comparison with it is false, `is_null`
/// is true.
template <class M>
class Filter {
public:
    /// Everything.
    Filter() : node_{std::make_shared<const detail::FilterNode>()} {}
    explicit Filter(detail::FilterNode node) : node_{std::make_shared<const detail::FilterNode>(std::move(node))} {}

    /// A filter on a base of M, or on paths.
    template <class From>
        requires(!std::same_as<From, M> && detail::FieldModel<From, M>)
    Filter(const Filter<From>& other)  // NOLINT(google-explicit-constructor): it is one of M as well
        : node_{other.node()} {}

    Filter& operator&=(const Filter& other) {
        *this = both(*this, other);
        return *this;
    }

    [[nodiscard]] const detail::FilterPointer& node() const noexcept { return node_; }

    friend Filter operator&&(const Filter& a, const Filter& b) { return both(a, b); }

private:
    static Filter both(const Filter& a, const Filter& b) {
        return Filter{detail::FilterNode{.kind = detail::FilterNode::Kind::all_of, .parts = {a.node(), b.node()}}};
    }

    detail::FilterPointer node_;
};

template <class A, class B>
    requires(!std::same_as<A, B> && detail::FieldModel<A, B>)
[[nodiscard]] Filter<B> operator&&(const Filter<A>& a, const Filter<B>& b) {
    return Filter<B>{a} && b;
}
template <class A, class B>
    requires(!std::same_as<A, B> && !detail::FieldModel<A, B> && detail::FieldModel<B, A>)
[[nodiscard]] Filter<A> operator&&(const Filter<A>& a, const Filter<B>& b) {
    return a && Filter<A>{b};
}

}  // namespace gridone::storage::inline v0

#endif
