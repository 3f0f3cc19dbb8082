// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_QUERIES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_QUERIES_HPP

#include "differential/defect.hpp"
#include "differential/defective_filter.hpp"
#include "differential/defective_spec.hpp"
#include "differential/field_type.hpp"
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace differential {

/// The queries of a store that answers them as another does, but for its defect.
template <class Inner>
class DefectiveQueries {
    using CallSite = gridone::storage::detail::CallSite;
    using CountedRows = gridone::storage::detail::CountedRows;
    using FieldChange = gridone::storage::detail::FieldChange;
    using FieldPlace = gridone::storage::detail::FieldPlace;
    using FilterNode = gridone::storage::detail::FilterNode;
    using QuerySpec = gridone::storage::detail::QuerySpec;
    using Rows = std::vector<gridone::storage::detail::StoredRow>;
    using SumOfValues = gridone::storage::detail::SumOfValues;
    using ValueCount = gridone::storage::detail::ValueCount;

public:
    DefectiveQueries(const Inner& inner, Defect defect) : inner_{&inner}, defect_{defect} {}

    Rows query(const CallSite& site, const QuerySpec& spec) const {
        const DefectiveSpec wrong{defect_, site.operation};
        Rows rows = wrong.rows(inner_->query(site, wrong(spec)), spec);
        if (spec.after.is_null() || !is(Defect::cursor_gives_its_document_again)) return rows;
        QuerySpec from_the_begin = spec;
        from_the_begin.after = nullptr;
        from_the_begin.limit.reset();
        Rows all = inner_->query(site, from_the_begin);
        const auto first =
            std::ranges::find_if(all, [&](const auto& row) { return DefectiveSpec::is_behind(spec, row); });
        all.erase(all.begin(), first == all.begin() ? first : std::prev(first));
        if (spec.limit && all.size() > *spec.limit)
            all.erase(std::next(all.begin(), static_cast<std::ptrdiff_t>(*spec.limit)), all.end());
        return all;
    }
    CountedRows query_counted(const CallSite& site, const QuerySpec& spec) const {
        CountedRows counted = inner_->query_counted(site, DefectiveSpec{defect_, site.operation}(spec));
        if (is(Defect::total_is_that_of_the_page)) counted.total = counted.rows.size();
        if (is(Defect::total_is_what_is_left) && !spec.after.is_null()) {
            QuerySpec rest = spec;
            rest.limit.reset();
            counted.total = inner_->query(site, rest).size();
        }
        return counted;
    }
    std::vector<std::string> query_ids(const CallSite& site, const QuerySpec& spec) const {
        std::vector<std::string> ids = inner_->query_ids(site, DefectiveSpec{defect_, site.operation}(spec));
        if (is(Defect::ids_of_queries_are_sorted)) std::ranges::sort(ids);
        return ids;
    }
    std::size_t query_count(const CallSite& site, const FilterNode& filter) const {
        constexpr std::size_t most = 2;
        if (is(Defect::count_forgets_the_filter)) return inner_->query_count(site, {});
        const std::size_t count = inner_->query_count(site, wrong(filter));
        const bool is_cut =
            site.operation == "query.count" ? is(Defect::query_count_is_cut) : is(Defect::one_tells_of_two);
        return is_cut ? std::min(count, most) : count;
    }
    bool query_exists(const CallSite& site, const FilterNode& filter) const {
        if (is(Defect::exists_needs_two)) return inner_->query_count(site, filter) > 1;
        return inner_->query_exists(site, is(Defect::exists_forgets_the_filter) ? FilterNode{} : wrong(filter));
    }

    std::vector<ValueCount> query_groups(const CallSite& site, const FilterNode& filter,
                                         const FieldPlace& field) const {
        std::vector<ValueCount> groups = inner_->query_groups(site, wrong(filter), field);
        if (is(Defect::count_by_is_backwards)) std::ranges::reverse(groups);
        if (is(Defect::count_by_leaves_out_no_value)) {
            std::erase_if(groups, [](const ValueCount& group) { return group.value.is_null(); });
        }
        if (is(Defect::count_by_counts_once)) {
            for (ValueCount& group : groups) group.documents = 1;
        }
        return groups;
    }
    SumOfValues query_sum(const CallSite& site, const FilterNode& filter, const FieldPlace& field) const {
        SumOfValues sum = inner_->query_sum(site, wrong(filter), field);
        if (is(Defect::avg_counts_all) && sum.values != 0) sum.values = inner_->query_count(site, filter);
        if (is(Defect::sum_is_done_in_double)) sum.sum = rounded(sum.sum);
        if (is(Defect::sum_takes_a_value_once)) {
            double total = 0;
            for (const ValueCount& group : inner_->query_groups(site, filter, field)) {
                if (group.value.is_number()) total += group.value.template get<double>();
            }
            sum.sum = gridone::storage::canonical_json(json(total));
        }
        return sum;
    }

    std::string query_plan(const CallSite& site, const QuerySpec& spec, bool run) const {
        return inner_->query_plan(site, spec, run);
    }
    std::size_t query_remove(const CallSite& site, const QuerySpec& spec) const {
        if (is(Defect::query_remove_keeps)) return inner_->query_ids(site, spec).size();
        return inner_->query_remove(site, DefectiveSpec{defect_, site.operation}(spec)) +
               (is(Defect::query_remove_lies) ? 1 : 0);
    }
    Rows query_patch(const CallSite& site, const QuerySpec& spec, std::span<const FieldChange> changes) const {
        if (is(Defect::query_patch_keeps_a_part)) {
            Rows rows = inner_->query(site, spec);
            for (auto& row : rows) {
                CallSite at = site;
                at.id = row.id;
                (void)inner_->patch(at, changes);
                if (const auto now = inner_->find_document(at)) row = {row.id, now->text, now->version};
            }
            return rows;
        }
        const bool is_compared = is(Defect::query_patch_gives_what_was) || is(Defect::query_patch_counts_what_changed);
        const Rows before = is_compared ? inner_->query(site, spec) : Rows{};
        Rows changed = inner_->query_patch(site, DefectiveSpec{defect_, site.operation}(spec), changes);
        if (is(Defect::query_patch_gives_what_was)) return before;
        if (is(Defect::query_patch_counts_what_changed)) {
            std::erase_if(changed, [&](const auto& row) {
                return std::ranges::any_of(before,
                                           [&](const auto& old) { return old.id == row.id && old.text == row.text; });
            });
        }
        return changed;
    }

protected:
    [[nodiscard]] bool is(Defect defect) const noexcept { return defect_ == defect; }

    const Inner* inner_;
    Defect defect_;

private:
    [[nodiscard]] FilterNode wrong(const FilterNode& filter) const { return DefectiveFilter{defect_}(filter); }

    static std::string rounded(const std::string& decimal) {
        const json number = json::parse(decimal);
        return number.is_number() ? gridone::storage::canonical_json(json(number.get<double>())) : decimal;
    }
};

}  // namespace differential

#endif
