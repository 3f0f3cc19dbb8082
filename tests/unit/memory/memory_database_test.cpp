// SPDX-License-Identifier: MIT

#include "unit/memory/shop.hpp"
#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

TEST_CASE("storages of one database that name the same table share its documents") {
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Widget> widgets{database, "widgets"};
    gs::MemoryStorageBackend<Widget> same{database, gs::document_table<Widget>("widgets").with_max_rows(1)};
    gs::MemoryStorageBackend<Gadget, GadgetCodec> gadgets{database, "gadgets"};
    const gs::MemoryStorageBackend<Widget> other_name{database, "Widgets"};
    const gs::MemoryStorageBackend<Widget> other_schema{database, {.table_name = "widgets", .schema_name = "plant"}};
    const gs::MemoryStorageBackend<Widget> other_database{gs::MemoryDatabase{}, "widgets"};
    const gs::MemoryStorageBackend<Widget> own_database{gs::document_table<Widget>("widgets")};
    widgets.write("a", {"bolt", 1});
    gadgets.write("a", {"a", "label"});
    CHECK(same.read("a") == Widget{"bolt", 1});
    CHECK(same.table().max_rows() == 1);
    CHECK(other_name.count() == 0);
    CHECK(other_schema.count() == 0);
    CHECK(other_database.count() == 0);
    CHECK(own_database.count() == 0);
    CHECK(gadgets.count() == 1);
}

TEST_CASE("a database is there until the last handle and the last storage are gone") {
    std::optional<gs::MemoryDatabase> database{std::in_place};
    std::optional<gs::MemoryStorageBackend<Widget>> widgets{std::in_place, *database, "widgets"};
    widgets->write("a", {"bolt", 1});
    const gs::MemoryDatabase handle = *database;
    database.reset();
    CHECK(widgets->read("a") == Widget{"bolt", 1});
    widgets.reset();
    const gs::MemoryStorageBackend<Widget> again{handle, "widgets"};
    CHECK(again.read("a") == Widget{"bolt", 1});
}

TEST_CASE("a storage may be made while others write to its table") {
    gs::MemoryDatabase database;
    const auto described = gs::document_table<Widget>("widgets").unique(gs::field<&Widget::name>);
    gs::MemoryStorageBackend<Widget> widgets{database, described};
    std::promise<void> begun;
    std::atomic<bool> done = false;
    auto writing = std::async(std::launch::async, [&] {
        int size = 0;
        for (; !done; ++size) {
            widgets.write("a", {"bolt", size});
            if (size == 0) begun.set_value();
        }
        return size - 1;
    });
    begun.get_future().wait();
    for (int i = 0; i < 200; ++i) {
        const gs::MemoryStorageBackend<Widget> another{database, described};
        CHECK(another.contains("a"));
    }
    done = true;
    const int last = writing.get();
    CHECK(widgets.read("a").size == last);
}

TEST_CASE("storages of one table have limits of their own") {
    gs::MemoryDatabase database;
    const auto described = gs::document_table<Widget>("widgets").unique(gs::field<&Widget::name>);
    const auto narrow_table = described.with_limits({.max_bytes = 40});
    gs::MemoryStorageBackend<Widget> first{database, narrow_table};
    gs::MemoryStorageBackend<Widget> wide{database, described};
    gs::MemoryStorageBackend<Widget> narrow{database, narrow_table};
    const Widget large{std::string(40, 'x'), 1};
    CHECK_THROWS_AS(narrow.write("a", large), gs::InvalidInputError);
    wide.write("a", large);
    CHECK(wide.read("a") == large);
    CHECK_THROWS_AS(narrow.read("a"), gs::DecodeError);
    CHECK_THROWS_AS(wide.insert("b", large), gs::ConstraintError);
}

TEST_CASE("a table name that PostgreSQL could not keep is refused in memory") {
    gs::MemoryDatabase database;
    CHECK_THROWS_AS((gs::MemoryStorageBackend<Widget>{database, ""}), gs::InvalidInputError);
}

TEST_CASE_METHOD(Shop, "after close every operation of every storage throws PoolClosedError") {
    gs::MemoryDatabase handle = database;
    CHECK_NOTHROW(handle.check());
    handle.close();
    handle.close();
    CHECK_THROWS_AS(database.check(), gs::PoolClosedError);
    CHECK_THROWS_AS((void)widgets.find("a"), gs::PoolClosedError);
    CHECK_THROWS_AS(orders.write("a", {"order", 1}), gs::PoolClosedError);
    CHECK_THROWS_AS(orders.transaction([](gs::Transaction&) {}), gs::PoolClosedError);
    CHECK_THROWS_AS(database.transaction([](gs::Transaction&) {}), gs::PoolClosedError);
    const auto error = thrown_by<gs::PoolClosedError>([&] { (void)widgets.read("a"); });
    CHECK(error.what() == std::string{"read widgets: the database is closed"});
}

TEST_CASE_METHOD(Shop, "a transaction that runs when its database is closed goes on to its end") {
    bool committed = false;
    database.transaction([&](gs::Transaction& tx) {
        database.close();
        widgets.in(tx).write("a", {"bolt", 2});
        CHECK(widgets.in(tx).read("a").size == 2);
        tx.on_commit([&] { committed = true; });
    });
    CHECK(committed);
}

TEST_CASE("who waits for a transaction is told when the database is closed") {
    // The one who waits may come too late to wait, and gets the same error: so several times, each later.
    for (int round = 0; round < 20; ++round) {
        Shop shop;
        OpenTransaction open{shop};
        std::promise<void> calling;
        auto waiting = std::async(std::launch::async, [&] {
            calling.set_value();
            return thrown_by<gs::StorageError>([&] { shop.widgets.within(10s).write("b", {"late", 2}); });
        });
        calling.get_future().wait();
        for (int i = 0; i < 50 * round; ++i) std::this_thread::yield();
        shop.database.close();
        REQUIRE(waiting.get().what() == std::string{"write widgets: the database is closed"});
        CHECK_NOTHROW(open.end());
    }
}

TEST_CASE_METHOD(Shop, "check is refused in the body of a transaction") {
    database.transaction([&](gs::Transaction&) { CHECK_THROWS_AS(database.check(), gs::UsageError); });
    CHECK_NOTHROW(database.check());
}
