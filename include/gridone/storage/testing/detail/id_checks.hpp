// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_ID_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_ID_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/sample_ids.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// Ids are kept exactly: each names a document of its own, and is listed as it was given.
template <class Checks>
void add_id_checks(Checks& checks) {
    const auto keeps_apart = [](auto& storage, std::vector<std::string> ids) {
        const auto number = [](std::size_t i) { return static_cast<std::int64_t>(i); };
        for (std::size_t i = 0; i < ids.size(); ++i) {
            expect_not_found("read of the id " + shown(ids[i]) + ", before it is written,",
                             [&] { static_cast<void>(storage.read(ids[i])); });
            storage.write(ids[i], sample(number(i)));
        }
        for (std::size_t i = 0; i < ids.size(); ++i) {
            expect_equal(storage.read(ids[i]), sample(number(i)), "read of the id " + shown(ids[i]));
        }
        const std::vector<std::string> in_order_of_writing = ids;
        std::sort(ids.begin(), ids.end());
        auto listed = storage.list_all();
        std::sort(listed.begin(), listed.end());  // the order has checks of its own
        expect_equal(listed, ids, "list_all");
        for (const std::string& id : in_order_of_writing) {
            expect(storage.remove(id), "remove of the id " + shown(id) + " tells that it was not there");
        }
        expect_ids(storage, {}, "after all ids were removed");
    };
    checks.add("ids that differ in case are different ids",
               [keeps_apart](auto& storage) { keeps_apart(storage, ids_that_differ_in_case()); });
    checks.add("ids that differ in spaces are different ids",
               [keeps_apart](auto& storage) { keeps_apart(storage, ids_that_differ_in_spaces()); });
    checks.add("quotes, wildcards, backslashes, slashes and dots in ids are characters as any other",
               [keeps_apart](auto& storage) { keeps_apart(storage, ids_with_special_characters()); });
    checks.add("ids that look alike are different ids",
               [keeps_apart](auto& storage) { keeps_apart(storage, ids_that_look_alike()); });
    checks.add("ids of up to 512 bytes are kept whole",
               [keeps_apart](auto& storage) { keeps_apart(storage, long_ids()); });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
