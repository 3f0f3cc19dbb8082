// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_VALUE_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_VALUE_HPP

#include <gridone/storage/core/json/detail/json_kinds.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Why values of a C++ type cannot be stored and read back unchanged.
enum class ValueFault {
    none,
    view,            ///< It refers to data elsewhere, which is freed after a document was read.
    wide_float,      ///< It has more digits than a double.
    wide_integer,    ///< It has more than 64 bits.
    optional_twice,  ///< Both levels of an optional of an optional are written as null.
    constant,        ///< It is const, so that nothing can be read into it.
    c_array,
    no_default,     ///< A model that lists its members has no default constructor.
    time,           ///< A `sys_time` without a conversion.
    no_conversion,  ///< nlohmann does not convert it.
};

/// What nlohmann writes as an array or object of its template arguments: a standard container, a pair, a tuple.
template <class T>
concept HoldsItsArguments = !ListsJsonMembers<T> && (std::ranges::range<T> || requires { std::tuple_size<T>::value; });

/// A fault that a type has wherever it is used: as a member, in a container or in an optional.
template <class T>
inline constexpr ValueFault part_fault = [] {
    // NOLINTNEXTLINE(bugprone-branch-clone): the branches differ
    if constexpr (std::is_pointer_v<T> || std::ranges::enable_borrowed_range<T>) {
        return ValueFault::view;
    } else if constexpr (std::is_floating_point_v<T> && sizeof(T) > sizeof(double)) {
        return ValueFault::wide_float;
    } else if constexpr (std::is_integral_v<T> && sizeof(T) > sizeof(std::int64_t)) {
        return ValueFault::wide_integer;
    } else {
        return ValueFault::none;
    }
}();
template <class T>
inline constexpr ValueFault part_fault<std::reference_wrapper<T>> = ValueFault::view;
template <class T>
inline constexpr ValueFault part_fault<std::optional<T>> = part_fault<T>;
template <class T>
inline constexpr ValueFault part_fault<std::optional<std::optional<T>>> = ValueFault::optional_twice;
template <class T, std::size_t N>
inline constexpr ValueFault part_fault<std::array<T, N>> = part_fault<T>;
template <template <class...> class Template, class... Parts>
    requires(!std::ranges::enable_borrowed_range<Template<Parts...>> && HoldsItsArguments<Template<Parts...>>)
inline constexpr ValueFault part_fault<Template<Parts...>> = [] {
    ValueFault fault = ValueFault::none;
    ((fault = fault == ValueFault::none ? part_fault<std::remove_cv_t<Parts>> : fault), ...);
    return fault;
}();

template <class T>
inline constexpr bool is_sys_time = false;
template <class Duration>
inline constexpr bool is_sys_time<std::chrono::sys_time<Duration>> = true;

template <class T>
concept ConvertedByNlohmann = std::is_constructible_v<nlohmann::json, const T&> &&
                              requires(const nlohmann::json& tree) { tree.template get<T>(); };

/// Why a member of this type cannot be listed.
template <class T>
consteval ValueFault find_value_fault() {
    if constexpr (std::same_as<T, std::string> || std::same_as<T, Timestamp> || std::same_as<T, nlohmann::json> ||
                  !std::is_object_v<T>) {  // NOLINT(bugprone-branch-clone): each branch keeps the next uninstantiated
        return ValueFault::none;
    } else if constexpr (std::is_const_v<T>) {
        return ValueFault::constant;
    } else if constexpr (std::is_array_v<T>) {
        return ValueFault::c_array;
    } else if constexpr (part_fault<T> != ValueFault::none) {
        return part_fault<T>;
    } else if constexpr (std::is_arithmetic_v<T>) {
        return ValueFault::none;
    } else if constexpr (ListsJsonMembers<T>) {
        return requires { T{}; } ? ValueFault::none : ValueFault::no_default;
    } else if constexpr (is_optional<T> || is_json_array<T>) {
        return find_value_fault<typename T::value_type>();
    } else if constexpr (is_json_dictionary<T>) {
        return find_value_fault<typename T::mapped_type>();
    } else if constexpr (ConvertedByNlohmann<T>) {
        return ValueFault::none;
    } else {
        return is_sys_time<T> ? ValueFault::time : ValueFault::no_conversion;
    }
}
template <class T>
inline constexpr ValueFault value_fault = find_value_fault<T>();

/// Stops with one sentence where a member cannot be listed; compilers show the member's name with it.
template <auto Member, class T, class Owner>
consteval bool check_member(T Owner::* /*member*/) {
    constexpr ValueFault fault = value_fault<T>;
    static_assert(fault != ValueFault::view,
                  "gridone::storage: a listed member must own its data: std::string instead of std::string_view or "
                  "const char*, std::vector instead of a span, the object itself instead of a pointer or reference");
    static_assert(fault != ValueFault::wide_float,
                  "gridone::storage: a listed member must not be wider than double, whose digits are all that is read: "
                  "use double, or std::string for more digits");
    static_assert(
        fault != ValueFault::wide_integer,
        "gridone::storage: a listed member must not be wider than 64 bits: use std::int64_t, std::uint64_t or "
        "std::string");
    static_assert(fault != ValueFault::optional_twice,
                  "gridone::storage: a listed member must not be an optional of an optional, since null is stored for "
                  "both: use one std::optional");
    static_assert(fault != ValueFault::constant,
                  "gridone::storage: a listed member must not be const, or nothing can be read into it");
    static_assert(
        fault != ValueFault::c_array,
        "gridone::storage: a listed member must not be a C array: use std::array, std::vector or std::string");
    static_assert(fault != ValueFault::no_default,
                  "gridone::storage: a model that lists its members must be default-constructible to be read");
    static_assert(fault != ValueFault::time,
                  "gridone::storage: a listed std::chrono::sys_time requires #include "
                  "<gridone/storage/core/json/std_conversions.hpp>; or use gridone::storage::Timestamp");
    static_assert(
        fault != ValueFault::no_conversion,
        "gridone::storage: a listed member requires a conversion to and from JSON: give its type json_members, "
        "or nlohmann's to_json and from_json");
    return true;
}

/// The JSON of a value of a type that nlohmann converts. nlohmann writes an enumerator above 2^63 - 1 as a negative
/// number; this writes its value, where the enum's own conversion does not give the number another meaning.
template <class T>
nlohmann::json json_tree(const T& value) {
    nlohmann::json tree(value);
    if constexpr (std::is_enum_v<T>) {
        using Number = std::underlying_type_t<T>;
        if constexpr (std::is_unsigned_v<Number> && sizeof(Number) == sizeof(std::uint64_t)) {
            const auto number = static_cast<std::uint64_t>(value);
            if (tree.is_number_integer() && !tree.is_number_unsigned() && tree == static_cast<std::int64_t>(number)) {
                const nlohmann::json exact(number);
                if (exact.template get<T>() == value) return exact;
            }
        }
    }
    return tree;
}

}  // namespace gridone::storage::inline v0::detail

#endif
