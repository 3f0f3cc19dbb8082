// SPDX-License-Identifier: MIT

#include "unit/memory/shop.hpp"
#include "widget.hpp"
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_store.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Json = nlohmann::json;

constexpr auto size_field = gs::field<&Widget::size>;
constexpr auto name_field = gs::field<&Widget::name>;

std::string numbered(std::size_t number) {
    return std::to_string(100'000 + number);
}

}  // namespace

TEST_CASE_METHOD(Shop, "a batch in memory is stored as a whole or not at all") {
    CHECK_THROWS_AS(widgets.insert_many({{"c", Widget{"cog", 1}}, {"b", Widget{"x", 2}}, {"d", Widget{"x", 3}}}),
                    gs::AlreadyExistsError);
    CHECK(widgets.read_all() == std::vector<Widget>{{"bolt", 1}, {"nut", 1}});
    const auto taken = thrown_by<gs::AlreadyExistsError>(
        [&] { widgets.insert_many({{"x", Widget{"x", 1}}, {"b", Widget{"x", 2}}, {"a", Widget{"x", 3}}}); });
    CHECK(taken.id() == "a");
    const auto twice = thrown_by<gs::AlreadyExistsError>(
        [&] { widgets.insert_many({{"x", Widget{"x", 1}}, {"y", Widget{"x", 2}}, {"x", Widget{"x", 3}}}); });
    CHECK(twice.id() == "x");
    CHECK(widgets.count() == 2);
    const auto versions =
        widgets.insert_many(std::vector<std::pair<std::string, Widget>>{{"d", {"d", 1}}, {"c", {"c", 1}}});
    CHECK(versions == std::vector{widgets.read_document("d").version, widgets.read_document("c").version});
}

TEST_CASE_METHOD(Shop,
                 "of one id that a batch in memory has several times, the last is written and the first inserted") {
    const auto versions = widgets.write_many({{"a", Widget{"x", 5}}, {"c", Widget{"x", 6}}, {"a", Widget{"x", 7}}});
    CHECK(widgets.read("a").size == 7);
    CHECK(versions[0] == versions[2]);
    CHECK(versions[0] == widgets.read_document("a").version);
    CHECK(widgets.insert_missing({{"d", Widget{"x", 8}}, {"b", Widget{"x", 9}}, {"d", Widget{"x", 10}}}) ==
          std::vector<std::string>{"d"});
    CHECK(widgets.read("d").size == 8);
    CHECK(widgets.read("b").size == 1);
    CHECK(widgets.remove_many({"d", "x", "d", "a"}) == 2);
    CHECK(widgets.list_all() == std::vector<std::string>{"b", "c"});
    CHECK(widgets.clear() == 2);
    CHECK(widgets.clear() == 0);
    CHECK(widgets.count() == 0);
}

TEST_CASE_METHOD(Shop, "nobody sees a half of a batch in memory") {
    std::atomic<bool> done = false;
    bool whole = true;
    {
        const std::jthread writer{[&] {
            for (int size = 2; size < 100; ++size) {
                widgets.write_many({{"a", Widget{"bolt", size}}, {"b", Widget{"nut", size}}});
            }
            done = true;
        }};
        do {
            const auto seen = widgets.read_all();
            whole = whole && seen.size() == 2 && seen[0].size == seen[1].size;
        } while (!done);
    }
    CHECK(whole);
    CHECK(widgets.read("a").size == 99);
}

TEST_CASE_METHOD(Shop, "a version in memory tells whether the content is another, and nothing else") {
    const gs::Version first = widgets.write("a", {"bolt", 1});
    CHECK(widgets.write("a", {"bolt", 1}) == first);
    CHECK(orders.insert("elsewhere", {"bolt", 1}) == first);
    const gs::Version second = widgets.write("a", {"bolt", 2});
    CHECK(second != first);
    CHECK(widgets.read_document("a").version == second);
    CHECK(gs::Version::from_text(second.text()) == second);
}

