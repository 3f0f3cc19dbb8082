// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstddef>
#include <map>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct InMemory {
    gs::MemoryStorageBackend<Widget> widgets{gs::document_table<Widget>("widgets")};
    gs::MemoryStorageBackend<Widget> others{gs::document_table<Widget>("others").unique(gs::field<&Widget::name>)};
    gs::MemoryStorageBackend<Widget> sized{gs::document_table<Widget>("sized").insert_only(gs::field<&Widget::size>)};
};

struct InPostgres {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::PostgresConnectionManager manager_of_others{url, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    gs::PostgresStorageBackend<Widget> others{manager_of_others,
                                              gs::document_table<Widget>("others").unique(gs::field<&Widget::name>)};
    gs::PostgresStorageBackend<Widget> sized{manager,
                                             gs::document_table<Widget>("sized").insert_only(gs::field<&Widget::size>)};

    InPostgres() { gs::BaseSchemaManager{manager, {widgets.table(), others.table(), sized.table()}}.ensure_schema(); }

    /// In how many parts the documents were stored.
    [[nodiscard]] int parts() const {
        return by_hand(url, "SELECT count(DISTINCT xmin::text) FROM widgets")[0][0].as<int>();
    }
};

std::string id_of(int number) {
    return std::to_string(1'000'000 + number);
}

/// Two kilobytes each, so that a thousand are several chunks.
Widget widget(int number) {
    return {std::string(2000, 'x'), number};
}

/// Documents with ids in byte order.
auto widgets_from(int first, int last) {
    return std::views::iota(first, last) |
           std::views::transform([](int number) { return std::pair{id_of(number), widget(number)}; });
}

}  // namespace

TEMPLATE_TEST_CASE("of a long range in order of ids, every document is stored as it came", "", InMemory, InPostgres) {
    TestType place;
    constexpr int count = 1000;
    std::vector<std::pair<std::string, Widget>> expected;
    for (const auto& each : widgets_from(0, count)) expected.push_back(each);
    std::vector<std::pair<std::string, Widget>> given = expected;

    SECTION("new documents") {}
    SECTION("the first is there") {
        place.widgets.write(id_of(0), {"before", -1});
    }
    SECTION("one in the middle is there") {
        place.widgets.write(id_of(count / 2), {"before", -1});
    }
    SECTION("the last is there") {
        place.widgets.write(id_of(count - 1), {"before", -1});
    }
    SECTION("all are there") {
        place.widgets.write_many(expected | std::views::reverse | std::views::take(count));
    }
    SECTION("one comes again at the end, and the last is stored") {
        given.emplace_back(id_of(3), Widget{"again", 3});
        expected[3].second = {"again", 3};
    }
    SECTION("one comes twice in a row") {
        given.insert(given.begin() + 700, {id_of(700), Widget{"dropped", 0}});
    }
    SECTION("half of them come backwards") {
        std::ranges::reverse(given.begin() + count / 2, given.end());
    }

    CHECK(place.widgets.write_many(given | std::views::transform([](const auto& each) { return each; })) ==
          given.size());
    std::vector<std::pair<std::string, Widget>> stored;
    place.widgets.for_each([&](const gs::Document<Widget>& each) { stored.emplace_back(each.id, each.value); });
    std::ranges::sort(stored, {}, &std::pair<std::string, Widget>::first);
    CHECK(stored == expected);
}

TEST_CASE("new documents in order of ids go straight into the table, and the rest of a range not") {
    InPostgres place;
    SECTION("all of them") {
        CHECK(place.widgets.write_many(widgets_from(0, 1000)) == 1000);
        CHECK(place.parts() > 2);
    }
    SECTION("until one is there") {
        place.widgets.write(id_of(500), {"before", -1});
        CHECK(place.widgets.write_many(widgets_from(0, 1000)) == 1000);
        CHECK(place.parts() > 1);
    }
    SECTION("none if the first is there") {
        place.widgets.write(id_of(0), {"before", -1});
        CHECK(place.widgets.write_many(widgets_from(0, 1000)) == 1000);
        CHECK(place.parts() == 1);
    }
    SECTION("none out of order, which would wait for other loads") {
        CHECK(place.widgets.write_many(widgets_from(0, 1000) | std::views::reverse) == 1000);
        CHECK(place.parts() == 1);
    }
}

