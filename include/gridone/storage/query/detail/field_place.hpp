// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_FIELD_PLACE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_FIELD_PLACE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The kinds of JSON values that conditions, orders and rules know. A value of another kind is no value.
enum class ValueKind {
    number,
    text,
    boolean,
    time,  ///< A text that `from_iso` reads.
    array,
    object,
    any  ///< Whatever is not null.
};

/// Of what the value of a field is a part.
enum class FieldSource { document, id, version, created_at, updated_at };

/// A field, as conditions and rules see it. Of the document and without keys: the document itself.
struct FieldPlace {
    std::vector<std::string> keys = {};
    ValueKind kind = ValueKind::text;
    FieldSource source = FieldSource::document;

    friend bool operator==(const FieldPlace&, const FieldPlace&) = default;
};

/// What is stored, as conditions see it.
struct SeenDocument {
    const nlohmann::json* document;
    nlohmann::json id = nullptr;       ///< Null where no condition is about it.
    nlohmann::json version = nullptr;  ///< Likewise.
    nlohmann::json created_at = nullptr;
    nlohmann::json updated_at = nullptr;
};

inline std::optional<std::chrono::sys_time<std::chrono::microseconds>> time_in(const nlohmann::json& value) {
    if (!value.is_string()) return std::nullopt;
    try {
        return from_iso(value.get_ref<const std::string&>());
    } catch (const DecodeError&) {
        return std::nullopt;
    }
}

inline bool is_of_kind(const nlohmann::json& value, ValueKind kind) {
    switch (kind) {
        case ValueKind::number:
            return value.is_number();
        case ValueKind::text:
            return value.is_string();
        case ValueKind::boolean:
            return value.is_boolean();
        case ValueKind::time:
            return time_in(value).has_value();
        case ValueKind::array:
            return value.is_array();
        case ValueKind::object:
            return value.is_object();
        case ValueKind::any:
            return !value.is_null();
    }
    return false;
}

/// The field's value; null where there is none of its kind.
inline const nlohmann::json* value_at(const SeenDocument& seen, const FieldPlace& field) {
    switch (field.source) {
        case FieldSource::id:
            return &seen.id;
        case FieldSource::version:
            return &seen.version;
        case FieldSource::created_at:
            return &seen.created_at;
        case FieldSource::updated_at:
            return &seen.updated_at;
        case FieldSource::document:
            break;
    }
    const nlohmann::json* value = seen.document;
    for (const std::string& key : field.keys) {
        if (!value->is_object()) return nullptr;
        const auto found = value->find(key);
        if (found == value->end()) return nullptr;
        value = &*found;
    }
    return is_of_kind(*value, field.kind) ? value : nullptr;
}

}  // namespace gridone::storage::inline v0::detail

#endif
