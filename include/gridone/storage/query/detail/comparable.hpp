// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_COMPARABLE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_COMPARABLE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/changeable.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/value_kind_of.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What a map in T holds.
template <class T>
struct MappedOf {
    using type = nlohmann::json;
};
template <IsMap T>
struct MappedOf<T> {
    using type = typename T::mapped_type;
};

template <class V, class T>
concept ElementComparedWith =
    IsSequence<T> && IsComparable<typename ElementOf<T>::type> && ComparedWith<V, typename ElementOf<T>::type>;
template <class V, class T>
concept MappedComparedWith =
    IsMap<T> && IsComparable<typename MappedOf<T>::type> && ComparedWith<V, typename MappedOf<T>::type>;

/// The conditions on a field that are no operators. `Self` is a field; M is its model, T its type. What a field does not
/// offer is deleted rather than missing, since compilers show the line of what was deleted, and so its reason.
template <class Self, class M, class T>
class Comparable {
    using Value = Held<T>;
    using Kind = FilterNode::Kind;

public:
    /// Whether the field has no value: is missing, null or of another kind.
    [[nodiscard]] Filter<M> is_null() const { return filter({.kind = Kind::is_null}); }

    /// Whether the field has one of these values. Of none: false.
    /// @throws InvalidInputError  a value that the field's type or JSON cannot hold.
    template <std::ranges::input_range Values>
        requires((IsComparable<Value> || std::same_as<Value, Version>) &&
                 ComparedWith<std::ranges::range_reference_t<const Values&>, Value>)
    [[nodiscard]] Filter<M> in(const Values& values) const {
        const ValueKind kind = kind_of<Value>();
        FilterNode node{.kind = Kind::in};
        node.literal = nlohmann::json::array();
        for (auto&& value : values) node.literal.push_back(compared_literal<Value>(value));
        auto& all = node.literal.template get_ref<nlohmann::json::array_t&>();
        std::ranges::sort(all, [kind](const auto& a, const auto& b) { return compare_values(a, b, kind) < 0; });
        const auto same =
            std::ranges::unique(all, [kind](const auto& a, const auto& b) { return compare_values(a, b, kind) == 0; });
        all.erase(same.begin(), same.end());
        return filter(std::move(node));
    }
    template <class V = Value>
        requires((IsComparable<Value> || std::same_as<Value, Version>) && ComparedWith<const V&, Value>)
    [[nodiscard]] Filter<M> in(std::initializer_list<V> values) const {
        return in(std::ranges::subrange{values.begin(), values.end()});
    }
    [[nodiscard]] Filter<M> in(std::initializer_list<Value> values) const  // of several types that are one here
        requires(IsComparable<Value> || std::same_as<Value, Version>)
    {
        return in(std::ranges::subrange{values.begin(), values.end()});
    }
    template <class Values>
    void in(const Values&) const = delete;  // gridone::storage: a range of values that the field can have
    template <class V>
    void in(std::initializer_list<V>) const = delete;  // gridone::storage: values that the field can have

    /// Whether the value is neither less than the one nor greater than the other.
    template <class Low, class High>
        requires(IsOrdered<Value> && ComparedWith<const Low&, Value> && ComparedWith<const High&, Value>)
    [[nodiscard]] Filter<M> between(const Low& lowest, const High& highest) const {
        return compared(Comparison::greater_equal, lowest) && compared(Comparison::less_equal, highest);
    }
    template <class... Values>
    void between(const Values&...) const = delete;  // gridone::storage: two values of a field with an order

    /// Whether the text begins so, byte by byte.
    template <class V>
        requires(IsText<Value> && ComparedWith<const V&, std::string>)
    [[nodiscard]] Filter<M> starts_with(const V& text) const {
        return with_literal<std::string>(Kind::starts_with, text);
    }
    template <class V>
    void starts_with(const V&) const = delete;  // gridone::storage: of a text field, with a text

