// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_VALUE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_VALUE_HPP

#include "differential/case_query.hpp"
#include "differential/field_type.hpp"
#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/timestamp.hpp>

#include <array>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace differential {

/// Integers near zero and near the ends of their type.
template <class T>
json random_integer(gridone_tests::RandomJson& random) {
    using Limits = std::numeric_limits<T>;
    switch (random.below(5)) {
        case 0:
            return static_cast<T>(Limits::max() - static_cast<T>(random.below(3)));
        case 1:
            return static_cast<T>(Limits::min() + static_cast<T>(random.below(3)));
        case 2:
            return static_cast<T>(random.below(128));
        default:
            return static_cast<T>(std::is_signed_v<T> ? static_cast<int>(random.below(5)) - 2
                                                      : static_cast<int>(random.below(3)));
    }
}

/// Floating-point numbers where something happens to them.
template <class T>
json random_fraction(gridone_tests::RandomJson& random) {
    static constexpr std::array<T, 16> edges{std::numeric_limits<T>::max(),
                                             std::numeric_limits<T>::denorm_min(),
                                             std::numeric_limits<T>::min(),
                                             std::numeric_limits<T>::max() / 2,
                                             std::numeric_limits<T>::epsilon(),
                                             T{1e17F},
                                             T{0.1F},
                                             T{0},
                                             T{1},
                                             T{0.5},
                                             static_cast<T>(0.1),
                                             T{1e-30F},
                                             static_cast<T>(FLT_MAX),
                                             T{16777216},
                                             T{100},
                                             T{1e21F}};
    if (random.one_in(5)) {
        const double any = random.finite();
        if (std::abs(any) <= static_cast<double>(std::numeric_limits<T>::max())) return static_cast<T>(any);
    }
    const T edge = edges.at(random.below(edges.size())) * static_cast<T>(random.one_in(2) ? 1 : -1);
    return random.one_in(8) ? std::nextafter(edge, T{0}) : edge;
}

/// Small values that meet: few keys, few ids, and numbers near the ends of their types.
class RandomValue : public gridone_tests::RandomJson {
public:
    using RandomJson::RandomJson;

    template <class T, std::size_t N>
    T any_of(const std::array<T, N>& from) {
        return from.at(below(N));
    }

    std::string id() {
        static constexpr std::array<std::string_view, 8> usual{"a", "A", "\u00e9", "e\u0301", "o'\"\\", "a", "A", "b"};
        if (!one_in(60)) return std::string{any_of(usual)};
        switch (below(5)) {
            case 0:
                return {};
            case 1:
                return std::string("a\0b", 3);
            case 2:
                return "\xC3";
            case 3:
                return std::string(512 + below(2), 'x');
            default:
                return string();
        }
    }

    std::string key() {
        static constexpr std::array<std::string_view, 10> usual{"a", "b", "a",         "b",      "c",
                                                                "0", "",  "\\\"'.{,}", "\u00e9", "e\u0301"};
        return std::string{any_of(usual)};
    }

    Keys keys() {
        Keys path{key()};
        while (path.size() < 3 && one_in(3)) path.push_back(key());
        return path;
    }

    /// A document: nearly always an object.
    json document() {
        if (one_in(25)) return one_in(4) ? dom(2) : value(1);
        if (one_in(200)) return unstorable();
        return object(2);
    }

    json value(std::size_t depth) {
        switch (below(depth == 0 ? 10 : 15)) {
            case 0:
                return nullptr;
            case 1:
                return one_in(2);
            case 2:
                return text();
            case 3:
            case 4:
                return value_of(FieldType::int8);
            case 5:
                return value_of(one_in(2) ? FieldType::int32 : FieldType::int64);
            case 6:
                return value_of(FieldType::uint64);
            case 7:
            case 8:
                return value_of(one_in(2) ? FieldType::single : FieldType::real);
            case 9:
                return one_in(4) ? dom(depth) : json(static_cast<int>(below(3)));
            case 10:
            case 11:
                return array(depth - 1);
            default:
                return object(depth - 1);
        }
    }

    json array(std::size_t depth) {
        auto made = json::array();
        for (std::size_t size = below(5); size > 0; --size) {
            if (!made.empty() && one_in(3)) {
                json again = made.front();
                made.push_back(std::move(again));
            } else {
                made.push_back(value(depth));
            }
        }
        return made;
    }

    json object(std::size_t depth) {
        auto made = json::object();
        for (std::size_t size = below(4); size > 0; --size) made[key()] = one_in(12) ? json() : value(depth);
        return made;
    }

    /// What a field of this type may hold.
    json value_of(FieldType type) {
        return with_type(type, [&]<class T>(TypeTag<T>) -> json {
            if constexpr (std::is_same_v<T, bool>) {
                return one_in(2);
            } else if constexpr (std::is_integral_v<T>) {
                return random_integer<T>(*this);
            } else if constexpr (std::is_floating_point_v<T>) {
                return random_fraction<T>(*this);
            } else if constexpr (std::is_same_v<T, std::string>) {
                return text();
            } else if constexpr (std::is_same_v<T, json>) {
                return one_in(40) ? unstorable() : value(1);
            } else if constexpr (std::is_same_v<T, gridone::storage::Timestamp>) {
                return time();
            } else {
                auto made = is_map(type) ? json::object() : json::array();
                for (std::size_t size = below(3); size > 0; --size) {
                    if (is_map(type)) {
                        made[key()] = element_of(type);
                    } else {
                        made.push_back(element_of(type));
                    }
                }
                return made;
            }
        });
    }

    /// What a field of this type may have as an element.
    json element_of(FieldType type) {
        switch (type) {
            case FieldType::integers:
                return value_of(one_in(2) ? FieldType::int8 : FieldType::int64);
            case FieldType::reals:
            case FieldType::real_map:
                return value_of(FieldType::real);
            case FieldType::texts:
            case FieldType::text_map:
                return text();
            default:
                return value(1);
        }
    }

private:
    std::string text() {
        static constexpr std::array<std::string_view, 8> usual{"", "a", "A", "\u00e9", "e\u0301", "1", "null", "\"\\"};
        if (one_in(8)) return one_in(4) ? no_time() : time();
        return one_in(10) ? string() : std::string{any_of(usual)};
    }

    std::string time() {
        static constexpr std::array<std::string_view, 8> all{
            "2024-02-29T00:00:00.0000009Z", "1969-12-31T23:59:59.123456999+00:00", "2024-02-29T00:00:00Z",
            "2024-02-29T01:00:00.5+01:00",  "2024-02-29T03:00:00+04:00",           "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",  "1969-12-31T23:59:59.123456Z"};
        return std::string{any_of(all)};
    }
    std::string no_time() {
        static constexpr std::array<std::string_view, 7> all{
            "2024-02-29T00:00:00",       "2024-02-29T00:00:00.0000000000Z", "2023-02-29T00:00:00Z",
            "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",       "2024-02-29 00:00:00Z",
            "2024-02-29T24:00:00Z"};
        return std::string{any_of(all)};
    }

    /// What the library refuses.
    json unstorable() {
        auto made = object(1);
        switch (below(5)) {
            case 0:
                made[key()] = std::numeric_limits<double>::quiet_NaN();
                break;
            case 1:
                made[key()] = -std::numeric_limits<double>::infinity();
                break;
            case 2:
                made[key()] = std::string("\0", 1);
                break;
            case 3:
                made[key()] = "\xED\xA0\x80";
                break;
            default:
                made["\xFF"] = 1;
                break;
        }
        return made;
    }
};

}  // namespace differential

#endif
