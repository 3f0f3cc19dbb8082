// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_QUERY_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_QUERY_CHECKS_HPP

#include <gridone/storage/query/page.hpp>
#include <gridone/storage/query/query.hpp>
#include <gridone/storage/testing/detail/change_checks.hpp>
#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <string>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// Ten documents, "d0" to "d9", of the samples 0 to 9; every third has no note.
template <class Storage>
void store_ten(Storage& storage) {
    for (int number = 0; number < 10; ++number) storage.write("d" + std::to_string(number), sample(number));
}

/// What queries promise.
template <class Checks>
void add_query_checks(Checks& checks) {
    namespace fields = conformance_fields;
    checks.add("a query finds the documents that its filter is true of, by id", [](auto& storage) {
        store_ten(storage);
        const auto expect_found = [&](const Filter<ConformanceDocument>& filter, const std::vector<std::string>& ids,
                                      const std::string& what) {
            expect_equal(storage.query().where(filter).ids(), ids, what);
        };
        expect_found(fields::number >= 8, {"d8", "d9"}, "greater or equal");
        expect_found(fields::number == 3 || fields::text == sample(5).text, {"d3", "d5"}, "one or the other");
        expect_found(fields::note.is_null(), {"d0", "d3", "d6", "d9"}, "without a value");
        expect_found(fields::note != *sample(1).note && fields::number < 3, {"d2"}, "no value is not unequal");
        expect_found(!(fields::note == *sample(1).note) && fields::number < 4, {"d0", "d2", "d3"}, "a negation");
        expect_found(fields::list.contains(sample(7).list.front()), {"d7"}, "an element");
        expect_found(fields::latitude.between(0.25, 0.5), {"d2", "d3", "d4"}, "a member of a member");
        expect_found(fields::number.in({9, 1, 9, 77}), {"d1", "d9"}, "one of several");
        expect_found(id_field.starts_with("d") && id_field > "d8", {"d9"}, "the id");
    });
    checks.add("a query orders by values, no value last, equal ones by id", [](auto& storage) {
        store_ten(storage);
        const auto query = storage.query().where(fields::number < 7);
        const std::vector<std::string> up{"d1", "d2", "d4", "d5", "d0", "d3", "d6"};
        expect_equal(query.order_by(fields::note).ids(), up, "ascending");
        expect_equal(query.order_by(fields::note.descending()).ids(), {up.rbegin(), up.rend()}, "descending");
        expect_equal(query.order_by(fields::note, fields::number.descending()).offset(3).limit(3).ids(),
                     {"d5", "d6", "d3"}, "by two fields, a part of it");
    });
    checks.add("pages go on where the last one ended, whatever comes and goes between them", [](auto& storage) {
        store_ten(storage);
        const auto query = storage.query().order_by(fields::number.descending()).limit(4);
        const auto first = query.page(with_total);
        expect(first.total == 10, "the total is not the number of all documents");
        expect(first.items.size() == 4 && first.next.has_value(), "the first page is not full");
        storage.remove("d6");
        storage.write("new", sample(20));
        const auto second = query.page(*first.next);
        expect(second.items.size() == 4 && second.items.front().id == "d5", "the second page begins elsewhere");
        const auto last = query.page(Cursor::from_text(second.next.value().text()));
        expect(last.items.size() == 2 && !last.next.has_value(), "the last page is not the last");
        expect_invalid_input("a page of another query's cursor",
                             [&] { static_cast<void>(storage.query().limit(4).page(*first.next)); });
    });
    checks.add("a query tells how many documents, whether there are any, and sums over them", [](auto& storage) {
        store_ten(storage);
        const auto query = storage.query().where(fields::number > 5);
        expect(query.count() == 4 && query.exists(), "count or exists");
        expect(!storage.query().where(fields::number > 50).exists(), "exists where there is none");
        expect(query.sum(fields::number) == 30 && query.min(fields::number) == 6 && query.max(fields::number) == 9,
               "sum, min or max");
        expect(query.avg(fields::number) == 7.5, "avg");
        const auto groups = storage.query().count_by(fields::note);
        expect(groups.size() == 7 && !groups.back().first && groups.back().second == 4, "count_by");
        expect_error<ConflictError>("ConflictError", "one of several", [&] { static_cast<void>(query.one()); });
        expect_not_found("one of none", [&] { static_cast<void>(query.where(fields::number > 50).one()); });
        expect_equal(query.where(fields::number == 7).read(), sample(7), "read of one");
    });
    checks.add("a query changes and removes the documents that it finds, and no others", [](auto& storage) {
        store_ten(storage);
        const auto query = storage.query().where(fields::number >= 8);
        expect(query.patch(fields::floor.set(5)) == 2, "patch tells another number");
        expect(storage.query().where(fields::floor == 5).ids() == query.ids(), "patch changed others");
        const auto changed = query.patch_documents(fields::floor.increment(1));
        expect(changed.size() == 2 && changed.back().value.place.floor == 6, "patch_documents gives something else");
        expect(query.remove() == 2 && storage.count() == 8, "remove removes something else");
        expect(query.remove() == 0, "remove of none removes some");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
