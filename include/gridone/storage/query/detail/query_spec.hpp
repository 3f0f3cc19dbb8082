// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_QUERY_SPEC_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_QUERY_SPEC_HPP

#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// One of the fields that an order goes by.
struct OrderKey {
    FieldPlace field;
    bool descending = false;

    friend bool operator==(const OrderKey&, const OrderKey&) = default;
};

/// A value of a field, null for none, and in how many documents.
struct ValueCount {
    nlohmann::json value;
    std::size_t documents = 0;
};

/// The exact sum of the values of a field, as a decimal, and how many there are.
struct SumOfValues {
    std::string sum = "0";
    std::size_t values = 0;
};

/// Which documents, in which order, and which of those.
struct QuerySpec {
    FilterPointer where = std::make_shared<const FilterNode>();
    std::vector<OrderKey> order = {};
    std::optional<std::size_t> limit = {};
    std::size_t offset = 0;

    /// Only what comes behind the document with these values of the total order, each null for no value; a number is a
    /// text where no JSON number here has its digits. Null: all of it. (No optional: one of JSON would keep programs from
    /// including std_conversions.hpp after this.)
    nlohmann::json after = nullptr;

    /// Of each document that is an object nothing but these keys; nothing: all of it.
    std::optional<std::vector<std::string>> only_keys = {};

    /// The order to its end: two documents that are equal by the keys are told apart by their ids, in the direction of
    /// the last key.
    [[nodiscard]] std::vector<OrderKey> total_order() const {
        std::vector<OrderKey> keys = order;
        const bool by_id =
            std::ranges::any_of(keys, [](const auto& key) { return key.field.source == FieldSource::id; });
        const bool descending = !keys.empty() && keys.back().descending;
        if (!by_id) keys.push_back({{.source = FieldSource::id}, descending});
        return keys;
    }

    /// How many of `found` documents it gives.
    [[nodiscard]] std::size_t given_of(std::size_t found) const noexcept {
        const std::size_t behind = found - std::min(found, offset);
        return limit ? std::min(*limit, behind) : behind;
    }
};

/// Whether the filter contains a condition on a field for which `is_wanted(field)` is true.
template <class F>
bool asks_for(const FilterNode& filter, F is_wanted) {
    return is_wanted(filter.field) || (filter.other && is_wanted(*filter.other)) ||
           std::ranges::any_of(filter.parts, [&](const auto& part) { return asks_for(*part, is_wanted); });
}

inline bool asks_for_timestamps(const FieldPlace& field) noexcept {
    return field.source == FieldSource::created_at || field.source == FieldSource::updated_at;
}
inline bool asks_for_timestamps(const std::vector<OrderKey>& keys) {
    return std::ranges::any_of(keys, [](const OrderKey& key) { return asks_for_timestamps(key.field); });
}
inline bool asks_for_timestamps(const FilterNode& filter) {
    return asks_for(filter, [](const FieldPlace& field) { return asks_for_timestamps(field); });
}
/// Whether the field is of the row rather than of its document.
inline bool is_of_row(const FieldPlace& field) noexcept {
    return field.source != FieldSource::document;
}

/// The values by which an order sorts a document, null for no value. A time is a number of microseconds here, so that a
/// sort reads it once.
using KeyValues = std::vector<nlohmann::json>;

inline nlohmann::json key_value(const OrderKey& key, const nlohmann::json* value) {
    if (value == nullptr) return nullptr;
    return key.field.kind == ValueKind::time ? nlohmann::json(time_in(*value)->time_since_epoch().count()) : *value;
}
inline KeyValues key_values(std::span<const OrderKey> order, const SeenDocument& seen) {
    KeyValues values;
    values.reserve(order.size());
    for (const OrderKey& key : order) values.push_back(key_value(key, value_at(seen, key.field)));
    return values;
}
/// Those of a position; see `QuerySpec::after`.
inline KeyValues key_values(std::span<const OrderKey> order, const nlohmann::json& position) {
    KeyValues values;
    for (std::size_t key = 0; key < order.size(); ++key) {
        const nlohmann::json& held = position[key];
        const bool is_number_text = held.is_string() && order[key].field.kind == ValueKind::number;
        values.push_back(is_number_text ? nlohmann::json::parse(held.get_ref<const std::string&>())
                                        : key_value(order[key], held.is_null() ? nullptr : &held));
    }
    return values;
}

/// The order of two of the values by their key; null is no value, which is greater than every value.
inline std::partial_ordering order_by_key(const OrderKey& key, const nlohmann::json& a, const nlohmann::json& b) {
    const ValueKind kind = key.field.kind == ValueKind::time ? ValueKind::number : key.field.kind;
    const std::partial_ordering order =
        a.is_null() || b.is_null() ? a.is_null() <=> b.is_null() : compare_values(a, b, kind);
    return key.descending ? 0 <=> order : order;
}

/// Whether the one comes before the other.
inline bool comes_before(std::span<const OrderKey> order, const KeyValues& a, const KeyValues& b) {
    for (std::size_t key = 0; key < order.size(); ++key) {
        const auto order_of_two = order_by_key(order[key], a[key], b[key]);
        if (order_of_two != 0) return order_of_two < 0;
    }
    return false;
}

}  // namespace gridone::storage::inline v0::detail

#endif
