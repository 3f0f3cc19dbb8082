// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_OPERATION_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_OPERATION_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/optional_operations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gridone::storage::inline v0::testing::detail {

/// What each operation promises about documents that are there and that are not.
template <class Checks>
void add_operation_checks(Checks& checks) {
    using Backend = typename Checks::Backend;

    checks.add("read of a missing id throws NotFoundError", [](auto& storage) {
        const auto missing = [&](const std::string& id) {
            expect_not_found("read of a missing id", [&] { static_cast<void>(storage.read(id)); });
        };
        missing("a");
        storage.write("a", sample(1));
        for (const char* id : {"b", "aa", "A", " a", "a ", "`"}) missing(id);
        storage.remove("a");
        missing("a");
        expect_ids(storage, {}, "after reads of missing ids");
    });
    checks.add("remove tells whether the document was there", [](auto& storage) {
        expect(!storage.remove("a"), "remove of an id that was never there tells that it was");
        storage.write("a", sample(1));
        expect(!storage.remove("b"), "remove of a missing id beside another tells that it was there");
        expect(storage.remove("a"), "remove of a document tells that it was not there");
        expect(!storage.remove("a"), "a second remove tells that the document was there");
    });
    checks.add("remove removes that document and no other", [](auto& storage) {
        for (const char* id : {"a", "aa", "ab", "b"}) storage.write(id, sample(1));
        storage.remove("aa");
        expect_not_found("read of a removed document", [&] { static_cast<void>(storage.read("aa")); });
        expect_ids(storage, {"a", "ab", "b"}, "after remove of aa");
        storage.remove("a");
        expect_ids(storage, {"ab", "b"}, "after remove of a");
        storage.write("a", sample(2));
        expect_equal(storage.read("a"), sample(2), "read of an id that is used again after remove");
        expect_ids(storage, {"a", "ab", "b"}, "with an id that is used again");
    });
    if constexpr (Finds<Backend>) {
        checks.add("find gives the document, or nothing for a missing id", [](auto& storage) {
            std::optional<ConformanceDocument> found = storage.find("a");
            expect(!found, "find of a missing id gives a document");
            storage.write("a", sample(1));
            found = storage.find("a");
            expect(found.has_value(), "find of a stored document gives nothing");
            expect_equal(*found, sample(1), "find");
            expect(!storage.find("b"), "find of a missing id beside another gives a document");
            storage.remove("a");
            expect(!storage.find("a"), "find of a removed document gives it");
        });
    }
    if constexpr (Inserts<Backend>) {
        checks.add("insert stores a new document", [](auto& storage) {
            storage.insert("a", sample(1));
            expect_equal(storage.read("a"), sample(1), "read after insert");
            storage.remove("a");
            storage.insert("a", sample(2));
            expect_equal(storage.read("a"), sample(2), "read after insert of an id that was removed");
            expect_ids(storage, {"a"}, "after insert");
        });
        checks.add("insert of a taken id throws AlreadyExistsError and leaves the stored document", [](auto& storage) {
            storage.write("a", sample(1));
            for (std::int64_t i = 1; i < 3; ++i) {
                expect_already_exists("insert of a taken id", [&] { storage.insert("a", sample(i)); });
                expect_equal(storage.read("a"), sample(1), "read after a refused insert");
            }
            expect_ids(storage, {"a"}, "after a refused insert");
        });
    }
    if constexpr (Replaces<Backend>) {
        checks.add("replace stores a document in place of another", [](auto& storage) {
            storage.write("a", sample(1));
            storage.write("b", sample(2));
            storage.replace("a", sample(3));
            expect_equal(storage.read("a"), sample(3), "read after replace");
            expect_equal(storage.read("b"), sample(2), "read of another document after replace");
        });
        checks.add("replace of a missing id throws NotFoundError and creates nothing", [](auto& storage) {
            storage.write("b", sample(2));
            expect_not_found("replace of a missing id", [&] { storage.replace("a", sample(1)); });
            expect_not_found("read after a refused replace", [&] { static_cast<void>(storage.read("a")); });
            expect_ids(storage, {"b"}, "after a refused replace");
        });
    }
    if constexpr (TellsContains<Backend>) {
        checks.add("contains tells whether the document is there", [](auto& storage) {
            expect(!storage.contains("a"), "contains of a missing id tells that it is there");
            storage.write("a", sample(1));
            expect(storage.contains("a"), "contains of a document tells that it is not there");
            expect(!storage.contains("b"), "contains of a missing id beside another tells that it is there");
            storage.remove("a");
            expect(!storage.contains("a"), "contains of a removed document tells that it is there");
        });
    }
    if constexpr (Counts<Backend>) {
        checks.add("count gives the number of documents", [](auto& storage) {
            const auto expect_count = [&](std::size_t expected, const std::string& when) {
                const auto counted = static_cast<std::size_t>(storage.count());
                expect(counted == expected,
                       "count gives " + std::to_string(counted) + " " + when + ", not " + std::to_string(expected));
            };
            expect_count(0, "of an empty storage");
            for (std::size_t i = 1; i <= 12; ++i) {
                storage.write("id " + std::to_string(i), sample(1));
                expect_count(i, "after " + std::to_string(i) + " writes");
            }
            storage.write("id 1", sample(2));
            expect_count(12, "after a write of an id that was there");
            storage.remove("id 1");
            storage.remove("id 1");
            expect_count(11, "after a document of 12 was removed");
        });
    }
    if constexpr (Clears<Backend>) {
        checks.add("clear removes all documents", [](auto& storage) {
            const auto clear = [&](std::size_t expected) {
                if constexpr (std::convertible_to<decltype(storage.clear()), std::size_t>) {
                    const auto cleared = static_cast<std::size_t>(storage.clear());
                    expect(cleared == expected, "clear tells that it removed " + std::to_string(cleared) +
                                                    " documents, not " + std::to_string(expected));
                } else {
                    storage.clear();
                }
                expect_ids(storage, {}, "after clear");
            };
            clear(0);
            for (const char* id : {"a", "b/c", "B"}) storage.write(id, sample(1));
            clear(3);
            expect_not_found("read after clear", [&] { static_cast<void>(storage.read("a")); });
            storage.write("a", sample(2));
            expect_ids(storage, {"a"}, "with an id that is used again after clear");
        });
    }
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
