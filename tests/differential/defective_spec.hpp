// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_SPEC_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_SPEC_HPP

#include "differential/defect.hpp"
#include "differential/defective_filter.hpp"
#include "differential/field_type.hpp"
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace differential {

/// What a store with a defect makes of which documents are asked for, and in which order.
class DefectiveSpec {
    using Filter = DefectiveFilter;
    using Node = gridone::storage::detail::FilterNode;
    using OrderKey = gridone::storage::detail::OrderKey;
    using Source = gridone::storage::detail::FieldSource;
    using Spec = gridone::storage::detail::QuerySpec;
    using StoredRow = gridone::storage::detail::StoredRow;
    using ValueKind = gridone::storage::detail::ValueKind;

public:
    DefectiveSpec(Defect defect, std::string_view operation) : defect_{defect}, operation_{operation} {}

    [[nodiscard]] Spec operator()(Spec spec) const {
        // Those two look for a value in what they are given.
        const bool needs_a_value = operation_ == "query.min" || operation_ == "query.max";
        if (!needs_a_value) spec.where = Filter::pointer(Filter{defect_}(*spec.where));
        if (!spec.after.is_null()) spoil_cursor(spec);
        spoil_order(spec);
        if (is(Defect::limit_is_forgotten)) spec.limit.reset();
        if (is(Defect::limit_is_one_more) && spec.limit) ++*spec.limit;
        if (is(Defect::offset_is_forgotten)) spec.offset = 0;
        if (is(Defect::offset_is_one_more) && spec.offset != 0) ++spec.offset;
        const bool is_only = operation_ == "query.one" || operation_ == "query.read";
        if (is(Defect::one_takes_the_first) && is_only) spec.limit = 1;
        if (is(Defect::select_gives_everything)) spec.only_keys.reset();
        if (is(Defect::select_leaves_out_a_key) && spec.only_keys && !spec.only_keys->empty())
            spec.only_keys->pop_back();
        if (is(Defect::find_leaves_one_out) && operation_ == "query.find") ++spec.offset;
        if (is(Defect::query_patch_forgets_the_limit) && operation_.starts_with("query.patch")) spec.limit.reset();
        if (operation_ == "query.remove") {
            if (is(Defect::query_remove_forgets_the_limit)) spec.limit.reset();
            if (is(Defect::query_remove_forgets_the_order)) spec.order.clear();
        }
        return spec;
    }

    /// What is given of these rows.
    [[nodiscard]] std::vector<StoredRow> rows(std::vector<StoredRow> rows, const Spec& spec) const {
        if (rows.empty()) return rows;
        if (is(Defect::read_all_of_queries_is_backwards) && operation_ == "query.read_all") std::ranges::reverse(rows);
        if (is(Defect::query_for_each_leaves_out_the_last) && operation_ == "query.for_each") rows.pop_back();
        if (is(Defect::select_makes_up_null) && spec.only_keys) make_up_null(rows, *spec.only_keys);
        if (is(Defect::cursor_leaves_one_out) && !spec.after.is_null()) rows.erase(rows.begin());
        if (is(Defect::no_value_is_the_least) && !spec.order.empty()) {
            const OrderKey& key = spec.order.front();
            std::vector<StoredRow> last;
            std::erase_if(rows, [&](StoredRow& row) {
                const json document = gridone::storage::parse_json(row.text);
                const bool has_value = value_at({.document = &document, .id = row.id}, key.field) != nullptr;
                if (has_value != key.descending) last.push_back(std::move(row));
                return has_value != key.descending;
            });
            std::ranges::move(last, std::back_inserter(rows));
        }
        return rows;
    }

    static bool is_behind(const Spec& spec, const StoredRow& row) {
        const json document = gridone::storage::parse_json(row.text);
        const std::vector<OrderKey> order = spec.total_order();
        return comes_before(order, key_values(order, spec.after),
                            key_values(order, {.document = &document, .id = row.id}));
    }

private:
    [[nodiscard]] bool is(Defect defect) const noexcept { return defect_ == defect; }

    static void make_up_null(std::vector<StoredRow>& rows, const std::vector<std::string>& keys) {
        for (StoredRow& row : rows) {
            json part = gridone::storage::parse_json(row.text);
            if (!part.is_object()) continue;
            for (const std::string& key : keys) (void)part[key];
            row.text = gridone::storage::canonical_json(part);
        }
    }

    void spoil_cursor(Spec& spec) const {
        const OrderKey first = spec.total_order().front();
        const json& position = spec.after.front();
        const auto narrow = [&](Node node) {
            spec.where = Filter::pointer(Filter::both(*spec.where, std::move(node)));
        };
        if (is(Defect::cursor_loses_no_value) && first.field.source == Source::document) {
            narrow(Filter::negated(Filter::no_value(first.field)));
        }
        if (is(Defect::cursor_loses_what_is_equal) && !position.is_null()) {
            narrow(Filter::negated({.kind = Node::Kind::compare, .field = first.field, .literal = position}));
        }
        if (is(Defect::cursor_is_forgotten)) spec.after = nullptr;
    }

    void spoil_order(Spec& spec) const {
        const bool is_one_key_more = !spec.order.empty() && is(Defect::equal_keys_are_in_order_of_ids);
        if (is_one_key_more) {
            spec.order = spec.total_order();
            if (spec.order.back().field.source == Source::id) spec.order.back().descending = false;
        }
        if (is(Defect::first_is_the_last) && operation_ == "query.first") turn(spec);
        if (is(Defect::min_is_max) && operation_ == "query.min") turn(spec);
        if (is(Defect::max_is_min) && operation_ == "query.max") turn(spec);
        if (!spec.after.is_null()) return;  // whose values go with the order
        if (is(Defect::order_is_forgotten)) spec.order.clear();
        if (is(Defect::order_goes_by_one_key) && spec.order.size() > 1) spec.order.resize(1);
        for (OrderKey& key : spec.order) {
            if (is(Defect::descending_is_ascending)) key.descending = false;
            if (is(Defect::times_are_in_order_of_texts) && key.field.kind == ValueKind::time) {
                key.field.kind = ValueKind::text;
            }
        }
    }

    static void turn(Spec& spec) {
        spec.order = spec.total_order();
        for (OrderKey& key : spec.order) key.descending = !key.descending;
    }

    Defect defect_;
    std::string_view operation_;
};

}  // namespace differential

#endif
