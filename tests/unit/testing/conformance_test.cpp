// SPDX-License-Identifier: MIT

#include "folder_storage.hpp"
#include "temporary_folder.hpp"
#include "unit/testing/defective_backend.hpp"
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Document = gs::testing::ConformanceDocument;

/// A storage with the five operations and no more.
class FiveOperations {
public:
    Document read(std::string_view id) const { return storage_.read(id); }
    void write(std::string_view id, const Document& document) { storage_.write(id, document); }
    std::vector<Document> read_all() const { return storage_.read_all(); }
    std::vector<std::string> list_all() const { return storage_.list_all(); }
    bool remove(std::string_view id) { return storage_.remove(id); }

private:
    gs::MemoryStorageBackend<Document> storage_;
};

struct Planted {
    Defect defect;
    std::string_view name;
    std::string_view caught_by;
};

// clang-format off
constexpr std::array planted = {
    Planted{Defect::overwrite_lost, "a lost write", "write replaces the whole document"},
    Planted{Defect::write_to_wrong_id, "a write to the wrong id", "a write touches no other document"},
    Planted{Defect::stale_read, "a stale read", "every read sees the latest write"},
    Planted{Defect::shared_reference, "a shared reference handed out", "documents handed in and out are independent of what is stored"},
    Planted{Defect::shared_storage, "two storages that are one", "two storages made by the factory share nothing"},
    Planted{Defect::list_ignores_case, "a wrong order of ids", "list_all gives the ids in byte order"},
    Planted{Defect::read_all_by_time, "a wrong order of documents", "read_all gives the documents by id in byte order"},
    Planted{Defect::list_is_cut, "a list that is cut", "a thousand documents are listed"},
    Planted{Defect::empty_lists_something, "a document that nobody wrote", "an empty storage lists nothing"},
    Planted{Defect::missing_swallowed, "a missing id swallowed by read", "read of a missing id throws NotFoundError"},
    Planted{Defect::missing_found, "a missing id found", "find gives the document, or nothing for a missing id"},
    Planted{Defect::remove_always_true, "a remove that lies", "remove tells whether the document was there"},
    Planted{Defect::remove_by_prefix, "a remove that takes others along", "remove removes that document and no other"},
    Planted{Defect::insert_does_nothing, "an insert that is lost", "insert stores a new document"},
    Planted{Defect::insert_overwrites, "an insert that overwrites", "insert of a taken id throws AlreadyExistsError and leaves the stored document"},
    Planted{Defect::replace_does_nothing, "a replace that is lost", "replace stores a document in place of another"},
    Planted{Defect::replace_creates, "a replace that creates", "replace of a missing id throws NotFoundError and creates nothing"},
    Planted{Defect::contains_remembers, "a contains that lies", "contains tells whether the document is there"},
    Planted{Defect::count_off_by_one, "a count that is off by one", "count gives the number of documents"},
    Planted{Defect::clear_keeps_one, "a clear that leaves one", "clear removes all documents"},
    Planted{Defect::id_cut, "an id cut", "ids of up to 512 bytes are kept whole"},
    Planted{Defect::id_folded, "an id folded", "ids that differ in case are different ids"},
    Planted{Defect::id_trimmed, "an id trimmed", "ids that differ in spaces are different ids"},
    Planted{Defect::id_composed, "an id normalised", "ids that look alike are different ids"},
    Planted{Defect::id_is_a_path, "an id taken for a path", "quotes, wildcards, backslashes, slashes and dots in ids are characters as any other"},
    Planted{Defect::unicode_mangled, "Unicode mangled", "texts come back as they were written"},
    Planted{Defect::integer_through_double, "a whole number rounded", "whole numbers of 64 bits come back exactly"},
    Planted{Defect::fraction_through_float, "a fraction rounded", "fractions come back as the same double"},
    Planted{Defect::empty_member_dropped, "an empty member dropped", "nested, empty and absent members come back as they were written"},
    Planted{Defect::unusable_after_error, "an error after which the backend is unusable", "a storage works on after errors"},
    Planted{Defect::impossible_id_stored, "an id refused after it was stored", "an id that cannot be stored is refused on write, and nothing is stored"},
    Planted{Defect::any_id_read, "an id that is no text looked up", "an id that cannot be stored is nowhere to be read or removed"},
    Planted{Defect::nan_becomes_null, "NaN stored as null", "a document that is no JSON is refused, and nothing is stored"},
    Planted{Defect::lost_update, "not thread-safe: a lost write", "no write of many threads is lost"},
    Planted{Defect::torn_write, "not thread-safe: half a write", "no read sees half a write"},
    Planted{Defect::insert_race, "not thread-safe: insert", "of many threads that insert an id, one succeeds"},
    Planted{Defect::remove_race, "not thread-safe: remove", "of many threads that remove a document, one is told that it was there"},
};
// clang-format on

std::vector<gs::testing::ConformanceCheck> checks_of(Defect defect) {
    const auto shared = defect == Defect::shared_storage ? std::make_shared<DefectiveBackend>(Defect::none) : nullptr;
    return gs::testing::conformance_checks([=] { return DefectiveBackend{defect, shared}; });
}

}  // namespace

TEST_CASE("the memory backend conforms") {
    gs::testing::conformance([] { return gs::MemoryStorageBackend<Document>{}; });
}

TEST_CASE("the folder backend of the examples conforms") {
    const TemporaryFolder folder;
    gs::testing::conformance(
        [&, number = 0]() mutable { return FolderStorage<Document>{folder.path() / std::to_string(++number)}; });
}

TEST_CASE("a backend with the five operations and no more conforms") {
    gs::testing::conformance([] { return FiveOperations{}; });
}

TEST_CASE("the backend for planted defects conforms without one") {
    gs::testing::conformance([] { return DefectiveBackend{Defect::none}; });
}

TEST_CASE("the suite catches a planted defect by name") {
    for (const Planted& plant : planted) {
        DYNAMIC_SECTION(plant.name) {
            const auto checks = checks_of(plant.defect);
            const auto named = std::find_if(checks.begin(), checks.end(),
                                            [&](const auto& check) { return check.name == plant.caught_by; });
            REQUIRE(named != checks.end());
            CHECK_THROWS_AS(named->run(), gs::testing::ConformanceFailure);
        }
    }
}

TEST_CASE("every check of the suite has a name of its own and catches a planted defect") {
    std::set<std::string_view> catching;
    for (const Planted& plant : planted) catching.insert(plant.caught_by);
    const auto checks = checks_of(Defect::none);
    std::set<std::string_view> names;
    for (const auto& check : checks) {
        CAPTURE(check.name);
        CHECK(names.insert(check.name).second);
        CHECK(catching.contains(check.name));
    }
    CHECK(catching.size() == checks.size());
}
