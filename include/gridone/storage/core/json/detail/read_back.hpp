// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_READ_BACK_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_READ_BACK_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Compares a stored value with what the conversions of its C++ type make of it, there and back. A type whose from_json
/// takes an unknown value for another one, as an enum of NLOHMANN_JSON_SERIALIZE_ENUM does, would store the other one.
class ReadBack {
    using Json = nlohmann::json;

public:
    /// @throws DecodeError  with the JSON pointer below `stored`
    static void check(const Json& stored, const Json& written) { compare(stored, written, nullptr); }

    /// The same for values that are neither arrays nor objects. @returns whether they agree
    static bool same_scalar(const Json& stored, const Json& written) {
        if (stored.is_number() && written.is_number()) return same_number(stored, written);
        if (stored.is_string() && written.is_string()) return stored == written || is_rounded_time(stored, written);
        return stored == written;
    }

private:
    static void compare(const Json& stored, const Json& written, const JsonStep* at) {
        if (stored.is_object() && written.is_object()) return objects(stored, written, at);
        if (stored.is_array() && written.is_array()) return arrays(stored, written, at);
        if (!same_scalar(stored, written)) {
            throw DecodeError{"a value that the model's type reads as another one", json_pointer(at)};
        }
    }

    /// Keys that only one of the two has are unknown to the type, or have a default in it.
    static void objects(const Json& stored, const Json& written, const JsonStep* at) {
        for (const auto& [key, value] : stored.get_ref<const Json::object_t&>()) {
            const auto found = written.find(key);
            const JsonStep step{.parent = at, .key = key};
            if (found != written.end()) compare(value, *found, &step);
        }
    }

    static void arrays(const Json& stored, const Json& written, const JsonStep* at) {
        try {
            return elements(stored, written, at);
        } catch (const DecodeError&) {
            if (!is_same_set(stored, written)) throw;
        }
    }
    static void elements(const Json& stored, const Json& written, const JsonStep* at) {
        JsonStep step{.parent = at};
        for (; step.index < std::min(stored.size(), written.size()); ++step.index) {
            compare(stored[step.index], written[step.index], &step);
        }
        if (stored.size() != written.size()) {
            throw DecodeError{"an array of which the model's type does not hold all elements", json_pointer(at)};
        }
    }

    /// A set has each value once, in an order of its own.
    static bool is_same_set(Json stored, Json written) {
        for (Json* array : {&stored, &written}) {
            auto& values = array->get_ref<Json::array_t&>();
            std::sort(values.begin(), values.end());
            values.erase(std::unique(values.begin(), values.end()), values.end());
        }
        try {
            elements(stored, written, nullptr);
            return true;
        } catch (const DecodeError&) {
            return false;
        }
    }

    /// A float rounds, as every float that is a member does; an integer does not.
    static bool same_number(const Json& stored, const Json& written) {
        if (!stored.is_number_float() && !written.is_number_float()) return same_integer(stored, written);
        const auto a = stored.get<double>();
        const auto b = written.get<double>();
        constexpr double largest = std::numeric_limits<float>::max();
        return a == b || (written.is_number_float() && std::abs(a) <= largest && std::abs(b) <= largest &&
                          static_cast<float>(a) == static_cast<float>(b));
    }
    static bool same_integer(const Json& a, const Json& b) {
        const bool a_is_positive = a.is_number_unsigned() || a.get<Json::number_integer_t>() >= 0;
        const bool b_is_positive = b.is_number_unsigned() || b.get<Json::number_integer_t>() >= 0;
        return a_is_positive == b_is_positive && a.get<Json::number_unsigned_t>() == b.get<Json::number_unsigned_t>();
    }

    /// A type of times is written in one form, and may be coarser than what is stored.
    static bool is_rounded_time(const Json& stored, const Json& written) {
        try {
            return from_iso(written.get_ref<const std::string&>()) <= from_iso(stored.get_ref<const std::string&>());
        } catch (const DecodeError&) {
            return false;
        }
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
