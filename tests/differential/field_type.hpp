// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_FIELD_TYPE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_FIELD_TYPE_HPP

#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

using nlohmann::json;

/// The type of a path.
enum class FieldType {
    int8,
    int32,
    int64,
    uint64,
    single,
    real,
    text,
    boolean,
    any,
    time,
    integers,
    reals,
    texts,
    anys,
    real_map,
    text_map,
    any_map
};
constexpr std::size_t field_types = static_cast<std::size_t>(FieldType::any_map) + 1;

template <class T>
struct TypeTag {
    using type = T;
};

/// Calls `f(TypeTag<T>)`.
template <class F>
decltype(auto) with_type(FieldType type, F&& f) {
    switch (type) {
        case FieldType::int8:
            return f(TypeTag<std::int8_t>{});
        case FieldType::int32:
            return f(TypeTag<std::int32_t>{});
        case FieldType::int64:
            return f(TypeTag<std::int64_t>{});
        case FieldType::uint64:
            return f(TypeTag<std::uint64_t>{});
        case FieldType::single:
            return f(TypeTag<float>{});
        case FieldType::real:
            return f(TypeTag<double>{});
        case FieldType::text:
            return f(TypeTag<std::string>{});
        case FieldType::boolean:
            return f(TypeTag<bool>{});
        case FieldType::time:
            return f(TypeTag<gridone::storage::Timestamp>{});
        case FieldType::integers:
            return f(TypeTag<std::vector<std::int64_t>>{});
        case FieldType::reals:
            return f(TypeTag<std::vector<double>>{});
        case FieldType::texts:
            return f(TypeTag<std::vector<std::string>>{});
        case FieldType::anys:
            return f(TypeTag<std::vector<json>>{});
        case FieldType::real_map:
            return f(TypeTag<std::map<std::string, double>>{});
        case FieldType::text_map:
            return f(TypeTag<std::map<std::string, std::string>>{});
        case FieldType::any_map:
            return f(TypeTag<std::map<std::string, json>>{});
        case FieldType::any:
            break;
    }
    return f(TypeTag<json>{});
}

/// What lists and maps of this type hold; other types themselves.
inline FieldType held_by(FieldType type) {
    switch (type) {
        case FieldType::integers:
            return FieldType::int64;
        case FieldType::reals:
        case FieldType::real_map:
            return FieldType::real;
        case FieldType::texts:
        case FieldType::text_map:
            return FieldType::text;
        case FieldType::anys:
        case FieldType::any_map:
            return FieldType::any;
        default:
            return type;
    }
}

inline bool is_number(FieldType type) {
    return type <= FieldType::real;
}
inline bool is_list(FieldType type) {
    return type >= FieldType::integers && type <= FieldType::anys;
}
inline bool is_map(FieldType type) {
    return type >= FieldType::real_map;
}

/// The type in C++.
inline std::string_view name_of(FieldType type) {
    switch (type) {
        case FieldType::int8:
            return "std::int8_t";
        case FieldType::int32:
            return "std::int32_t";
        case FieldType::int64:
            return "std::int64_t";
        case FieldType::uint64:
            return "std::uint64_t";
        case FieldType::single:
            return "float";
        case FieldType::real:
            return "double";
        case FieldType::text:
            return "std::string";
        case FieldType::boolean:
            return "bool";
        case FieldType::any:
            return "json";
        case FieldType::time:
            return "Timestamp";
        case FieldType::integers:
            return "std::vector<std::int64_t>";
        case FieldType::reals:
            return "std::vector<double>";
        case FieldType::texts:
            return "std::vector<std::string>";
        case FieldType::anys:
            return "std::vector<json>";
        case FieldType::real_map:
            return "std::map<std::string, double>";
        case FieldType::text_map:
            return "std::map<std::string, std::string>";
        case FieldType::any_map:
            break;
    }
    return "std::map<std::string, json>";
}

}  // namespace differential

#endif
