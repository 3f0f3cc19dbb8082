// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_VALUE_KIND_OF_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_VALUE_KIND_OF_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/changeable.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/literal.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

template <class T>
struct IsSysTime : std::false_type {};
template <class Duration>
struct IsSysTime<std::chrono::sys_time<Duration>> : std::true_type {};

template <class T>
concept IsTime = std::same_as<T, Timestamp> || IsSysTime<T>::value;

/// A map in JSON: an object of any keys.
template <class T>
concept IsMap = std::ranges::range<T> && requires { typename T::mapped_type; } &&
                std::convertible_to<const typename T::key_type&, std::string_view>;

/// What has an order: numbers, text, times.
template <class T>
concept IsOrdered = IsNumber<T> || IsText<T> || IsTime<T>;

/// What has at least equality: booleans and enums as well.
template <class T>
concept IsComparable = IsOrdered<T> || std::same_as<T, bool> || std::is_enum_v<T>;

/// The kind in JSON of a T. An enum is what its to_json makes of it.
template <class T>
ValueKind kind_of() {
    if constexpr (IsNumber<T> || std::same_as<T, Version>) {
        return ValueKind::number;
    } else if constexpr (IsText<T>) {
        return ValueKind::text;
    } else if constexpr (std::same_as<T, bool>) {
        return ValueKind::boolean;
    } else if constexpr (IsTime<T>) {
        return ValueKind::time;
    } else if constexpr (std::is_enum_v<T>) {
        return nlohmann::json(T{}).is_string() ? ValueKind::text : ValueKind::number;
    } else if constexpr (IsSequence<T>) {
        return ValueKind::array;
    } else if constexpr (IsMap<T>) {
        return ValueKind::object;
    } else {
        return ValueKind::any;
    }
}

/// What conditions, orders and rules see of a field. @throws InvalidInputError  a key that no document can have
template <class F>
    requires requires(const F& field) { field.keys(); }
FieldPlace place_of(const F& field) {
    FieldPlace place;
    for (const std::string_view key : field.keys()) place.keys.emplace_back(key);
    check_keys(place.keys);
    place.kind = kind_of<Held<typename F::value_type>>();
    return place;
}

/// The JSON of a value that is compared with a T: as it would be stored.
/// @throws InvalidInputError  what T cannot hold, and what JSON cannot.
template <class T, class V>
nlohmann::json compared_literal(V&& value) {
    using Given = std::remove_cvref_t<V>;
    if constexpr (IsTime<T> && IsSysTime<Given>::value) {
        return nlohmann::json(to_iso(value));  // not as a T: a far day is beyond the microseconds of 64 bits
    } else if constexpr (IsTime<T>) {
        return nlohmann::json(to_iso(Timestamp{static_cast<T>(std::forward<V>(value))}.time()));
    } else if constexpr (std::same_as<T, Version>) {
        const std::string text = static_cast<const Version&>(value).text();
        std::int64_t number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return nlohmann::json(number);
    } else {
        if constexpr (std::floating_point<T> && IsNumber<Given>) {
            if (!can_hold<T>(value)) refuse_number();
        }
        nlohmann::json json = literal<T>(std::forward<V>(value));
        (void)canonical_json(json);
        return json;
    }
}

/// What can be compared with a T: a value of it, not null, which equals nothing.
template <class V, class T>
concept ComparedWith = (std::same_as<T, Version> && std::same_as<std::remove_cvref_t<V>, Version>) ||
                       (!std::same_as<T, Version> && LiteralOfHeld<V, T>);

}  // namespace gridone::storage::inline v0::detail

#endif
