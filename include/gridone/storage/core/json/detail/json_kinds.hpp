// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_KINDS_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_KINDS_HPP

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace gridone::storage::inline v0::detail {

// The types that a model is read and written of without a tree; every other one is nlohmann's to convert.

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept JsonNumeric = std::floating_point<T> || (std::integral<T> && !std::same_as<T, bool> && !Character<T>);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_json_array = false;
template <class T>
inline constexpr bool is_json_array<std::vector<T>> = !std::same_as<T, bool>;

template <class T>
inline constexpr bool is_json_dictionary = false;
template <class T>
inline constexpr bool is_json_dictionary<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_json_dictionary<std::unordered_map<std::string, T>> = true;

}  // namespace gridone::storage::inline v0::detail

#endif
