// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_FIELD_CHANGE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_FIELD_CHANGE_HPP

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace gridone::storage::inline v0::detail {

enum class ChangeKind { set, unset, increment, append, remove_value };

/// The type in which an increment computes.
struct NumberType {
    enum class Kind { integer, single_precision, double_precision };
    Kind kind = Kind::integer;
    std::int64_t min = std::numeric_limits<std::int64_t>::min();   ///< Of an integer.
    std::uint64_t max = std::numeric_limits<std::int64_t>::max();  ///< Of an integer.
};

/// The type in which a field of type T is incremented; where that is any json, by a V.
template <class T, class V = T>
constexpr NumberType number_type_of() {
    if constexpr (std::is_integral_v<T>) {
        return {NumberType::Kind::integer, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                static_cast<std::uint64_t>(std::numeric_limits<T>::max())};
    } else if constexpr (std::is_floating_point_v<T>) {
        return {sizeof(T) == sizeof(float) ? NumberType::Kind::single_precision : NumberType::Kind::double_precision};
    } else if constexpr (std::is_integral_v<V>) {
        return {.max = std::numeric_limits<std::uint64_t>::max()};
    } else {
        return {NumberType::Kind::double_precision};
    }
}

/// One change of a patch.
struct FieldChange {
    ChangeKind kind = ChangeKind::set;
    std::vector<std::string> path = {};  ///< Keys, from the document's root.
    nlohmann::json value = nullptr;      ///< What to set, append, remove or add; of unset nothing.
    NumberType number{};                 ///< Of an increment.
};

}  // namespace gridone::storage::inline v0::detail

#endif
