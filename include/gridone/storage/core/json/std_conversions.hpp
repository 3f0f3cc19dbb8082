// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_STD_CONVERSIONS_HPP
#define GRIDONE_STORAGE_CORE_JSON_STD_CONVERSIONS_HPP

#include <gridone/storage/core/detail/iso_time.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>

/// Members of the types `std::optional<T>` and `std::chrono::sys_time<D>` in models that nlohmann converts. For programs
/// that want it: nothing of the library includes this, since a program may have specialisations of its own.

/// Nothing is null, and null is nothing; a missing key is up to the model's from_json. Newer versions of nlohmann have
/// such functions themselves, 3.12.0 only the half of them; this comes before them.
template <class T>
struct nlohmann::adl_serializer<std::optional<T>> {
    static void to_json(nlohmann::json& json, const std::optional<T>& value) {
        if (value) {
            json = *value;
        } else {
            json = nullptr;
        }
    }
    static void from_json(const nlohmann::json& json, std::optional<T>& value) {
        if (json.is_null()) {
            value.reset();
        } else {
            value.emplace(json.template get<T>());
        }
    }
};

/// The text of `to_iso`. A type coarser than microseconds is given the time rounded down; one that counts from 1970 in
/// 64 bits of nanoseconds ends in 2262, and what is beyond its end is a `DecodeError`.
template <class Duration>
struct nlohmann::adl_serializer<std::chrono::sys_time<Duration>> {
    static void to_json(nlohmann::json& json, const std::chrono::sys_time<Duration>& time) {
        json = gridone::storage::to_iso(time);
    }
    static void from_json(const nlohmann::json& json, std::chrono::sys_time<Duration>& time) {
        const auto read = gridone::storage::from_iso(json.get_ref<const std::string&>());
        if (!gridone::storage::detail::can_hold_time<Duration>(read.time_since_epoch())) {
            throw gridone::storage::DecodeError{"a time that the model's type cannot hold"};
        }
        time = std::chrono::floor<Duration>(read);
    }
};

#endif
