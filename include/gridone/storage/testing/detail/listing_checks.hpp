// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_LISTING_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_LISTING_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/sample_ids.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// Listing is complete and goes by id in byte order.
template <class Checks>
void add_listing_checks(Checks& checks) {
    checks.add("an empty storage lists nothing", [](auto& storage) {
        expect_ids(storage, {}, "of an empty storage");
        storage.write("a", sample(1));
        storage.remove("a");
        expect_ids(storage, {}, "of an emptied storage");
    });
    checks.add("list_all gives the ids in byte order", [](auto& storage) {
        std::vector<std::string> ids = ids_to_sort();
        for (const std::string& id : ids) storage.write(id, sample(1));
        std::sort(ids.begin(), ids.end());  // std::string compares unsigned bytes
        expect_equal(storage.list_all(), ids, "list_all");
        storage.write(ids.front(), sample(2));
        expect_equal(storage.list_all(), ids, "list_all after a second write of the first id");
    });
    checks.add("read_all gives the documents by id in byte order", [](auto& storage) {
        std::vector<std::string> ids = ids_to_sort();
        for (const std::string& id : ids) storage.write(id, sample(1));
        std::sort(ids.begin(), ids.end());
        std::vector<ConformanceDocument> documents;
        for (const std::string& id : ids) {
            documents.push_back(sample(static_cast<std::int64_t>(documents.size())));
            storage.write(id, documents.back());
        }
        expect_equal(storage.read_all(), documents, "read_all");
    });
    checks.add("a thousand documents are listed", [](auto& storage) {
        std::vector<std::string> ids;
        std::vector<ConformanceDocument> documents;
        for (std::int64_t i = 1000; i < 2000; ++i) {
            ids.push_back(std::to_string(i));
            documents.push_back(sample(i));
            storage.write(ids.back(), documents.back());
        }
        expect_equal(storage.list_all(), ids, "list_all");
        expect_equal(storage.read_all(), documents, "read_all");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
