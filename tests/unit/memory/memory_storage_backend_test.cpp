// SPDX-License-Identifier: MIT

#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

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

TEST_CASE("within a memory storage: the same documents, the same hooks, and no call that begins too late") {
    MemoryGadgets gadgets;
    gadgets.within(1h).write("a", {"a", "bolt"});
    CHECK(gadgets.read("a") == Gadget{"a", "bolt"});
    const auto view = gadgets.within(1h).within(std::chrono::steady_clock::now() + 1h);
    CHECK(view.read_all() == std::vector{Gadget{"a", "bolt"}});
    CHECK_THROWS_AS(gadgets.within(0ms).write("b", {"b", "nut"}), gs::DeadlineExceededError);
    CHECK_THROWS_AS(gadgets.within(std::chrono::hours::min()).contains("a"), gs::DeadlineExceededError);
    CHECK_THROWS_AS(gadgets.within(std::chrono::years::min()).contains("a"), gs::DeadlineExceededError);
    CHECK(gadgets.within(std::chrono::nanoseconds::max()).contains("a"));
    CHECK(gadgets.within(std::chrono::days::max()).contains("a"));
    CHECK(gadgets.within(std::chrono::years::max()).contains("a"));
    CHECK_THROWS_AS(gadgets.within(0ms).within(1h).remove("a"), gs::DeadlineExceededError);
    CHECK_THROWS_AS((void)gadgets.within(std::chrono::steady_clock::now()).within(1h).find("a"),
                    gs::DeadlineExceededError);
    std::stop_source source;
    const auto stoppable = gadgets.within(source.get_token()).within(std::chrono::hours::max());
    CHECK(stoppable.contains("a"));
    source.request_stop();
    CHECK_THROWS_AS((void)stoppable.contains("a"), gs::CancelledError);
    CHECK(gadgets.list_all() == std::vector<std::string>{"a"});
}