TEST_CASE_METHOD(Shop, "a write in memory under a version is refused when the document has another, or is gone") {
    const gs::Version seen = widgets.read_document("a").version;
    const gs::Version now = widgets.replace("a", {"bolt", 2}, gs::if_version(seen));
    const auto replaced =
        thrown_by<gs::VersionConflictError>([&] { widgets.replace("a", {"bolt", 3}, gs::if_version(seen)); });
    CHECK(replaced.stored() == now);
    const auto removed = thrown_by<gs::VersionConflictError>([&] { widgets.remove("a", gs::if_version(seen)); });
    CHECK(removed.stored() == now);
    CHECK(widgets.read("a").size == 2);
    widgets.remove("a", gs::if_version(now));
    CHECK_THROWS_AS(widgets.remove("a", gs::if_version(now)), gs::NotFoundError);
    CHECK_THROWS_AS(widgets.replace("a", {"bolt", 3}, gs::if_version(now)), gs::NotFoundError);
    CHECK(widgets.list_all() == std::vector<std::string>{"b"});
}

TEST_CASE_METHOD(Shop, "insert_or_find in memory inserts, or gives what is there") {
    const auto found = widgets.insert_or_find("a", {"x", 5});
    CHECK_FALSE(found.inserted);
    CHECK(found.document == widgets.read_document("a"));
    const auto inserted = widgets.insert_or_find("c", {"cog", 5});
    CHECK(inserted.inserted);
    CHECK(inserted.document == gs::Document<Widget>{"c", {"cog", 5}, widgets.read_document("c").version});
}

TEST_CASE("a patch in memory keeps what the model does not know, and changes nothing where it does not fit") {
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Json> raw{database, gs::document_table<Json>("widgets").with_limits({.max_bytes = 100})};
    gs::MemoryStorageBackend<Widget> widgets{database,
                                             gs::document_table<Widget>("widgets").with_limits({.max_bytes = 100})};
    raw.write("a", Json{{"name", "bolt"}, {"size", 1}, {"other", {1.5, nullptr}}});
    const gs::Version version = widgets.patch("a", size_field.increment(2), name_field.set("nut"));
    CHECK(raw.read("a") == Json{{"name", "nut"}, {"size", 3}, {"other", {1.5, nullptr}}});
    CHECK(raw.read_document("a").version == version);
    CHECK_THROWS_AS(widgets.patch("b", size_field.set(1)), gs::NotFoundError);
    const auto misfit = thrown_by<gs::InvalidInputError>(
        [&] { widgets.patch("a", size_field.set(9), gs::path<int>("other", "0").set(1)); });
    CHECK(misfit.pointer() == "/other");
    CHECK(misfit.operation() == "patch");
    CHECK(misfit.id() == "a");
    CHECK_THROWS_AS(widgets.patch("a", name_field.set(std::string(80, 'x')), size_field.set(9)), gs::InvalidInputError);
    CHECK(raw.read_document("a").version == version);
    CHECK(raw.list_all() == std::vector<std::string>{"a"});
}

TEST_CASE_METHOD(Shop, "an edit in memory keeps what others change meanwhile, and what the model does not know") {
    gs::MemoryStorageBackend<Json> raw{database, "widgets"};
    raw.write("a", Json{{"name", "bolt"}, {"size", 1}, {"other", true}});
    int runs = 0;
    const auto edited = widgets.edit("a", [&](Widget& widget) {
        if (++runs == 1) widgets.patch("a", name_field.set("nut"));
        ++widget.size;
    });
    CHECK(runs == 2);
    CHECK(edited == widgets.read_document("a"));
    CHECK(raw.read("a") == Json{{"name", "nut"}, {"size", 2}, {"other", true}});
    CHECK_THROWS_AS(widgets.edit("a",
                                 [&](Widget& widget) {
                                     widgets.remove("a");
                                     ++widget.size;
                                 }),
                    gs::NotFoundError);
    CHECK_FALSE(widgets.contains("a"));
}

