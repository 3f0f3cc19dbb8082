// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

// NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what these tests are about

namespace {

struct Widget {
    std::string name{};
    int size = 0;
    friend bool operator==(const Widget&, const Widget&) = default;
    using json_members = gs::JsonMembers<&Widget::name, &Widget::size>;
};

namespace widget {
constexpr auto name = gs::field<&Widget::name>;
constexpr auto size = gs::field<&Widget::size>;
}  // namespace widget

const auto widgets = gs::document_table<Widget>("widgets").unique(widget::name, gs::where(widget::size > 0));

struct InMemory {
    gs::MemoryDatabase database{};
    gs::MemoryStorageBackend<Widget> storage{database, widgets};
    gs::MemoryStorageBackend<Widget> other_storage{gs::MemoryDatabase{}, "others"};
};
struct InPostgres {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    gs::PostgresStorageBackend<Widget> storage{manager, widgets};
    gs::PostgresStorageBackend<Widget> other_storage{manager, "others"};
    InPostgres() { gs::BaseSchemaManager{manager, {widgets}}.ensure_schema(); }
};
struct Coalescing : InPostgres {
    gs::CoalescingStorageBackend<Widget> storage{InPostgres::storage};
    gs::CoalescingStorageBackend<Widget> other_storage{InPostgres::other_storage};
};
struct Any : InPostgres {
    gs::AnyStorageBackend<Widget> storage{InPostgres::storage};
    gs::AnyStorageBackend<Widget> other_storage{InPostgres::other_storage};
};
struct AnyInMemory : InMemory {
    gs::AnyStorageBackend<Widget> storage{InMemory::storage};
    gs::AnyStorageBackend<Widget> other_storage{InMemory::other_storage};
};

}  // namespace

TEMPLATE_TEST_CASE("a storage that was moved from is still a handle to its table", "", InMemory, InPostgres, Coalescing,
                   Any, AnyInMemory) {
    TestType backend;
    auto& storage = backend.storage;
    auto moved = std::move(storage);
    moved.write("a", {"a", 1});
    CHECK(storage.read("a") == Widget{"a", 1});
    CHECK(storage.table().names().table_name == "widgets");
    CHECK(storage.query().where(widget::size == 1).count() == 1);

    backend.other_storage = std::move(storage);
    CHECK(storage.contains("a"));
    CHECK(backend.other_storage.contains("a"));
    const auto error = error_of<gs::NotFoundError>([&] { (void)storage.read("b"); });
    CHECK(error.table() == "widgets");
}

TEMPLATE_TEST_CASE("a view that was moved from is still in its transaction and under its limits", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto& storage = backend.storage;
    CHECK_THROWS_AS(storage.transaction([&](gs::Transaction& tx) {
        auto view = storage.in(tx);
        auto moved = std::move(view);
        moved.write("a", {"a", 1});
        view.write("b", {"b", 2});
        auto query = view.query().where(widget::size > 0);
        auto moved_query = std::move(query);
        CHECK(query.count() == 2);
        CHECK(moved_query.count() == 2);
        throw gs::NotFoundError{"widgets", "rolled back"};
    }),
                    gs::NotFoundError);
    CHECK(storage.count() == 0);

    std::stop_source stop;
    auto view = storage.within(stop.get_token());
    auto moved = std::move(view);
    stop.request_stop();
    CHECK_THROWS_AS(moved.count(), gs::CancelledError);
    CHECK_THROWS_AS(view.count(), gs::CancelledError);
}

TEMPLATE_TEST_CASE("descriptions, filters, orders, queries, indexes and cursors that were moved from are unchanged", "",
                   InMemory, InPostgres) {
    TestType backend;
    auto& storage = backend.storage;
    storage.write_many({{"a", Widget{"a", 3}}, {"b", Widget{"b", 2}}, {"c", Widget{"c", 1}}});
    using Ids = std::vector<std::string>;

    gs::Filter<Widget> filter = widget::size > 1;
    gs::Filter<Widget> other = std::move(filter);
    other = std::move(filter);
    filter &= gs::Filter<Widget>{};
    CHECK(storage.query().where(filter).ids() == Ids{"a", "b"});
    CHECK(storage.query().where(!filter || other).count() == 3);

    gs::Order<Widget> order = widget::size;
    const gs::Order<Widget> other_order = std::move(order);
    CHECK(storage.query().order_by(order).ids() == Ids{"c", "b", "a"});

    auto path = gs::path<int>("size");
    const auto other_path = std::move(path);
    CHECK(storage.query().where(path == 2).ids() == Ids{"b"});

    gs::Query<Widget> query = gs::query<Widget>().where(filter).order_by(order).limit(1);
    const gs::Query<Widget> other_query = std::move(query);
    CHECK(storage.query(query.where(widget::name != "x")).ids() == Ids{"b"});

    std::optional<gs::Cursor> cursor = storage.query(query).page().next;
    REQUIRE(cursor);
    const gs::Cursor other_cursor = *std::move(cursor);
    CHECK(storage.query(query).page(*cursor).items.front().id == "a");
    CHECK(cursor->text() == other_cursor.text());

    auto index = gs::index_for(query);
    const auto other_index = std::move(index);
    CHECK(index == other_index);
    gs::DocumentTable<Widget> table = widgets;
    const gs::DocumentTable<Widget> other_table = std::move(table);
    CHECK(table.index(index).names().table_name == "widgets");
    CHECK(table.rules() == other_table.rules());

    gs::Change<Widget> change = widget::size.set(9);
    const gs::Change<Widget> other_change = std::move(change);
    CHECK_THROWS_AS(storage.patch("a", change), gs::InvalidInputError);
    storage.patch("a", other_change);
    CHECK(storage.read("a").size == 9);
}

TEST_CASE("a database that was moved from is still a handle to it") {
    const std::string url = shared_server().create_database();
    for (const std::string& from : {std::string{"memory:"}, url}) {
        INFO(from.substr(0, 7));
        gs::Database database = gs::open_database(from);
        gs::Database moved = std::move(database);
        const auto storage = database.storage(widgets);
        database.ensure_schema();
        CHECK(moved.storage(widgets).count() == 0);
        CHECK(database.transaction([&](gs::Transaction& tx) { return storage.in(tx).count(); }) == 0);
        moved = std::move(database);
        database.check();
        database.close();
        CHECK_THROWS_AS(moved.check(), gs::PoolClosedError);
    }
    gs::MemoryDatabase memory;
    const gs::MemoryDatabase moved = std::move(memory);
    memory.check();
    memory.close();
    CHECK_THROWS_AS(moved.check(), gs::PoolClosedError);
}

TEST_CASE("a schema manager and a migrator that were moved from work as before") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::BaseSchemaManager schema{manager, {widgets}};
    const gs::BaseSchemaManager other_schema = std::move(schema);
    schema.ensure_schema();
    CHECK(schema.verify_schema().empty());
    CHECK(other_schema.verify_schema().empty());

    gs::Migrator migrator{manager};
    migrator.add(1, "one", "CREATE TABLE one ()");
    gs::Migrator other_migrator{manager, {.journal = {.table_name = "others"}}};
    other_migrator = std::move(migrator);
    CHECK(migrator.apply().size() == 1);
    CHECK(migrator.status().size() == 1);
    CHECK(other_migrator.apply().empty());
}

// NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