TEMPLATE_TEST_CASE("a new document that comes again in a range is no write over a stored one", "", InMemory,
                   InPostgres) {
    TestType place;
    const auto coming_again = std::views::iota(0, 1001) | std::views::transform([](int number) {
                                  return std::pair{id_of(number % 1000), widget(number)};
                              });
    CHECK(place.sized.write_many(coming_again) == 1001);
    CHECK(place.sized.read(id_of(0)).size == 1000);
}

TEMPLATE_TEST_CASE("what can be walked again is loaded as well, without versions", "", InMemory, InPostgres) {
    TestType place;
    std::map<std::string, Widget> documents;
    for (const auto& [id, value] : widgets_from(0, 1000)) documents.emplace(id, value);
    std::size_t told = 0;
    const std::size_t stored = place.widgets.insert_many(documents, {.progress = [&](std::size_t n) { told = n; }});
    CHECK(stored == 1000);
    CHECK(told == 1000);
    const std::vector again(documents.begin(), documents.end());
    CHECK(error_of<gs::AlreadyExistsError>([&] { place.widgets.insert_many(again, {}); }).id() == id_of(0));
    place.widgets.clear();
    CHECK(place.widgets.write_many(again, {}) == 1000);
    CHECK(place.widgets.write_many(std::vector<gs::Document<Widget>>{}, {}) == 0);
    CHECK(place.widgets.read(id_of(999)) == widget(999));
    if constexpr (std::same_as<TestType, InPostgres>) CHECK(place.parts() > 2);
}

TEMPLATE_TEST_CASE("an error that a range throws is no reason to go on", "", InMemory, InPostgres) {
    TestType place;
    place.others.write("a", {"taken", 0});
    const auto failing = std::views::iota(0, 1000) | std::views::transform([&](int number) {
                             if (number == 900) place.others.write("b", {"taken", 0});
                             return std::pair{id_of(number), widget(number)};
                         });
    CHECK_THROWS_AS(place.widgets.write_many(failing), gs::ConstraintError);
    CHECK(place.widgets.count() == 0);
    CHECK(place.widgets.write_many(widgets_from(0, 10)) == 10);
}

TEST_CASE("a role whom row-level security applies to can load what it may write") {
    InPostgres place;
    by_hand(place.url,
            "CREATE ROLE of_rows LOGIN; GRANT ALL ON widgets TO of_rows; "
            "ALTER TABLE widgets ENABLE ROW LEVEL SECURITY; "
            "CREATE POLICY numbers ON widgets USING (true) WITH CHECK (id LIKE '1%')");
    std::string as_role = place.url;
    as_role.replace(as_role.find("postgres@"), 9, "of_rows@");
    gs::PostgresConnectionManager manager{as_role, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    CHECK(widgets.write_many(widgets_from(0, 10)) == 10);
    CHECK(widgets.write_many(widgets_from(5, 15)) == 10);
    CHECK(widgets.count() == 15);
    const auto refused = error_of<gs::SchemaError>([&] { widgets.insert_many(widgets_from(20, 30)); });
    CHECK(refused.sqlstate() == "0A000");
    CHECK(refused.retry() == gs::Retry::never);
    CHECK(widgets.insert_many({{id_of(15), widget(15)}}).size() == 1);
    CHECK(error_of<gs::PermissionError>([&] {
              widgets.write_many(widgets_from(0, 2) | std::views::transform([](const auto& each) {
                                     return std::pair{"2" + each.first, each.second};
                                 }));
          }).sqlstate() == "42501");
    CHECK(widgets.count() == 16);
    CHECK(manager.stats().connects.succeeded == 1);
    by_hand(place.url, "DROP OWNED BY of_rows; DROP ROLE of_rows");
}
