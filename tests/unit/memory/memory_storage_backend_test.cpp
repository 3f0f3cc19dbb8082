// SPDX-License-Identifier: MIT

#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace gs = gridone::storage;

TEST_CASE("a copy of a memory storage is a handle to the same documents; another storage is not") {
    gs::MemoryStorageBackend<Widget> storage;
    gs::MemoryStorageBackend<Widget> handle = storage;
    const gs::MemoryStorageBackend<Widget> other;
    storage.write("a", {"bolt", 1});
    CHECK(handle.read("a") == Widget{"bolt", 1});
    CHECK_FALSE(other.contains("a"));
}

TEST_CASE("the limits of the table's description hold in memory") {
    using Json = nlohmann::json;
    gs::MemoryStorageBackend<Json> storage{
        gs::document_table<Json>("docs").with_limits({.max_depth = 1, .max_bytes = 10})};
    CHECK_NOTHROW(storage.write("flat", Json::array({1, 2})));
    CHECK_THROWS_AS(storage.write("deep", Json::array({Json::array()})), gs::InvalidInputError);
    CHECK_THROWS_AS(storage.write("long", Json("0123456789")), gs::InvalidInputError);
    CHECK(storage.list_all() == std::vector<std::string>{"flat"});
}

TEST_CASE("what no document may hold is refused with its place, and what was stored stays") {
    using Json = nlohmann::json;
    gs::MemoryStorageBackend<Json> storage;
    storage.write("a", Json(1));
    try {
        storage.write("a", Json({{"list", {1.0, std::numeric_limits<double>::quiet_NaN()}}}));
        FAIL("NaN was stored");
    } catch (const gs::InvalidInputError& error) {
        CHECK(error.pointer() == "/list/1");
        CHECK(error.operation() == "write");
        CHECK(error.id() == "a");
    }
    CHECK(storage.read("a") == Json(1));
}
