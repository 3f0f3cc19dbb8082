// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_JSON_KIND_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_JSON_KIND_HPP

#include <gridone/storage/query/detail/literal.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <exception>
#include <string_view>
#include <type_traits>

namespace gridone::storage::inline v0::testing::detail {

/// The name of the JSON kind that a T is written as, for types of which the kind of one value is that of all: enums,
/// structs, maps, times. Empty where nobody can tell: of any json, and of what nlohmann cannot write or T cannot be
/// made of nothing.
template <class T>
std::string_view json_kind() {
    namespace query = gridone::storage::detail;
    if constexpr (query::IsNumber<T>) {
        return "number";
    } else if constexpr (query::IsText<T>) {
        return "string";
    } else if constexpr (std::same_as<T, bool>) {
        return "boolean";
    } else if constexpr (query::IsSequence<T>) {
        return "array";
    } else if constexpr (!query::is_any_json<T> && std::default_initializable<T> &&
                         std::is_constructible_v<nlohmann::json, const T&>) {
        try {
            const T value{};
            const auto json = nlohmann::json(value);
            return json.is_null() ? std::string_view{} : json.type_name();
        } catch (const std::exception&) {  // a to_json that does not like what is empty
            return {};
        }
    } else {
        return {};
    }
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
