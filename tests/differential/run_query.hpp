// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RUN_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RUN_QUERY_HPP

#include "differential/case.hpp"
#include "differential/changes.hpp"
#include "differential/model.hpp"
#include "differential/query_of.hpp"
#include "differential/seen.hpp"
#include "differential/walk_query.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace differential {

/// Asks a query of a storage, and tells what it gives.
class QueryRun {
public:
    /// @param meanwhile  what happens between pages
    QueryRun(Seen& seen, Meanwhile meanwhile) : seen_{seen}, meanwhile_{std::move(meanwhile)} {}

    template <class Bound>
    void operator()(const Bound& asked, const Operation& it) {
        switch (it.query.ask) {
            case Ask::all:
                return tell(asked.all());
            case Ask::first:
                return tell(asked.first());
            case Ask::one:
                return tell(asked.one());
            case Ask::find:
                return tell(asked.find());
            case Ask::read:
                return tell(asked.read());
            case Ask::read_all:
                return tell(asked.read_all());
            case Ask::ids:
                return tell(asked.ids());
            case Ask::count:
                return tell(asked.count());
            case Ask::exists:
                return tell(asked.exists());
            case Ask::count_by:
            case Ask::sum:
            case Ask::avg:
            case Ask::min:
            case Ask::max:
                return with_field(it.query.of, [&](const auto& field) { tell_total(asked, it.query.ask, field); });
            case Ask::select:
                return tell(asked.template select<Excerpt>());
            case Ask::select_parts:
                return tell(asked.template select<ModelPart>());
            case Ask::for_each:
                return walk_documents(asked, seen_, it.query.number, meanwhile_);
            case Ask::pages:
                return walk_pages(asked, seen_, plain_page, meanwhile_);
            case Ask::counted_pages:
                return walk_pages(asked, seen_, counted_page, meanwhile_);
            case Ask::select_pages:
                return walk_pages(asked, seen_, counted_part, meanwhile_);
            case Ask::changed_cursor:
                return page_of_changed_cursor(asked, seen_, it.query.number);
            case Ask::foreign_cursor: {
                CaseQuery other = it.query;
                other.order.clear();
                return page_of_foreign_cursor(asked, seen_, asked.with(QueryOf{seen_}(other).spec()));
            }
            case Ask::patch:
                return with_changes(it, [&](const auto&... changes) { tell(asked.patch(changes...)); });
            case Ask::patch_documents:
                return with_changes(it, [&](const auto&... changes) { tell(asked.patch_documents(changes...)); });
            case Ask::remove:
                return tell(asked.remove());
        }
    }

private:
    template <class T>
    void tell(const T& result) {
        seen_.line(seen_.text(result));
    }

    template <class Bound, class Field>
    void tell_total(const Bound& asked, Ask ask, const Field& field) {
        using namespace gridone::storage::detail;
        using Value = typename Field::value_type;
        if constexpr (IsComparable<Value>) {
            if (ask == Ask::count_by) return tell(asked.count_by(field));
        }
        if constexpr (IsOrdered<Value>) {
            if (ask == Ask::min) return tell(asked.min(field));
            if (ask == Ask::max) return tell(asked.max(field));
        }
        if constexpr (IsNumber<Value>) {
            if (ask == Ask::sum) return tell(asked.sum(field));
            if (ask == Ask::avg) return tell(asked.avg(field));
        }
        throw std::logic_error{"a total that no field of this type has"};
    }

    /// Calls `f(changes…)`, of which there are three at most.
    template <class F>
    static void with_changes(const Operation& it, F&& f) {
        const std::vector<Change> changes = changes_of(it.changes);
        if (changes.size() == 1) f(changes[0]);
        if (changes.size() == 2) f(changes[0], changes[1]);
        if (changes.size() == 3) f(changes[0], changes[1], changes[2]);
    }

    Seen& seen_;
    Meanwhile meanwhile_;
};

}  // namespace differential

#endif
