// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_COMPARABLE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_COMPARABLE_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/query/detail/changeable.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/filter.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What has an order or at least equality in JSON: numbers, text, booleans, enums.
template <class T>
concept IsComparable = IsNumber<T> || IsText<T> || std::same_as<T, bool> || std::is_enum_v<T>;

/// The kind in JSON of a value whose type alone does not tell: an enum is what its to_json makes of it.
template <class T>
ValueKind kind_of() {
    if constexpr (IsNumber<T>) {
        return ValueKind::number;
    } else if constexpr (IsText<T>) {
        return ValueKind::text;
    } else if constexpr (std::same_as<T, bool>) {
        return ValueKind::boolean;
    } else {
        return nlohmann::json(T{}).is_string() ? ValueKind::text : ValueKind::number;
    }
}

/// What rules and conditions see of a field.
template <class F>
FieldPlace place_of(const F& field) {
    FieldPlace place;
    for (const std::string_view key : field.keys()) place.keys.emplace_back(key);
    place.kind = kind_of<Held<typename F::value_type>>();
    return place;
}

/// The conditions on a field. `Self` has `keys()`; M is its model, T its type.
template <class Self, class M, class T>
class Comparable {
public:
    /// Whether the field has no value: is missing, null or of another kind.
    [[nodiscard]] Filter<M> is_null() const
        requires(IsComparable<Held<T>>)
    {
        return Filter<M>{FilterNode{.kind = FilterNode::Kind::is_null, .field = place_of(self())}};
    }

    /// Whether the field has this value. @throws InvalidInputError  a literal that JSON cannot hold
    template <class V>
        requires(IsComparable<Held<T>> && LiteralOfHeld<V, Held<T>>)
    [[nodiscard]] friend Filter<M> operator==(const Self& field, const V& value) {
        FilterNode node{.kind = FilterNode::Kind::equal, .field = place_of(field)};
        node.literal = literal<Held<T>>(value);
        (void)canonical_json(node.literal);
        return Filter<M>{std::move(node)};
    }
    template <class V>
        requires(IsComparable<Held<T>> && LiteralOfHeld<V, Held<T>>)
    [[nodiscard]] friend Filter<M> operator==(const V& value, const Self& field) {
        return field == value;
    }

private:
    friend Self;
    constexpr Comparable() = default;

    const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

}  // namespace gridone::storage::inline v0::detail

#endif
