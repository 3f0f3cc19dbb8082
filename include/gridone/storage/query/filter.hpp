// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_FILTER_HPP
#define GRIDONE_STORAGE_QUERY_FILTER_HPP

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

/// Which documents of M: a plain value, `device::site == "lyon" && !(device::floor > 3)`. A filter made of nothing is
/// everything. A field that is missing, null or of another kind has no value: every comparison with it is false, `!=`
/// as well; `is_null()` is true. `!` turns what a filter says around, whatever it says.
///
/// Numbers are compared as exact decimals, texts by bytes, times by the moment. A value can be used from any number of
/// threads.
template <class M>
class Filter {
public:
    /// Everything.
    Filter() : node_{std::make_shared<const detail::FilterNode>()} {}
    explicit Filter(detail::FilterPointer node) noexcept : node_{std::move(node)} {}

    // A move copies: what was moved from stays usable.
    Filter(const Filter&) = default;
    Filter& operator=(const Filter&) = default;
    ~Filter() = default;

    /// A filter on a base of M, or on paths.
    template <class From>
        requires(!std::same_as<From, M> && detail::FieldModel<From, M>)
    Filter(const Filter<From>& other)  // NOLINT(google-explicit-constructor): it is one of M as well
        : node_{other.node()} {}
    template <class From>
        requires(!std::same_as<From, M> && !detail::FieldModel<From, M>)
    Filter(const Filter<From>&) = delete;  // gridone::storage: this is a filter on another model

    /// @throws InvalidInputError  nested deeper than 200 levels; chains of one operator are one level.
    Filter& operator&=(const Filter& other) { return *this = *this && other; }
    Filter& operator|=(const Filter& other) { return *this = *this || other; }

    friend Filter operator&&(const Filter& a, const Filter& b) { return both(Kind::all_of, a, b); }
    friend Filter operator||(const Filter& a, const Filter& b) { return both(Kind::any_of, a, b); }
    [[nodiscard]] Filter operator!() const {
        return Filter{detail::combined({.kind = Kind::negation, .parts = {node_}})};
    }

    explicit operator bool() const = delete;  // gridone::storage: a filter joins filters only, and is no bool
    template <class V>
    void operator<(const V&) const = delete;  // gridone::storage: no chain of comparisons: between(low, high)
    template <class V>
    void operator<=(const V&) const = delete;  // gridone::storage: no chain of comparisons: between(low, high)
    template <class V>
    void operator>(const V&) const = delete;  // gridone::storage: no chain of comparisons: between(low, high)
    template <class V>
    void operator>=(const V&) const = delete;  // gridone::storage: no chain of comparisons: between(low, high)

    [[nodiscard]] const detail::FilterPointer& node() const noexcept { return node_; }

private:
    using Kind = detail::FilterNode::Kind;

    static Filter both(Kind kind, const Filter& a, const Filter& b) {
        return Filter{detail::combined({.kind = kind, .parts = {a.node(), b.node()}})};
    }

    detail::FilterPointer node_;
};

namespace detail {

/// The model of what is made of fields of these two: the derived one, as a field of a base is one of it as well.
template <class A, class B>
struct CommonModel {};
template <class A, class B>
    requires FieldModel<A, B>
struct CommonModel<A, B> {
    using type = B;
};
template <class A, class B>
    requires(!FieldModel<A, B> && FieldModel<B, A>)
struct CommonModel<A, B> {
    using type = A;
};
template <class A>
struct CommonModel<A, A> {
    using type = A;
};
template <class A, class B>
using CommonModelOf = typename CommonModel<A, B>::type;

}  // namespace detail

template <class A, class B>
    requires(!std::same_as<A, B>) && requires { typename detail::CommonModelOf<A, B>; }
[[nodiscard]] auto operator&&(const Filter<A>& a, const Filter<B>& b) {
    using Both = Filter<detail::CommonModelOf<A, B>>;
    return Both{a} && Both{b};
}
template <class A, class B>
    requires(!std::same_as<A, B>) && requires { typename detail::CommonModelOf<A, B>; }
[[nodiscard]] auto operator||(const Filter<A>& a, const Filter<B>& b) {
    using Both = Filter<detail::CommonModelOf<A, B>>;
    return Both{a} || Both{b};
}
template <class A, class B>
    requires(!std::same_as<A, B> && !detail::FieldModel<A, B> && !detail::FieldModel<B, A>)
void operator&&(const Filter<A>&, const Filter<B>&) = delete;  // gridone::storage: filters on two models
template <class A, class B>
    requires(!std::same_as<A, B> && !detail::FieldModel<A, B> && !detail::FieldModel<B, A>)
void operator||(const Filter<A>&, const Filter<B>&) = delete;  // gridone::storage: filters on two models

}  // namespace gridone::storage::inline v0

#endif
