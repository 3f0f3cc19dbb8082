// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_VERSION_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_VERSION_CHECKS_HPP

#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <string>

namespace gridone::storage::inline v0::testing::detail {

/// What versions promise: that nobody overwrites what he has not seen.
template <class Checks>
void add_version_checks(Checks& checks) {
    checks.add("every write gives the version that read_document gives afterwards", [](auto& storage) {
        const auto expect_stored = [&](Version version, const std::string& operation) {
            expect(storage.read_document("a").version == version,
                   operation + " gives another version than read_document gives after it");
        };
        expect_stored(storage.write("a", sample(1)), "write of a new id");
        expect_stored(storage.write("a", sample(2)), "write over a document");
        expect_stored(storage.replace("a", sample(3)), "replace");
        expect_stored(storage.replace("a", sample(4), if_version(storage.read_document("a").version)),
                      "replace under a version");
        storage.remove("a");
        expect_stored(storage.insert("a", sample(5)), "insert");
    });
    checks.add(
        "read_document gives id, value and version; for a missing id it throws NotFoundError", [](auto& storage) {
            const Version version = storage.write("a", sample(1));
            const auto document = storage.read_document("a");
            expect(document.id == "a", "read_document gives the id " + shown(document.id));
            expect_equal(document.value, sample(1), "read_document");
            expect(document.version == version, "read_document gives another version than the write gave");
            expect_not_found("read_document of a missing id", [&] { static_cast<void>(storage.read_document("b")); });
        });
    checks.add("another content is another version", [](auto& storage) {
        const Version first = storage.write("a", sample(1));
        expect(storage.write("a", sample(2)) != first, "two contents have one version");
        auto close = sample(1);
        close.fraction = 1.5000000000000002;
        expect(storage.write("a", close) != first, "two contents that differ in one digit have one version");
    });
    checks.add("replace under a version stores only if nobody changed the document", [](auto& storage) {
        const Version seen = storage.write("a", sample(1));
        const Version now = storage.write("a", sample(2));
        const auto error = expect_version_conflict("replace under a version that has passed",
                                                   [&] { storage.replace("a", sample(3), if_version(seen)); });
        expect(error.stored() == now, "VersionConflictError carries another version than the stored one");
        expect_equal(storage.read("a"), sample(2), "read after a refused replace");
        storage.replace("a", sample(3), if_version(now));
        expect_equal(storage.read("a"), sample(3), "read after replace under the stored version");
        expect_not_found("replace of a missing id under a version",
                         [&] { storage.replace("b", sample(1), if_version(now)); });
        expect_ids(storage, {"a"}, "after refused replaces");
    });
    checks.add("remove under a version removes only if nobody changed the document", [](auto& storage) {
        const Version seen = storage.write("a", sample(1));
        const Version now = storage.write("a", sample(2));
        const auto error = expect_version_conflict("remove under a version that has passed",
                                                   [&] { storage.remove("a", if_version(seen)); });
        expect(error.stored() == now, "VersionConflictError carries another version than the stored one");
        expect_equal(storage.read("a"), sample(2), "read after a refused remove");
        storage.remove("a", if_version(now));
        expect_ids(storage, {}, "after remove under the stored version");
        expect_not_found("remove of a missing id under a version", [&] { storage.remove("a", if_version(now)); });
    });
    checks.add("insert_or_find inserts a new document and gives the one that is there", [](auto& storage) {
        const auto made = storage.insert_or_find("a", sample(1));
        expect(made.inserted, "insert_or_find of a new id tells that it was there");
        expect_equal(made.document.value, sample(1), "insert_or_find of a new id");
        const auto found = storage.insert_or_find("a", sample(2));
        expect(!found.inserted, "insert_or_find of a taken id tells that it inserted");
        expect_equal(found.document.value, sample(1), "insert_or_find of a taken id");
        expect(found.document.id == "a" && found.document.version == made.document.version,
               "insert_or_find of a taken id gives another id or version");
        expect_equal(storage.read("a"), sample(1), "read after insert_or_find of a taken id");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
