// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_BATCH_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_BATCH_CHECKS_HPP

#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

using Pairs = std::vector<std::pair<std::string, ConformanceDocument>>;

/// What the operations on several documents promise.
template <class Checks>
void add_batch_checks(Checks& checks) {
    checks.add("read_many gives the documents in the order asked, and nothing for missing ids", [](auto& storage) {
        for (std::int64_t i = 0; i < 4; ++i) storage.write(std::to_string(i), sample(i));
        const auto found = storage.read_many(std::vector<std::string>{"2", "x", "0", "2", ""});
        expect(found.size() == 5, "read_many of five ids gives " + std::to_string(found.size()));
        expect(found[0] && found[2] && found[3], "read_many gives nothing for a stored document");
        expect(!found[1] && !found[4], "read_many gives a document for a missing id");
        expect_equal(*found[0], sample(2), "read_many at position 0");
        expect_equal(*found[2], sample(0), "read_many at position 2");
        expect_equal(*found[3], sample(2), "read_many at position 3");
        expect(storage.read_many(std::vector<std::string>{}).empty(), "read_many of no ids gives something");
    });
    checks.add("write_many stores all; of two with one id, the later", [](auto& storage) {
        storage.write("b", sample(1));
        const auto versions =
            storage.write_many(Pairs{{"c", sample(2)}, {"a", sample(3)}, {"b", sample(4)}, {"c", sample(5)}});
        expect_equal(storage.read_all(), {sample(3), sample(4), sample(5)}, "read_all after write_many");
        expect(versions.size() == 4 && versions[0] == versions[3] &&
                   versions[1] == storage.read_document("a").version &&
                   versions[3] == storage.read_document("c").version,
               "write_many gives other versions than are stored");
        expect(storage.write_many(Pairs{}).empty(), "write_many of nothing gives a version");
        storage.write_many(std::map<std::string, ConformanceDocument>{{"d", sample(6)}});
        expect_ids(storage, {"a", "b", "c", "d"}, "after write_many");
    });
    checks.add("a batch of which one document cannot be stored stores none", [](auto& storage) {
        for (const auto& [what, impossible] : impossible_documents()) {
            const Pairs batch{{"a", sample(1)}, {"b", impossible}, {"c", sample(2)}};
            expect_invalid_input("write_many with " + what, [&] { storage.write_many(batch); });
            expect_invalid_input("insert_many with " + what, [&] { storage.insert_many(batch); });
            expect_invalid_input("insert_missing with " + what, [&] { storage.insert_missing(batch); });
        }
        expect_invalid_input("write_many with an empty id",
                             [&] { storage.write_many(Pairs{{"a", sample(1)}, {"", sample(2)}}); });
        expect_ids(storage, {}, "after refused batches");
    });
    checks.add("insert_many stores all or, if one id is taken, none", [](auto& storage) {
        storage.insert_many(Pairs{{"b", sample(1)}, {"a", sample(2)}});
        expect_equal(storage.read_all(), {sample(2), sample(1)}, "read_all after insert_many");
        try {
            storage.insert_many(Pairs{{"d", sample(3)}, {"b", sample(4)}, {"c", sample(5)}});
            expect(false, "insert_many with a taken id does not throw");
        } catch (const AlreadyExistsError& error) {
            expect(error.id() == "b", "AlreadyExistsError of insert_many names the id " + shown(error.id()));
        }
        expect_already_exists("insert_many with one id twice",
                              [&] { storage.insert_many(Pairs{{"d", sample(3)}, {"d", sample(3)}}); });
        expect_equal(storage.read_all(), {sample(2), sample(1)}, "read_all after refused batches");
    });
    checks.add("insert_missing stores those whose ids are free, and tells which", [](auto& storage) {
        storage.write("b", sample(1));
        const auto inserted =
            storage.insert_missing(Pairs{{"c", sample(2)}, {"b", sample(3)}, {"a", sample(4)}, {"a", sample(5)}});
        expect_equal(inserted, {"a", "c"}, "insert_missing");
        expect_equal(storage.read_all(), {sample(4), sample(1), sample(2)}, "read_all after insert_missing");
    });
    checks.add("remove_many removes the documents and tells how many there were", [](auto& storage) {
        for (const char* id : {"a", "b", "c", "d"}) storage.write(id, sample(1));
        const auto removed = storage.remove_many(std::vector<std::string>{"d", "x", "b", "b"});
        expect(removed == 2, "remove_many of two documents tells " + std::to_string(removed));
        expect(storage.remove_many(std::vector<std::string>{}) == 0, "remove_many of nothing tells that it removed");
        expect_ids(storage, {"a", "c"}, "after remove_many");
    });
    checks.add("for_each visits every document once, and the function may change the storage", [](auto& storage) {
        constexpr std::size_t documents = 1500;
        Pairs batch;
        for (std::size_t i = 0; i < documents; ++i) {
            batch.emplace_back("id " + std::to_string(i), sample(static_cast<std::int64_t>(i)));
        }
        storage.write_many(batch);
        std::map<std::string, std::size_t> visits;
        storage.for_each([&](const Document<ConformanceDocument>& document) {
            ++visits[document.id];
            expect(document.id == "id " + std::to_string(document.value.number), "for_each mixes up documents");
            if (document.value.number % 2 == 0) storage.remove(document.id);
        });
        expect(visits.size() == documents,
               "for_each visits " + std::to_string(visits.size()) + " of " + std::to_string(documents) + " documents");
        for (const auto& [id, count] : visits) expect(count == 1, "for_each visits a document more than once");
        expect(storage.list_all().size() == documents / 2, "what the function of for_each removed is still there");
        std::size_t visited = 0;
        storage.for_each([&](const Document<ConformanceDocument>&) { return ++visited < 3; });
        expect(visited == 3, "for_each goes on after the function gave false");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
