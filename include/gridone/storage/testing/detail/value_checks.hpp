// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_VALUE_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_VALUE_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// What is stored comes back as it was, and only what is stored.
template <class Checks>
void add_value_checks(Checks& checks) {
    const auto round_trip = [](auto& storage, const ConformanceDocument& document, const std::string& what) {
        storage.write("a", document);
        expect_equal(storage.read("a"), document, "read after a write of " + what);
        const auto all = storage.read_all();
        expect(all.size() == 1, "read_all does not give one document where there is one");
        expect_equal(all[0], document, "read_all after a write of " + what);
    };
    checks.add("texts come back as they were written", [round_trip](auto& storage) {
        for (const std::string& text : sample_texts()) {
            ConformanceDocument document = sample(1);
            document.text = text;
            document.list = {text, "", text};
            document.map = {{text, 1.5}};
            document.note = text;
            round_trip(storage, document, "the text " + shown(text));
        }
    });
    checks.add("whole numbers of 64 bits come back exactly", [round_trip](auto& storage) {
        for (const std::int64_t number : sample_integers()) {
            ConformanceDocument document = sample(1);
            document.number = number;
            round_trip(storage, document, std::to_string(number));
        }
        for (const std::uint64_t natural : sample_naturals()) {
            ConformanceDocument document = sample(1);
            document.natural = natural;
            round_trip(storage, document, std::to_string(natural));
        }
    });
    checks.add("fractions come back as the same double", [round_trip](auto& storage) {
        for (const double fraction : sample_fractions()) {
            ConformanceDocument document = sample(1);
            document.fraction = fraction;
            document.place.latitude = -fraction;
            document.map = {{"x", fraction}};
            round_trip(storage, document, "the fraction " + shown(nlohmann::json(fraction)));
        }
    });
    checks.add("nested, empty and absent members come back as they were written", [round_trip](auto& storage) {
        round_trip(storage, ConformanceDocument{}, "an empty document");
        ConformanceDocument document = sample(1);
        round_trip(storage, document, "a full document");
        document.note.reset();
        round_trip(storage, document, "an absent member");
        document.note = "";
        round_trip(storage, document, "an empty text");
        document.place.floor = -3;
        document.flag = false;
        document.list = std::vector<std::string>(1000, "element");
        for (int i = 0; i < 100; ++i) document.map["key " + std::to_string(i)] = i / 7.0;
        round_trip(storage, document, "a large list and map");
    });
    checks.add("write replaces the whole document", [](auto& storage) {
        storage.write("a", sample(1));
        for (const ConformanceDocument& document : {sample(2), ConformanceDocument{}, sample(3)}) {
            storage.write("a", document);
            expect_equal(storage.read("a"), document, "read after a second write");
        }
        expect_ids(storage, {"a"}, "after several writes of one id");
    });
    checks.add("a write touches no other document", [](auto& storage) {
        const std::vector<std::string> ids = {"a", "a1", "a2", "b", "b1"};
        for (const std::string& id : ids) storage.write(id, sample(id.back()));
        storage.write("a1", sample(1));
        expect_equal(storage.read("a1"), sample(1), "read of the id that was written");
        for (const std::string& id : ids) {
            if (id != "a1") expect_equal(storage.read(id), sample(id.back()), "read of " + id + " after a write of a1");
        }
        expect_ids(storage, ids, "after a write of an id that was there");
    });
    checks.add("every read sees the latest write", [](auto& storage) {
        for (std::int64_t i = 0; i < 20; ++i) {
            storage.write("a", sample(i));
            expect_equal(storage.read("a"), sample(i), "read right after a write");
            expect_equal(storage.read_all(), {sample(i)}, "read_all right after a write");
        }
        storage.remove("a");
        expect_not_found("read right after remove", [&] { static_cast<void>(storage.read("a")); });
        expect_ids(storage, {}, "right after remove");
        storage.write("a", sample(7));
        expect_equal(storage.read("a"), sample(7), "read right after remove and write");
    });
    checks.add("documents handed in and out are independent of what is stored", [](auto& storage) {
        ConformanceDocument written = sample(1);
        storage.write("a", written);
        written.text = "changed";
        written.reference.overwrite("changed");
        expect_equal(storage.read("a"), sample(1), "read after a change to the object that was written");
        ConformanceDocument read = storage.read("a");
        read.text = "changed";
        read.reference.overwrite("changed");
        expect_equal(storage.read("a"), sample(1), "read after a change to an object that was read");
        for (ConformanceDocument& each : storage.read_all()) each.reference.overwrite("changed");
        expect_equal(storage.read("a"), sample(1), "read after a change to what read_all gave");
        const ConformanceDocument kept = storage.read("a");
        storage.write("a", sample(2));
        expect_equal(kept, sample(1), "an object that was read before another write");
    });
    checks.add_with_factory("two storages made by the factory share nothing", [](auto& factory) {
        auto&& first = factory();
        first.write("a", sample(1));
        auto&& second = factory();
        expect_ids(second, {}, "of a fresh storage");
        second.write("a", sample(2));
        second.write("b", sample(3));
        expect_equal(first.read("a"), sample(1), "read after a write to another storage");
        expect_ids(first, {"a"}, "after writes to another storage");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
