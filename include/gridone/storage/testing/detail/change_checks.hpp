// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_CHANGE_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_CHANGE_CHECKS_HPP

#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>
#include <gridone/storage/testing/detail/thread_checks.hpp>
#include <gridone/storage/testing/expect_fields.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace gridone::storage::inline v0::testing::detail {

namespace conformance_fields {
inline constexpr auto text = field<&ConformanceDocument::text>;
inline constexpr auto number = field<&ConformanceDocument::number>;
inline constexpr auto natural = field<&ConformanceDocument::natural>;
inline constexpr auto fraction = field<&ConformanceDocument::fraction>;
inline constexpr auto list = field<&ConformanceDocument::list>;
inline constexpr auto note = field<&ConformanceDocument::note>;
inline constexpr auto latitude = field<&ConformanceDocument::place, &ConformancePlace::latitude>;
inline constexpr auto floor = field<&ConformanceDocument::place, &ConformancePlace::floor>;
}  // namespace conformance_fields

/// What patch and edit promise.
template <class Checks>
void add_change_checks(Checks& checks) {
    namespace fields = conformance_fields;
    checks.add("the fields of a document are found where it is written", [](auto& storage) {
        const auto expect_all = [&](const auto&... all) {
            if constexpr (requires { expect_fields(storage, sample(1), all...); }) {
                expect_fields(storage, sample(1), all...);
            } else {
                expect_fields<ConformanceDocument>(sample(1), all...);
            }
        };
        expect_all(fields::text, fields::number, fields::natural, fields::fraction, fields::list, fields::note,
                   fields::latitude, fields::floor);
    });
    checks.add("patch changes the named fields and nothing else", [](auto& storage) {
        storage.write("a", sample(1));
        storage.write("b", sample(2));
        const Version version =
            storage.patch("a", fields::text.set("new"), fields::number.increment(41), fields::fraction.increment(0.25),
                          fields::list.append("last"), fields::note.set(std::nullopt), fields::latitude.set(-0.5),
                          fields::floor.increment(-3));
        auto expected = sample(1);
        expected.text = "new";
        expected.number = 42;
        expected.fraction = 1.75;
        expected.list.emplace_back("last");
        expected.note.reset();
        expected.place.latitude = -0.5;
        expected.place.floor = -3;
        expect_equal(storage.read("a"), expected, "read after patch");
        expect_equal(storage.read("b"), sample(2), "read of another document after patch");
        expect(storage.read_document("a").version == version, "patch gives another version than the stored one");
        storage.patch("a", fields::list.remove_value("1"));
        expected.list = {"last"};
        expect_equal(storage.read("a"), expected, "read after remove_value");
    });
    checks.add("patch of a missing id throws NotFoundError and creates nothing", [](auto& storage) {
        expect_not_found("patch of a missing id", [&] { storage.patch("a", fields::number.set(1)); });
        expect_ids(storage, {}, "after a refused patch");
    });
    checks.add("patch under a version changes only what nobody changed meanwhile", [](auto& storage) {
        const Version seen = storage.write("a", sample(1));
        const Version now = storage.patch("a", if_version(seen), fields::text.set("new"), fields::number.increment(1));
        expect(storage.read_document("a").version == now, "patch under a version gives another than the stored one");
        auto expected = sample(1);
        expected.text = "new";
        expected.number += 1;
        const auto refuse = [&](const std::string& what, auto change) {
            const auto error = expect_version_conflict("patch under a version that has passed, " + what, [&] {
                storage.patch("a", if_version(seen), fields::text.set("newer"), change);
            });
            expect(error.stored() == now, "VersionConflictError carries another version than the stored one");
            expect_equal(storage.read("a"), expected, "read after a refused patch");
        };
        refuse("that fits", fields::number.increment(1));
        refuse("that does not fit", path<int>("note").increment(1));
        expect_invalid_input("patch under the stored version, that does not fit",
                             [&] { storage.patch("a", if_version(now), path<int>("note").increment(1)); });
        expect_not_found("patch of a missing id under a version",
                         [&] { storage.patch("b", if_version(now), fields::number.set(1)); });
        expect_equal(storage.read("a"), expected, "read after refused patches");
        expect_ids(storage, {"a"}, "after refused patches");
    });
    checks.add("a patch of which one change does not fit changes nothing", [](auto& storage) {
        auto document = sample(1);
        document.number = std::numeric_limits<std::int64_t>::max();
        document.place.floor = std::numeric_limits<std::int32_t>::min();
        storage.write("a", document);
        const auto refused = [&](const std::string& what, auto change) {
            expect_invalid_input("patch with " + what, [&] { storage.patch("a", fields::text.set("new"), change); });
            expect_equal(storage.read("a"), document, "read after a patch with " + what);
        };
        refused("an increment beyond the range of std::int64_t", fields::number.increment(1));
        refused("an increment below the range of std::int32_t", fields::floor.increment(-1));
        refused("an increment of a text", path<int>("note").increment(1));
        refused("an append to an object", path<std::vector<int>>("place").append(1));
        refused("a path through a text", path<int>("note", "inner").set(1));
        refused("a path through a list", path<int>("list", "0").set(1));
        refused("the same field twice", fields::text.set("newer"));
        refused("NaN", fields::fraction.set(std::numeric_limits<double>::quiet_NaN()));
        refused("U+0000", fields::note.set(std::string{"a\0b", 3}));
    });
    checks.add("numbers are incremented in the type of their field", [](auto& storage) {
        auto document = sample(1);
        document.natural = std::numeric_limits<std::uint64_t>::max() - 1;
        document.number = std::numeric_limits<std::int64_t>::min() + 1;
        document.fraction = 0.1;
        storage.write("a", document);
        storage.patch("a", fields::natural.increment(1), fields::number.increment(-1), fields::fraction.increment(0.2));
        document.natural += 1;
        document.number -= 1;
        document.fraction = 0.1 + 0.2;
        expect_equal(storage.read("a"), document, "read after increments");
        storage.patch("a", path<int>("new", "counter").increment(2));
        expect_equal(storage.read("a"), document, "read after an increment of a field that was missing");
    });
    checks.add("edit stores what the function changed", [](auto& storage) {
        storage.write("a", sample(1));
        const auto edited = storage.edit("a", [](ConformanceDocument& document) {
            document.number += 1;
            document.list.clear();
            document.map["new"] = 1.5;
        });
        auto expected = sample(1);
        expected.number += 1;
        expected.list.clear();
        expected.map["new"] = 1.5;
        expect_equal(edited.value, expected, "what edit gives");
        expect_equal(storage.read("a"), expected, "read after edit");
        expect(edited.id == "a" && edited.version == storage.read_document("a").version,
               "edit gives another id or version than are stored");
        expect_not_found("edit of a missing id", [&] { storage.edit("b", [](ConformanceDocument&) {}); });
    });
    checks.add("edits of several threads at the same document are all stored", [](auto& storage) {
        constexpr std::int64_t edits = 25;
        storage.write("a", sample(0));
        at_once([&](std::size_t) {
            for (std::int64_t i = 0; i < edits; ++i) {
                storage.edit("a", [](ConformanceDocument& document) { ++document.number; });
            }
        });
        const auto number = storage.read("a").number;
        const auto expected = edits * static_cast<std::int64_t>(conformance_threads);
        expect(number == expected,
               "of " + std::to_string(expected) + " edits, " + std::to_string(number) + " are stored");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