    /// Whether this stands somewhere in the text; whether the sequence has such an element.
    template <class V>
        requires((IsText<Value> && ComparedWith<const V&, std::string>) || ElementComparedWith<const V&, Value>)
    [[nodiscard]] Filter<M> contains(const V& value) const {
        if constexpr (IsText<Value>) {
            return with_literal<std::string>(Kind::contains, value);
        } else {
            return with_literal<typename ElementOf<Value>::type>(Kind::has_element, value);
        }
    }
    template <class V>
    void contains(const V&) const = delete;  // gridone::storage: a text in a text field, or an element of a sequence

    /// Whether the map has the key, whatever it holds.
    template <class V>
        requires(IsMap<Value> && ComparedWith<const V&, std::string>)
    [[nodiscard]] Filter<M> contains_key(const V& key) const {
        return with_literal<std::string>(Kind::has_key, key);
    }
    template <class V>
    void contains_key(const V&) const = delete;  // gridone::storage: of a map field, with a text

    /// Whether the map holds the value under some key.
    template <class V>
        requires MappedComparedWith<const V&, Value>
    [[nodiscard]] Filter<M> contains_value(const V& value) const {
        return with_literal<typename MappedOf<Value>::type>(Kind::has_value, value);
    }
    template <class V>
    void contains_value(const V&) const = delete;  // gridone::storage: of a map field, with a value that it can hold

    /// Whether the filter is true of an element of the sequence, or of what the map holds under some key: a filter on
    /// fields of the element's model, or on `element<T>`.
    template <class E>
        requires(IsSequence<Value> && FieldModel<E, typename ElementOf<Value>::type>)
    [[nodiscard]] Filter<M> any(const Filter<E>& of_element) const {
        return Filter<M>{combined({.kind = Kind::any_element, .field = place(), .parts = {of_element.node()}})};
    }
    template <class E>
        requires(IsMap<Value> && FieldModel<E, typename MappedOf<Value>::type>)
    [[nodiscard]] Filter<M> any(const Filter<E>& of_value) const {
        return Filter<M>{combined({.kind = Kind::any_value, .field = place(), .parts = {of_value.node()}})};
    }
    template <class E>
    void any(const E&) const = delete;  // gridone::storage: of a sequence or a map, with a filter on what it holds

    /// The order by this field: numbers by value, texts by bytes, times by the moment, false before true.
    [[nodiscard]] Order<M> ascending() const
        requires(IsOrdered<Value> || std::same_as<Value, bool>)
    {
        return Order<M>{OrderKey{.field = place()}};
    }
    template <class...>
    void ascending() const = delete;  // gridone::storage: values of this field have no order

    /// The same backwards.
    [[nodiscard]] Order<M> descending() const
        requires(IsOrdered<Value> || std::same_as<Value, bool>)
    {
        return Order<M>{OrderKey{.field = place(), .descending = true}};
    }
    template <class...>
    void descending() const = delete;  // gridone::storage: values of this field have no order

    explicit operator bool() const = delete;  // gridone::storage: a field is no condition: compare it, field == true

    /// The comparison with a value, for the operators.
    template <class V>
    [[nodiscard]] Filter<M> compared(Comparison comparison, const V& value) const {
        return filter({.comparison = comparison, .literal = compared_literal<Value>(value)});
    }

private:
    friend Self;
    constexpr Comparable() = default;

    [[nodiscard]] FieldPlace place() const { return place_of(static_cast<const Self&>(*this)); }

    [[nodiscard]] Filter<M> filter(FilterNode node) const {
        if (node.kind == Kind::all_of) node.kind = Kind::compare;
        node.field = place();
        return Filter<M>{std::make_shared<const FilterNode>(std::move(node))};
    }

    template <class E, class V>
    [[nodiscard]] Filter<M> with_literal(Kind kind, const V& value) const {
        return filter({.kind = kind, .literal = compared_literal<E>(value)});
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
