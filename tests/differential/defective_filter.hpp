// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_FILTER_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_FILTER_HPP

#include "differential/defect.hpp"
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace differential {

/// Filters as a store understands them that has a defect.
class DefectiveFilter {
    using Node = gridone::storage::detail::FilterNode;
    using Pointer = gridone::storage::detail::FilterPointer;
    using Place = gridone::storage::detail::FieldPlace;
    using Comparison = gridone::storage::detail::Comparison;
    using ValueKind = gridone::storage::detail::ValueKind;
    using Source = gridone::storage::detail::FieldSource;

public:
    explicit DefectiveFilter(Defect defect) : defect_{defect} {}

    [[nodiscard]] Node operator()(Node node) const {
        for (Pointer& part : node.parts) part = pointer((*this)(*part));
        const bool is_leaf =
            node.kind != Node::Kind::all_of && node.kind != Node::Kind::any_of && node.kind != Node::Kind::negation;
        if (is_leaf && is(Defect::ids_are_not_looked_at) && node.field.source == Source::id) return {};
        if (is_leaf && is(Defect::versions_are_not_looked_at) && node.field.source == Source::version) return {};
        return is_leaf ? leaf(std::move(node)) : chain(std::move(node));
    }

    static Pointer pointer(Node node) { return std::make_shared<const Node>(std::move(node)); }
    static Node negated(Node node) { return {.kind = Node::Kind::negation, .parts = {pointer(std::move(node))}}; }
    static Node both(Node a, Node b) {
        return {.kind = Node::Kind::all_of, .parts = {pointer(std::move(a)), pointer(std::move(b))}};
    }
    static Node no_value(const Place& field) { return {.kind = Node::Kind::is_null, .field = field}; }

private:
    [[nodiscard]] bool is(Defect defect) const noexcept { return defect_ == defect; }

    [[nodiscard]] Node chain(Node node) const {
        const bool is_and = node.kind == Node::Kind::all_of;
        if (node.kind == Node::Kind::negation) {
            const Node& part = *node.parts.front();
            if (is(Defect::not_is_forgotten)) return part;
            const bool is_of_field = part.kind != Node::Kind::is_null && part.field.source == Source::document &&
                                     part.kind != Node::Kind::all_of && part.kind != Node::Kind::any_of;
            if (is(Defect::not_leaves_out_no_value) && is_of_field) return both(node, negated(no_value(part.field)));
        } else if (is_and && is(Defect::between_leaves_out_its_ends)) {
            leave_out_ends(node);
        } else if (node.parts.size() > 1) {
            if (is(is_and ? Defect::and_forgets_the_last : Defect::or_forgets_the_last)) node.parts.pop_back();
            if (is(is_and ? Defect::and_is_or : Defect::or_is_and)) {
                node.kind = is_and ? Node::Kind::any_of : Node::Kind::all_of;
            }
        }
        return node;
    }

    static void leave_out_ends(Node& chain) {
        for (std::size_t at = 1; at < chain.parts.size(); ++at) {
            Node low = *chain.parts[at - 1];
            Node high = *chain.parts[at];
            if (low.kind != Node::Kind::compare || low.comparison != Comparison::greater_equal || low.other) continue;
            if (high.kind != Node::Kind::compare || high.comparison != Comparison::less_equal || high.other) continue;
            low.comparison = Comparison::greater;
            high.comparison = Comparison::less;
            chain.parts[at - 1] = pointer(std::move(low));
            chain.parts[at] = pointer(std::move(high));
        }
    }

    [[nodiscard]] Node leaf(Node node) const {
        if (is(Defect::times_are_compared_as_texts) && node.field.kind == ValueKind::time) {
            node.field.kind = ValueKind::text;
            if (node.other) node.other->kind = ValueKind::text;
        }
        const auto any_value = [&](Defect defect, Node::Kind kind) { return is(defect) && node.kind == kind; };
        if (any_value(Defect::contains_takes_any_list, Node::Kind::has_element) ||
            any_value(Defect::contains_value_takes_any_map, Node::Kind::has_value)) {
            return negated(no_value(node.field));
        }
        switch (node.kind) {
            case Node::Kind::compare:
                return comparison(std::move(node));
            case Node::Kind::in:
                if (is(Defect::in_of_nothing_is_everything) && node.literal.empty()) return {};
                if (is(Defect::in_leaves_out_the_last) && !node.literal.empty()) {
                    node.literal.erase(node.literal.size() - 1);
                }
                break;
            case Node::Kind::is_null:
                if (is(Defect::is_null_needs_null)) node.field.kind = ValueKind::any;
                break;
            case Node::Kind::starts_with:
                if (is(Defect::starts_with_is_contains)) node.kind = Node::Kind::contains;
                break;
            case Node::Kind::contains:
                if (is(Defect::contains_is_starts_with)) node.kind = Node::Kind::starts_with;
                break;
            case Node::Kind::has_key:
                if (is(Defect::contains_key_needs_a_value)) {
                    Place held = node.field;
                    held.keys.push_back(node.literal.get<std::string>());
                    held.kind = ValueKind::any;
                    return both(std::move(node), negated(no_value(held)));
                }
                break;
            case Node::Kind::any_element:
            case Node::Kind::any_value: {
                const bool of_list = node.kind == Node::Kind::any_element;
                if (!is(of_list ? Defect::any_of_a_list_is_all : Defect::any_of_a_map_is_all)) break;
                node.parts = {pointer(negated(*node.parts.front()))};
                return negated(std::move(node));
            }
            default:
                break;
        }
        return node;
    }

    [[nodiscard]] Node comparison(Node node) const {
        const auto instead = [&](Defect defect, Comparison of, Comparison other) {
            if (!is(defect) || node.comparison != of) return false;
            node.comparison = other;
            return true;
        };
        const bool is_another =
            instead(Defect::less_is_less_equal, Comparison::less, Comparison::less_equal) ||
            instead(Defect::less_equal_is_less, Comparison::less_equal, Comparison::less) ||
            instead(Defect::greater_is_greater_equal, Comparison::greater, Comparison::greater_equal) ||
            instead(Defect::greater_equal_is_greater, Comparison::greater_equal, Comparison::greater);
        if (is_another) return node;
        if (is(Defect::equal_takes_any_value) && node.comparison == Comparison::equal) {
            return negated(no_value(node.field));
        }
        if (is(Defect::not_equal_takes_no_value) && node.comparison == Comparison::not_equal) {
            node.comparison = Comparison::equal;
            return negated(std::move(node));
        }
        if (is(Defect::fields_are_compared_backwards) && node.other) node.comparison = mirrored(node.comparison);
        if (is(Defect::literals_are_rounded) && node.literal.is_number_integer()) {
            node.literal = node.literal.get<double>();
        }
        return node;
    }

    Defect defect_;
};

}  // namespace differential

#endif
