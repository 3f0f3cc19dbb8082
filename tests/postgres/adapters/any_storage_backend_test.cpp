// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <string>
#include <vector>

namespace gs = gridone::storage;

static_assert(gs::StorageBackend<gs::AnyStorageBackend<Widget>, Widget>);
static_assert(gs::DocumentBackend<gs::AnyStorageBackend<Widget>, Widget>);
static_assert(gs::DocumentBackend<gs::AnyStorageBackend<Gadget, GadgetCodec>, Gadget>);

// A storage whose hooks would be lost does not become one, and neither does a view or another model's.
static_assert(std::convertible_to<gs::MemoryStorageBackend<Widget>, gs::AnyStorageBackend<Widget>>);
static_assert(std::convertible_to<gs::PostgresStorageBackend<Widget>, gs::AnyStorageBackend<Widget>>);
static_assert(std::convertible_to<gs::CoalescingStorageBackend<Widget>, gs::AnyStorageBackend<Widget>>);
static_assert(!std::convertible_to<gs::MemoryStorageBackend<Gadget, GadgetCodec>, gs::AnyStorageBackend<Gadget>>);
static_assert(!std::convertible_to<gs::MemoryStorageBackend<Widget>, gs::AnyStorageBackend<Gadget, GadgetCodec>>);
static_assert(!std::convertible_to<gs::PostgresConnectionManager, gs::AnyStorageBackend<Widget>>);

namespace {

template <class Backend>
void grow(gs::AnyStorageBackend<Widget> any, Backend& original) {
    any.write("a", {"bolt", 1});
    original.edit("a", [](Widget& widget) { ++widget.size; });
    CHECK(any.read("a") == Widget{"bolt", 2});
    CHECK(any.read_many({"a", "b"}).at(1) == std::nullopt);
    CHECK(any.read_all() == std::vector{Widget{"bolt", 2}});
    CHECK(any.table().names().table_name == original.table().names().table_name);
}

}  // namespace

TEST_CASE("any storage stands for the one that it is made from") {
    gs::MemoryStorageBackend<Widget> memory;
    grow(memory, memory);
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    gs::PostgresStorageBackend<Widget> postgres{manager, "widgets"};
    gs::BaseSchemaManager{manager, {postgres.table()}}.ensure_schema();
    grow(postgres, postgres);
}

TEST_CASE("any storage in memory conforms") {
    using Document = gs::testing::ConformanceDocument;
    gs::testing::conformance(
        [] { return gs::open_database("memory:").storage(gs::document_table<Document>("documents")); });
}

TEST_CASE("any storage on a server conforms") {
    using Document = gs::testing::ConformanceDocument;
    static const gs::Database database = gs::open_database(shared_server().create_database());
    static int tables = 0;
    gs::testing::conformance([&] {
        auto storage = database.storage(gs::document_table<Document>("documents_" + std::to_string(++tables)));
        database.ensure_schema();
        return storage;
    });
}
