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

/// Whether two operands, at least one of them a field, can be compared, or why not.
enum class Verdict { fine, two_models, not_comparable, two_kinds };

template <class L, class R>
consteval Verdict verdict(bool with_order) {
    if constexpr (!IsField<L>) {
        return verdict<R, L>(with_order);
    } else {
        bool same_kind = false;
        if constexpr (IsField<R>) {
            using A = typename L::model_type;
            using B = typename R::model_type;
            if (!FieldModel<A, B> && !FieldModel<B, A>) return Verdict::two_models;
            same_kind = SameKind<ValueOf<L>, ValueOf<R>>;
        } else {
            same_kind = ComparedWith<const R&, ValueOf<L>>;
        }
        if (with_order ? !IsOrdered<ValueOf<L>> : !HasEquality<ValueOf<L>>) return Verdict::not_comparable;
        return same_kind ? Verdict::fine : Verdict::two_kinds;
    }
}

template <class L, class R>
concept HasField = IsField<L> || IsField<R>;
template <class L, class R, Verdict Which = Verdict::fine>
concept EqualityOf = HasField<L, R> && verdict<L, R>(false) == Which;
template <class L, class R, Verdict Which = Verdict::fine>
concept OrderOf = HasField<L, R> && verdict<L, R>(true) == Which;

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
    requires detail::EqualityOf<L, R, detail::Verdict::two_kinds>
void operator==(const L&, const R&) = delete;  // gridone::storage: not of one kind (for null: is_null())
template <class L, class R>
    requires detail::EqualityOf<L, R, detail::Verdict::two_kinds>
void operator!=(const L&, const R&) = delete;  // gridone::storage: not of one kind (for null: is_null())
template <class L, class R>
    requires detail::EqualityOf<L, R, detail::Verdict::not_comparable>
void operator==(const L&, const R&) = delete;  // gridone::storage: no == or != on such a field (contains, any, is_null)
template <class L, class R>
    requires detail::EqualityOf<L, R, detail::Verdict::not_comparable>
void operator!=(const L&, const R&) = delete;  // gridone::storage: no == or != on such a field (contains, any, is_null)
template <class L, class R>
    requires detail::EqualityOf<L, R, detail::Verdict::two_models>
void operator==(const L&, const R&) = delete;  // gridone::storage: fields of two models
template <class L, class R>
    requires detail::EqualityOf<L, R, detail::Verdict::two_models>
void operator!=(const L&, const R&) = delete;  // gridone::storage: fields of two models

template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_kinds>
void operator<(const L&, const R&) = delete;  // gridone::storage: not of one kind
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_kinds>
void operator<=(const L&, const R&) = delete;  // gridone::storage: not of one kind
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_kinds>
void operator>(const L&, const R&) = delete;  // gridone::storage: not of one kind
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_kinds>
void operator>=(const L&, const R&) = delete;  // gridone::storage: not of one kind
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::not_comparable>
void operator<(const L&, const R&) = delete;  // gridone::storage: values of this field have no order
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::not_comparable>
void operator<=(const L&, const R&) = delete;  // gridone::storage: values of this field have no order
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::not_comparable>
void operator>(const L&, const R&) = delete;  // gridone::storage: values of this field have no order
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::not_comparable>
void operator>=(const L&, const R&) = delete;  // gridone::storage: values of this field have no order
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_models>
void operator<(const L&, const R&) = delete;  // gridone::storage: fields of two models
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_models>
void operator<=(const L&, const R&) = delete;  // gridone::storage: fields of two models
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_models>
void operator>(const L&, const R&) = delete;  // gridone::storage: fields of two models
template <class L, class R>
    requires detail::OrderOf<L, R, detail::Verdict::two_models>
void operator>=(const L&, const R&) = delete;  // gridone::storage: fields of two models

}  // namespace gridone::storage::inline v0

#endif
