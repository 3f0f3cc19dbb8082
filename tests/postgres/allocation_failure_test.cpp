// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <new>
#include <stop_token>
#include <string>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// How many allocations of this thread succeed before one fails; below 0, all do.
thread_local long allocations_left = -1;
/// How many this thread has made.
thread_local long allocations_made = 0;

void* allocate(std::size_t size) {
    ++allocations_made;
    if (allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc{};
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}

}  // namespace

// Of the whole program; the other forms of new and delete come to these. Not inlined, or the compiler would see malloc
// and free in the place of new and delete, and take them for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    return allocate(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
    return allocate(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

std::size_t open_descriptors() {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Entries{"/proc/self/fd"}, Entries{}));
}

/// The documents are JSON strings: where they have members, nlohmann's destructor allocates, and ends the program if it
/// cannot.
using Json = nlohmann::json;

struct Texts {
    std::string url = shared_server().create_database();
    Texts() {
        by_hand(url, "CREATE TABLE texts (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
        by_hand(url, R"(INSERT INTO texts VALUES ('a', '"a text"'))");
    }
};

/// Lets the first, second … allocation of the call fail, until the call gets through without one failing.
/// @returns how many failed
long sweep(const std::function<void()>& call, const std::function<void()>& check) {
    for (long number = 0;; ++number) {
        allocations_left = number;
        try {
            call();
        } catch (const std::bad_alloc&) {
            allocations_left = -2;
        } catch (const gs::StorageError&) {
            allocations_left = -2;
        }
        const bool got_through = allocations_left >= 0;
        allocations_left = -1;
        CAPTURE(number);
        check();
        if (got_through) return number;
    }
}

/// What a call allocates once it is warm; libpq itself, which is C, is not counted.
long allocations_of(const std::function<void()>& call) {
    for (int round = 0; round < 5; ++round) call();
    const long before = allocations_made;
    call();
    return allocations_made - before;
}

struct Reading {
    std::string sensor;
    double value = 0;
    using json_members = gs::JsonMembers<&Reading::sensor, &Reading::value>;
};

}  // namespace

TEST_CASE_METHOD(Texts, "a read and a write allocate no more than libpqxx does for their statements alone") {
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::PostgresStorageBackend<Reading> readings{manager, "texts"};
    const Reading reading{"a sensor whose name is no small string", 21.5};
    const std::string id = "an id that is no small string either";
    const std::string text = R"({"value": 21.5, "sensor": "a sensor whose name is no small string"})";
    const long write = allocations_of([&] { readings.write(id, reading); });
    const long read = allocations_of([&] { (void)readings.read(id); });

    pqxx::connection connection{url};
    connection.prepare("get", "SELECT data FROM texts WHERE id = $1");
    connection.prepare("put", "INSERT INTO texts VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data");
    pqxx::nontransaction work{connection};
    const long raw_write = allocations_of([&] { work.exec(pqxx::prepped{"put"}, pqxx::params{id, text}).no_rows(); });
    const long raw_read =
        allocations_of([&] { (void)work.exec(pqxx::prepped{"get"}, pqxx::params{id}).one_row()[0].as<std::string>(); });
    INFO("read " << read << ", libpqxx " << raw_read << "; write " << write << ", libpqxx " << raw_write);
    CHECK(read <= raw_read);
    CHECK(write <= raw_write);
}

TEST_CASE_METHOD(Texts, "whichever allocation of an operation fails, no connection is lost and the next call works") {
    gs::PostgresConnectionManager manager{url, {.max_size = 1, .check_after_idle = 0ms}};
    gs::PostgresStorageBackend<Json> texts{manager, "texts"};
    const Json bolt = "a text that is too long for the place in a small string";
    const std::stop_source source;
    std::size_t descriptors = 0;
    const auto check = [&] {
        const auto counters = manager.pool()->counters();
        CHECK(counters.leased == 0);
        CHECK(counters.waiting == 0);
        CHECK(texts.contains("a"));
        if (descriptors == 0) descriptors = open_descriptors();
        CHECK(open_descriptors() == descriptors);
    };
    check();
    CHECK(sweep([&] { (void)texts.read("a"); }, check) > 3);
    CHECK(sweep([&] { texts.write("a", bolt); }, check) > 5);
    CHECK(sweep([&] { (void)texts.read_all(); }, check) > 5);
    CHECK(sweep([&] { (void)texts.within(20s).within(source.get_token()).remove("b"); }, check) > 3);
    CHECK(sweep([&] { manager.check(); }, check) > 0);
    CHECK(sweep([&] { manager.with_connection([](auto&) {}); }, check) > 3);
}

TEST_CASE_METHOD(Texts, "whichever allocation of a first call fails, the pool keeps no trace of it") {
    const std::size_t descriptors = open_descriptors();
    CHECK(sweep(
              [&] {
                  gs::PostgresConnectionManager manager{url, {.max_size = 1}};
                  gs::PostgresStorageBackend<Json> texts{manager, "texts"};
                  texts.write("a", Json("another text"));
                  manager.close();
              },
              [&] { CHECK(open_descriptors() == descriptors); }) > 50);
}
