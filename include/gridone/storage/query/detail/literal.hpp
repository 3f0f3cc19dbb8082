// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_LITERAL_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_LITERAL_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

template <class T>
struct WithoutOptional {
    using type = T;
    static constexpr bool is_optional = false;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
    using type = T;
    static constexpr bool is_optional = true;
};

/// What a field of type T holds, if it holds something.
template <class T>
using Held = typename WithoutOptional<T>::type;

template <class T>
concept IsOptional = WithoutOptional<T>::is_optional;

template <class T>
inline constexpr bool is_any_json = std::same_as<T, nlohmann::json>;

template <class T>
concept IsText = std::same_as<T, std::string> || std::same_as<T, std::string_view>;

template <class T>
concept IsNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

/// A sequence in JSON that can grow: a vector, a list, a set; no text, no map, no array of fixed size. (A path of the
/// file system is a range of paths.)
template <class T>
concept IsSequence = std::ranges::range<T> && !IsText<T> && !is_any_json<T> && requires(T& value) { value.clear(); } &&
                     !requires { typename T::mapped_type; } && !std::same_as<std::ranges::range_value_t<T>, T>;

/// What can be written where a T is meant that is no optional: for text whatever is one, for a bool nothing else, so
/// that no pointer becomes one, and no bool a number.
template <class V, class T>
concept LiteralOfHeld =
    (IsText<T> && std::convertible_to<V, std::string_view> && !std::same_as<std::remove_cvref_t<V>, std::nullptr_t>) ||
    (std::same_as<T, bool> && std::same_as<std::remove_cvref_t<V>, bool>) ||
    (!IsText<T> && !std::same_as<T, bool> && !(IsNumber<T> && std::same_as<std::remove_cvref_t<V>, bool>) &&
     std::convertible_to<V, T>);

/// What is null where a T is meant, always or sometimes.
template <class V, class T>
concept NullableLiteralOf =
    std::same_as<std::remove_cvref_t<V>, std::nullopt_t> ||
    (IsOptional<std::remove_cvref_t<V>> && LiteralOfHeld<Held<std::remove_cvref_t<V>>, Held<T>>);

/// What can be written where a T is meant.
template <class V, class T>
concept LiteralOf = LiteralOfHeld<V, Held<T>> || (IsOptional<T> && NullableLiteralOf<V, T>);

[[noreturn]] inline void refuse_number() {
    throw InvalidInputError{"a number that the field's type cannot hold"};
}

/// Whether the integer type T can hold the number, which loses nothing then; of another type, whether it is in its range.
template <IsNumber T, IsNumber V>
bool can_hold(V value) {
    if constexpr (std::floating_point<T>) {
        return !std::isfinite(value) || std::isfinite(static_cast<T>(value));
    } else if constexpr (std::integral<V>) {
        using Limits = std::numeric_limits<T>;
        return !std::cmp_less(+value, +Limits::min()) && !std::cmp_greater(+value, +Limits::max());
    } else {
        using Limits = std::numeric_limits<T>;
        constexpr V beyond = static_cast<V>(std::uint64_t{1} << (Limits::digits - 1)) * 2;  // the maximum is inexact
        return value >= static_cast<V>(Limits::min()) && value < beyond && value == std::trunc(value);
    }
}
template <IsNumber T>
bool can_hold(const nlohmann::json& value) {
    if (value.is_number_unsigned()) return can_hold<T>(value.get<std::uint64_t>());
    if (value.is_number_integer()) return can_hold<T>(value.get<std::int64_t>());
    return value.is_number_float() && can_hold<T>(value.get<double>());
}

/// Refuses a number that an integer type cannot hold. @throws InvalidInputError
template <IsNumber T, class V>
void check_range(const V& value) {
    if constexpr (std::integral<T> || is_any_json<V>) {
        if (!can_hold<T>(value)) refuse_number();
    }
}

/// The JSON of a literal for a T. @throws InvalidInputError  a number that the integer type T cannot hold
template <class T, class V>
nlohmann::json literal(V&& value) {
    using Given = std::remove_cvref_t<V>;
    if constexpr (std::same_as<Given, std::nullopt_t>) {
        return nullptr;
    } else if constexpr (IsOptional<Given>) {
        if (!value) return nullptr;
        return literal<T>(*std::forward<V>(value));
    } else if constexpr (IsText<Held<T>>) {
        return nlohmann::json(std::string{std::string_view{value}});
    } else {
        if constexpr (IsNumber<Held<T>> && (IsNumber<Given> || is_any_json<Given>)) {
            check_range<Held<T>>(value);
        } else if constexpr (IsNumber<Held<T>> && std::is_enum_v<Given>) {
            check_range<Held<T>>(static_cast<std::underlying_type_t<Given>>(value));
        }
        return json_tree(static_cast<Held<T>>(std::forward<V>(value)));
    }
}

/// The JSON of what is added to a T, which may be negative where T is not. Of any json: as it is given.
/// @throws InvalidInputError  a fraction where T is an integer type
template <class T, IsNumber V>
nlohmann::json addend(V by) {
    if constexpr (std::floating_point<T>) {
        return nlohmann::json(static_cast<double>(static_cast<T>(by)));
    } else if constexpr (std::integral<V>) {
        return nlohmann::json(+by);
    } else if constexpr (is_any_json<T>) {
        return nlohmann::json(static_cast<double>(by));
    } else if (by < 0) {
        check_range<std::int64_t>(by);
        return nlohmann::json(static_cast<std::int64_t>(by));
    } else {
        check_range<std::uint64_t>(by);
        return nlohmann::json(static_cast<std::uint64_t>(by));
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
