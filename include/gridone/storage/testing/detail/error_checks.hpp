// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_ERROR_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_ERROR_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/optional_operations.hpp>
#include <gridone/storage/testing/detail/sample_ids.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace gridone::storage::inline v0::testing::detail {

/// What cannot be stored is refused before anything happens, and a refusal has no consequences.
template <class Checks>
void add_error_checks(Checks& checks) {
    using Backend = typename Checks::Backend;

    checks.add("an id that cannot be stored is refused on write, and nothing is stored", [](auto& storage) {
        storage.write("a", sample(1));
        for (const auto& impossible : impossible_ids()) {
            const std::string& what = impossible.first;
            const std::string& id = impossible.second;
            expect_invalid_input("write of " + what, [&] { storage.write(id, sample(2)); });
            if constexpr (Inserts<Backend>) {
                expect_invalid_input("insert of " + what, [&] { storage.insert(id, sample(2)); });
            }
            if constexpr (Replaces<Backend>) {
                expect_invalid_input("replace of " + what, [&] { storage.replace(id, sample(2)); });
            }
            expect_ids(storage, {"a"}, "after a write of " + what);
        }
        expect_equal(storage.read("a"), sample(1), "read after refused writes of other ids");
    });
    checks.add("an id that cannot be stored is nowhere to be read or removed", [](auto& storage) {
        storage.write("a", sample(1));
        storage.write(std::string(max_id_bytes, 'x'), sample(2));
        for (const auto& impossible : impossible_ids()) {
            const std::string& what = impossible.first;
            const std::string& id = impossible.second;
            const auto read = [&] { static_cast<void>(storage.read(id)); };
            const auto remove = [&] { storage.remove(id); };
            try {
                check_id_text(id);
            } catch (const InvalidInputError&) {  // no text that any storage could hold
                expect_invalid_input("read of " + what, read);
                expect_invalid_input("remove of " + what, remove);
                continue;
            }
            expect_not_found("read of " + what, read);
            expect(!storage.remove(id), "remove of " + what + " tells that it was there");
        }
        expect_ids(storage, {"a", std::string(max_id_bytes, 'x')}, "after removes of ids that cannot be stored");
    });
    checks.add("a document that is no JSON is refused, and nothing is stored", [](auto& storage) {
        storage.write("a", sample(1));
        for (const auto& impossible : impossible_documents()) {
            const std::string& what = impossible.first;
            const ConformanceDocument& document = impossible.second;
            const auto refuses = [&](const std::string& id) {
                expect_invalid_input("write of " + what, [&] { storage.write(id, document); });
                if constexpr (Inserts<Backend>) {
                    if (id != "a") expect_invalid_input("insert of " + what, [&] { storage.insert(id, document); });
                }
                if constexpr (Replaces<Backend>) {
                    if (id == "a") expect_invalid_input("replace by " + what, [&] { storage.replace(id, document); });
                }
            };
            refuses("a");
            refuses("b");
            expect_ids(storage, {"a"}, "after a write of " + what);
            expect_equal(storage.read("a"), sample(1), "read of the old document after a write of " + what);
        }
    });
    checks.add("a storage works on after errors", [](auto& storage) {
        const auto impossible = impossible_documents();
        storage.write("a", sample(0));
        for (std::int64_t round = 1; round <= 20; ++round) {
            expect_not_found("read of a missing id", [&] { static_cast<void>(storage.read("missing")); });
            expect_invalid_input("write of an empty id", [&] { storage.write("", sample(1)); });
            const auto& refused = impossible[static_cast<std::size_t>(round) % impossible.size()];
            expect_invalid_input("write of " + refused.first, [&] { storage.write("a", refused.second); });
            if constexpr (Inserts<Backend>) {
                expect_already_exists("insert of a taken id", [&] { storage.insert("a", sample(1)); });
            }
            if constexpr (Replaces<Backend>) {
                expect_not_found("replace of a missing id", [&] { storage.replace("missing", sample(1)); });
            }
            expect(!storage.remove("missing"), "remove of a missing id tells that it was there");
            expect_equal(storage.read("a"), sample(round - 1), "read after errors");
            storage.write("a", sample(round));
            expect_equal(storage.read("a"), sample(round), "read after errors and a write");
            expect_ids(storage, {"a"}, "after errors");
        }
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
