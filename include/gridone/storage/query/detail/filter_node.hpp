// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_FILTER_NODE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_FILTER_NODE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/equal_json.hpp>
#include <gridone/storage/query/detail/field_place.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The order of two values of one kind: numbers by value, texts by bytes, times by the moment, false before true.
inline std::partial_ordering compare_values(const nlohmann::json& a, const nlohmann::json& b, ValueKind kind) {
    switch (kind) {
        case ValueKind::number:
            return compare_numbers(a, b);
        case ValueKind::text:
            return a.get_ref<const std::string&>().compare(b.get_ref<const std::string&>()) <=> 0;
        case ValueKind::boolean:
            return a.get<bool>() <=> b.get<bool>();
        case ValueKind::time:
            return time_in(a) <=> time_in(b);
        case ValueKind::array:
        case ValueKind::object:
        case ValueKind::any:
            break;
    }
    return std::partial_ordering::unordered;
}

enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal };

inline bool holds(Comparison comparison, std::partial_ordering order) noexcept {
    switch (comparison) {
        case Comparison::equal:
            return order == 0;
        case Comparison::not_equal:
            return order != 0;
        case Comparison::less:
            return order < 0;
        case Comparison::less_equal:
            return order <= 0;
        case Comparison::greater:
            return order > 0;
        case Comparison::greater_equal:
            return order >= 0;
    }
    return false;
}

/// The comparison with its sides exchanged.
constexpr Comparison mirrored(Comparison comparison) noexcept {
    switch (comparison) {
        case Comparison::less:
            return Comparison::greater;
        case Comparison::less_equal:
            return Comparison::greater_equal;
        case Comparison::greater:
            return Comparison::less;
        case Comparison::greater_equal:
            return Comparison::less_equal;
        case Comparison::equal:
        case Comparison::not_equal:
            break;
    }
    return comparison;
}

struct FilterNode;
using FilterPointer = std::shared_ptr<const FilterNode>;

/// A condition on a document. Never changed once it is made, so it can be shared.
struct FilterNode {
    enum class Kind {
        compare,      ///< `field` with `literal`, or with `other` if there is one.
        in,           ///< `field` is one of `literal`, an array in order, each value once.
        is_null,      ///< `field` has no value.
        starts_with,  ///< The text of `field` with that of `literal`.
        contains,     ///< Likewise.
        has_element,  ///< The array `field` holds `literal`.
        has_key,      ///< The object `field` has the key `literal`, whatever it holds.
        has_value,    ///< The object `field` holds `literal` under some key.
        any_element,  ///< `parts[0]` is true of an element of the array `field`.
        any_value,    ///< `parts[0]` is true of what some key of the object `field` holds.
        all_of,
        any_of,   ///< Of `parts`. All of nothing is everything.
        negation  ///< Of `parts[0]`.
    };
    Kind kind = Kind::all_of;
    FieldPlace field{};
    Comparison comparison = Comparison::equal;
    std::optional<FieldPlace> other{};
    nlohmann::json literal = nullptr;
    std::vector<FilterPointer> parts = {};
    std::size_t depth = 1;  ///< Of the deepest way through `parts`.
    std::size_t size = 1;   ///< How many conditions it is made of, itself included.

    friend bool operator==(const FilterNode& a, const FilterNode& b) {
        return a.kind == b.kind && a.field == b.field && a.comparison == b.comparison && a.other == b.other &&
               equal_json(a.literal, b.literal) &&
               std::ranges::equal(a.parts, b.parts, [](const auto& x, const auto& y) { return *x == *y; });
    }
};

/// Whether a condition holds for everything.
inline bool is_everything(const FilterNode& filter) noexcept {
    return filter.kind == FilterNode::Kind::all_of && filter.parts.empty();
}

/// How deep conditions are nested at most: what walks them, here and in the server, does so by calling itself.
inline constexpr std::size_t deepest_filter = 200;

/// How many conditions a filter is made of at most. Each has at most two values, and a statement of the server at most
/// 65535, of which some are for other things.
inline constexpr std::size_t largest_filter = 32'000;

