// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_CHANGEABLE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_CHANGEABLE_HPP

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/literal.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What an array in T holds.
template <class T>
struct ElementOf {
    using type = nlohmann::json;
};
template <IsSequence T>
struct ElementOf<T> {
    using type = std::ranges::range_value_t<T>;
};

template <class V, class T>
concept AddendOf = IsNumber<std::remove_cvref_t<V>> && (IsNumber<T> || is_any_json<T>);
template <class V, class T>
concept ElementLiteralOf = (IsSequence<T> || is_any_json<T>) && LiteralOf<V, typename ElementOf<T>::type>;

/// The changes of a field. `Self` has `keys()`; M is its model, T its type. What a field does not offer is deleted
/// rather than missing, since compilers show the line of what was deleted, and so its reason.
template <class Self, class M, class T>
class Changeable {
    // Of what no struct describes, and of what holds any JSON, nobody can say that it is never null.
    static constexpr bool may_be_null = IsOptional<T> || std::same_as<M, AnyModel> || is_any_json<T>;
    using Settable = std::conditional_t<may_be_null && !IsOptional<T>, std::optional<T>, T>;

public:
    /// Stores the value, whatever was there. `nullopt` stores null, in fields that are optional and in paths.
    /// @throws InvalidInputError  a number that the field's integer type cannot hold.
    template <class V = T>
        requires LiteralOf<V, Settable>
    [[nodiscard]] Change<M> set(V&& value) const {
        return change(ChangeKind::set, literal<Settable>(std::forward<V>(value)));
    }
    template <class V>
        requires(!LiteralOf<V, Settable>)
    void set(V&&) const = delete;  // gridone::storage: the field's type cannot hold this (nullopt: if it is optional)

    template <class V>
    void operator=(const V&) const = delete;  // gridone::storage: compare with ==, change with set(value)

    /// Takes the key away; nothing happens where it is not there.
    [[nodiscard]] Change<M> unset() const { return change(ChangeKind::unset, nullptr); }

    /// Adds to the stored number, in the type of the field; to 0 where there is none. A result that the type cannot
    /// hold refuses the patch. A path to any json counts in 64 bits if `by` is an integer, and in double if not.
    /// @throws InvalidInputError  a fraction, where the field is an integer.
    template <class V>
        requires AddendOf<V, Held<T>>
    [[nodiscard]] Change<M> increment(V by) const {
        return change(ChangeKind::increment, addend<Held<T>>(by), number_type_of<Held<T>, V>());
    }
    template <class V>
        requires(!AddendOf<V, Held<T>>)
    void increment(V&&) const = delete;  // gridone::storage: only a number is incremented, and by a number

    /// Puts the element at the end of the stored array; of an empty one where there is none.
    template <class V = typename ElementOf<Held<T>>::type>
        requires ElementLiteralOf<V, Held<T>>
    [[nodiscard]] Change<M> append(V&& element) const {
        return change(ChangeKind::append, literal<typename ElementOf<Held<T>>::type>(std::forward<V>(element)));
    }
    template <class V>
        requires(!ElementLiteralOf<V, Held<T>>)
    void append(V&&) const = delete;  // gridone::storage: only to a sequence of such elements

    /// Takes every equal element out of the stored array.
    template <class V = typename ElementOf<Held<T>>::type>
        requires ElementLiteralOf<V, Held<T>>
    [[nodiscard]] Change<M> remove_value(V&& element) const {
        return change(ChangeKind::remove_value, literal<typename ElementOf<Held<T>>::type>(std::forward<V>(element)));
    }
    template <class V>
        requires(!ElementLiteralOf<V, Held<T>>)
    void remove_value(V&&) const = delete;  // gridone::storage: only from a sequence of such elements

private:
    friend Self;
    constexpr Changeable() = default;

    [[nodiscard]] Change<M> change(ChangeKind kind, nlohmann::json value, NumberType number = {}) const {
        FieldChange spec{.kind = kind, .number = number};
        for (const std::string_view key : static_cast<const Self&>(*this).keys()) spec.path.emplace_back(key);
        spec.value = std::move(value);
        return Change<M>{std::move(spec)};
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
