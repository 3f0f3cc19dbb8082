// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_COMPARISON_OPERATORS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_COMPARISON_OPERATORS_HPP

#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/filter.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

template <class F>
concept IsField = requires {
    typename F::model_type;
    typename F::value_type;
    requires std::derived_from<F, Comparable<F, typename F::model_type, typename F::value_type>>;
};

template <class T>
concept HasEquality = IsComparable<T> || std::same_as<T, Version>;

/// Two types whose values are of one kind.
template <class A, class B>
concept SameKind = (IsNumber<A> && IsNumber<B>) || (IsText<A> && IsText<B>) || (IsTime<A> && IsTime<B>) ||
                   (std::same_as<A, B> && HasEquality<A>);

template <class F>
using ValueOf = Held<typename F::value_type>;

/// Whether two operands, at least one of them a field, are of one kind, and, if asked for, of one that has an order.
template <class L, class R>
consteval bool can_compare(bool with_order) {
    if constexpr (IsField<L> && IsField<R>) {
        using A = typename L::model_type;
        using B = typename R::model_type;
        return SameKind<ValueOf<L>, ValueOf<R>> && (FieldModel<A, B> || FieldModel<B, A>) &&
               (!with_order || IsOrdered<ValueOf<L>>);
    } else if constexpr (IsField<L>) {
        return HasEquality<ValueOf<L>> && ComparedWith<const R&, ValueOf<L>> && (!with_order || IsOrdered<ValueOf<L>>);
    } else {
        return can_compare<R, L>(with_order);
    }
}

template <class L, class R>
concept HasField = IsField<L> || IsField<R>;
template <class L, class R>
concept EqualityOf = HasField<L, R> && can_compare<L, R>(false);
template <class L, class R>
concept OrderOf = HasField<L, R> && can_compare<L, R>(true);

template <class L, class R>
auto compared(const L& left, Comparison comparison, const R& right) {
    if constexpr (IsField<L> && IsField<R>) {
        FilterNode node{.kind = FilterNode::Kind::compare, .field = place_of(left), .comparison = comparison};
        node.other = place_of(right);
        using Model = CommonModelOf<typename L::model_type, typename R::model_type>;
        return Filter<Model>{std::make_shared<const FilterNode>(std::move(node))};
    } else if constexpr (IsField<L>) {
        return left.compared(comparison, right);
    } else {
        return right.compared(mirrored(comparison), left);
    }
}

}  // namespace detail

/// The comparison of a field with a value, of a value with a field, and of two fields of one kind and model.
/// @throws InvalidInputError  a value that the field's type or JSON cannot hold.
template <class L, class R>
    requires detail::EqualityOf<L, R>
[[nodiscard]] auto operator==(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::equal, right);
}
template <class L, class R>
    requires detail::EqualityOf<L, R>
[[nodiscard]] auto operator!=(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::not_equal, right);
}
template <class L, class R>
    requires detail::OrderOf<L, R>
[[nodiscard]] auto operator<(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::less, right);
}
template <class L, class R>
    requires detail::OrderOf<L, R>
[[nodiscard]] auto operator<=(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::less_equal, right);
}
template <class L, class R>
    requires detail::OrderOf<L, R>
[[nodiscard]] auto operator>(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::greater, right);
}
template <class L, class R>
    requires detail::OrderOf<L, R>
[[nodiscard]] auto operator>=(const L& left, const R& right) {
    return detail::compared(left, detail::Comparison::greater_equal, right);
}

template <class L, class R>
    requires(detail::HasField<L, R> && !detail::EqualityOf<L, R>)
void operator==(const L&, const R&) = delete;  // gridone::storage: not of one kind (for null: is_null())
template <class L, class R>
    requires(detail::HasField<L, R> && !detail::EqualityOf<L, R>)
void operator!=(const L&, const R&) = delete;  // gridone::storage: not of one kind (for null: is_null())
template <class L, class R>
    requires(detail::HasField<L, R> && !detail::OrderOf<L, R>)
void operator<(const L&, const R&) = delete;  // gridone::storage: not of one kind that has an order
template <class L, class R>
    requires(detail::HasField<L, R> && !detail::OrderOf<L, R>)
void operator<=(const L&, const R&) = delete;  // gridone::storage: not of one kind that has an order
template <class L, class R>
    requires(detail::HasField<L, R> && !detail::OrderOf<L, R>)
void operator>(const L&, const R&) = delete;  // gridone::storage: not of one kind that has an order
template <class L, class R>
    requires(detail::HasField<L, R> && !detail::OrderOf<L, R>)
void operator>=(const L&, const R&) = delete;  // gridone::storage: not of one kind that has an order

}  // namespace gridone::storage::inline v0

#endif