/// A condition made of others. What has the same kind joins it rather than nesting, so that a chain of a thousand `&&`
/// is one level. @throws InvalidInputError  nested too deep, or of too many conditions.
inline FilterPointer combined(FilterNode node) {
    const bool joins = node.kind == FilterNode::Kind::all_of || node.kind == FilterNode::Kind::any_of;
    std::vector<FilterPointer> parts;
    for (FilterPointer& part : node.parts) {
        if (joins && part->kind == node.kind) {
            parts.insert(parts.end(), part->parts.begin(), part->parts.end());
        } else {
            parts.push_back(std::move(part));
        }
    }
    if (joins && parts.size() == 1) return parts.front();
    node.parts = std::move(parts);
    for (const FilterPointer& part : node.parts) {
        node.depth = std::max(node.depth, part->depth + 1);
        node.size += part->size;
    }
    if (node.size > largest_filter) {
        throw InvalidInputError{"a filter of more than " + std::to_string(largest_filter) +
                                " conditions; in() takes any number of values"};
    }
    if (node.depth > deepest_filter) {
        throw InvalidInputError{"a filter that is nested deeper than " + std::to_string(deepest_filter) + " levels"};
    }
    return std::make_shared<const FilterNode>(std::move(node));
}

/// Whether the condition can be that of an index: about the document, without a look into each of its elements.
inline bool is_about_one_row(const FilterNode& filter) {
    using enum FilterNode::Kind;
    const auto of_document = [](const FieldPlace& field) { return field.source == FieldSource::document; };
    return filter.kind != any_element && filter.kind != any_value && filter.kind != has_value &&
           of_document(filter.field) && (!filter.other || of_document(*filter.other)) &&
           std::ranges::all_of(filter.parts, [](const auto& part) { return is_about_one_row(*part); });
}

bool matches(const FilterNode& filter, const SeenDocument& seen);

/// Whether a condition on the value of one field holds.
inline bool matches_value(const FilterNode& filter, const nlohmann::json& value, const SeenDocument& seen) {
    const auto is_literal = [&](const nlohmann::json& held) { return equal_json(held, filter.literal); };
    const auto is_match = [&](const nlohmann::json& held) {
        SeenDocument inner = seen;
        inner.document = &held;
        return matches(*filter.parts.front(), inner);
    };
    switch (filter.kind) {
        case FilterNode::Kind::compare: {
            const nlohmann::json* other = filter.other ? value_at(seen, *filter.other) : &filter.literal;
            return other != nullptr && holds(filter.comparison, compare_values(value, *other, filter.field.kind));
        }
        case FilterNode::Kind::in:
            return std::binary_search(filter.literal.begin(), filter.literal.end(), value,
                                      [&](const nlohmann::json& a, const nlohmann::json& b) {
                                          return compare_values(a, b, filter.field.kind) < 0;
                                      });
        case FilterNode::Kind::starts_with:
            return value.get_ref<const std::string&>().starts_with(filter.literal.get_ref<const std::string&>());
        case FilterNode::Kind::contains:
            return value.get_ref<const std::string&>().find(filter.literal.get_ref<const std::string&>()) !=
                   std::string::npos;
        case FilterNode::Kind::has_key:
            return value.contains(filter.literal.get_ref<const std::string&>());
        case FilterNode::Kind::has_element:
        case FilterNode::Kind::has_value:
            return std::any_of(value.begin(), value.end(), is_literal);
        case FilterNode::Kind::any_element:
        case FilterNode::Kind::any_value:
            return std::any_of(value.begin(), value.end(), is_match);
        case FilterNode::Kind::is_null:
        case FilterNode::Kind::all_of:
        case FilterNode::Kind::any_of:
        case FilterNode::Kind::negation:
            break;  // `matches` evaluates these
    }
    return false;
}

/// Whether the condition holds.
inline bool matches(const FilterNode& filter, const SeenDocument& seen) {
    const auto of_part = [&](const FilterPointer& part) { return matches(*part, seen); };
    switch (filter.kind) {
        case FilterNode::Kind::all_of:
            return std::ranges::all_of(filter.parts, of_part);
        case FilterNode::Kind::any_of:
            return std::ranges::any_of(filter.parts, of_part);
        case FilterNode::Kind::negation:
            return !of_part(filter.parts.front());
        case FilterNode::Kind::is_null:
            return value_at(seen, filter.field) == nullptr;
        case FilterNode::Kind::compare:
        case FilterNode::Kind::in:
        case FilterNode::Kind::starts_with:
        case FilterNode::Kind::contains:
        case FilterNode::Kind::has_element:
        case FilterNode::Kind::has_key:
        case FilterNode::Kind::has_value:
        case FilterNode::Kind::any_element:
        case FilterNode::Kind::any_value:
            break;
    }
    const nlohmann::json* value = value_at(seen, filter.field);
    return value != nullptr && matches_value(filter, *value, seen);
}
inline bool matches(const FilterNode& filter, const nlohmann::json& document) {
    return matches(filter, SeenDocument{.document = &document});
}

}  // namespace gridone::storage::inline v0::detail

#endif