TEST_CASE_METHOD(Shop, "from the third time on, an edit in memory keeps others from writing while its function runs") {
    int runs = 0;
    const auto edited = widgets.edit("a", [&](Widget& widget) {
        if (++runs < 3) {
            widgets.patch("a", name_field.set("run " + std::to_string(runs)));
        } else {
            CHECK_THROWS_AS(widgets.read("a"), gs::UsageError);
        }
        ++widget.size;
    });
    CHECK(runs == 3);
    CHECK(edited.value == Widget{"run 2", 2});
}

TEST_CASE_METHOD(Shop, "no edit of several threads in memory is lost") {
    constexpr int threads = 4;
    constexpr int edits = 250;
    {
        std::vector<std::jthread> editors;
        for (int thread = 0; thread < threads; ++thread) {
            editors.emplace_back([&] {
                for (int i = 0; i < edits; ++i) widgets.edit("a", [](Widget& widget) { ++widget.size; });
            });
        }
    }
    CHECK(widgets.read("a").size == 1 + threads * edits);
}

TEST_CASE_METHOD(Shop, "for_each in memory visits what stays once, while its function changes the storage") {
    constexpr std::size_t documents = 2500;
    widgets.clear();
    std::map<std::string, Widget> batch;
    for (std::size_t i = 0; i < documents; ++i) batch[numbered(i)] = {"bolt", static_cast<int>(i)};
    widgets.write_many(batch);
    std::vector<int> visited;
    widgets.for_each([&](const gs::Document<Widget>& document) {
        visited.push_back(document.value.size);
        widgets.remove(document.id);
        widgets.write("0" + document.id, {"behind", 0});
        if (document.value.size == 100) widgets.remove(numbered(2000));
    });
    std::vector<int> expected;
    for (int i = 0; i < static_cast<int>(documents); ++i) {
        if (i != 2000) expected.push_back(i);
    }
    CHECK(visited == expected);
    CHECK(widgets.count() == documents - 1);
    CHECK(widgets.list_all().front() == "0" + numbered(0));
}

TEST_CASE("for_each in memory takes large documents a mebibyte at a time, and visits each of them") {
    gs::MemoryStorageBackend<std::string> texts;
    for (std::size_t i = 0; i < 8; ++i) texts.write(numbered(i), std::string(std::size_t{400} << 10, 'x'));
    std::size_t visited = 0;
    texts.for_each([&](const gs::Document<std::string>& document) {
        if (visited == 0) {
            for (std::size_t i = 3; i < 6; ++i) texts.remove(numbered(i));  // none of the three that were fetched
        }
        ++visited;
        return document.id != numbered(6);
    });
    CHECK(visited == 4);
}

TEST_CASE("read_all in memory gives max_rows documents at most, or an error") {
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Widget> widgets{database, gs::document_table<Widget>("widgets").with_max_rows(2)};
    const gs::MemoryStorageBackend<Widget> none{database, gs::document_table<Widget>("widgets").with_max_rows(0)};
    CHECK(none.read_all().empty());
    widgets.write("a", {"bolt", 1});
    widgets.write("b", {"nut", 1});
    CHECK(widgets.read_all().size() == 2);
    widgets.write("c", {"cog", 1});
    CHECK_THROWS_AS(widgets.read_all(), gs::UsageError);
    CHECK_THROWS_AS(none.read_all(), gs::UsageError);
    CHECK(widgets.count() == 3);
}

TEST_CASE("of a table in memory, read_all takes one document more than max_rows and no others") {
    const gs::detail::MemoryStore store{std::make_shared<gs::detail::MemoryState>(), {.table_name = "t"}, {}, {}};
    for (const char* id : {"a", "b", "c", "d"}) store.put({.operation = "write", .id = id}, "1");
    CHECK(store.rows({.operation = "read_all"}, 1) ==
          std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "1"}});
}
