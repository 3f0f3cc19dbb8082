// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

namespace widget {
constexpr auto name = gs::field<&Widget::name>;
constexpr auto size = gs::field<&Widget::size>;
}  // namespace widget

const auto ruled = gs::document_table<Widget>("widgets").unique(widget::name).insert_only(widget::size);

struct InMemory {
    gs::MemoryStorageBackend<Widget> widgets{ruled};
};

struct InPostgres {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, ruled};

    InPostgres() { gs::BaseSchemaManager{manager, {ruled}}.ensure_schema(); }
};

/// Widgets that exist only while they are looked at.
auto widgets_from(int first, int last) {
    return std::views::iota(first, last) | std::views::transform([](int number) {
               const std::string name = "w" + std::to_string(number);
               return std::pair{name, Widget{name, number}};
           });
}

// A sanitizer keeps what was freed, and shadows the rest.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_ours = false;
#elif !defined(__has_feature)
constexpr bool memory_is_ours = true;
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool memory_is_ours = false;
#else
constexpr bool memory_is_ours = true;
#endif

/// Of this process, in bytes; the highest since it was last asked for.
std::size_t peak_memory() {
    std::ifstream status{"/proc/self/status"};
    std::size_t kilobytes = 0;
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) kilobytes = std::stoul(line.substr(6));
    }
    std::ofstream{"/proc/self/clear_refs"} << 5;
    return kilobytes * 1024;
}

}  // namespace

TEMPLATE_TEST_CASE("documents are stored from a range that is walked once", "", InMemory, InPostgres) {
    TestType place;
    std::vector<std::size_t> told;
    CHECK(place.widgets.write_many(widgets_from(0, 3000), {.progress = [&](std::size_t n) { told.push_back(n); }}) ==
          3000);
    CHECK(place.widgets.count() == 3000);
    CHECK(place.widgets.read("w2999") == Widget{"w2999", 2999});
    CHECK(told == std::vector<std::size_t>{3000});
    CHECK(place.widgets.write_many(widgets_from(0, 0)) == 0);

    // Over what is there: what only an insert sets stays, and of one id the last is stored.
    const auto again =
        std::views::iota(0, 3) | std::views::transform([](int number) {
            return gs::Document<Widget>{"w1", Widget{"again" + std::to_string(number), -number}, gs::Version{0}};
        });
    CHECK(place.widgets.write_many(again) == 3);
    CHECK(place.widgets.read("w1") == Widget{"again2", 1});
    CHECK(place.widgets.count() == 3000);
}

TEMPLATE_TEST_CASE("new documents are stored from a range that is walked once", "", InMemory, InPostgres) {
    TestType place;
    std::vector<std::size_t> told;
    CHECK(place.widgets.insert_many(widgets_from(0, 3000), {.progress = [&](std::size_t n) { told.push_back(n); }}) ==
          3000);
    CHECK(place.widgets.count() == 3000);
    CHECK(place.widgets.read("w2999") == Widget{"w2999", 2999});
    CHECK(told == std::vector<std::size_t>{3000});
    CHECK(place.widgets.insert_many(widgets_from(0, 0)) == 0);

    const auto taken = error_of<gs::AlreadyExistsError>([&] { place.widgets.insert_many(widgets_from(2990, 4000)); });
    CHECK(taken.id() == "w2990");
    CHECK(std::string{taken.what()} == "insert_many widgets: a document with this id is already there");
    const auto twice = std::views::iota(0, 4) | std::views::transform([](int number) {
                           return std::pair{"t" + std::to_string(number % 3), Widget{std::to_string(number), 0}};
                       });
    CHECK(error_of<gs::AlreadyExistsError>([&] { place.widgets.insert_many(twice); }).id() == "t0");
    const auto ruled_out = std::views::iota(0, 4) | std::views::transform([](int number) {
                               return std::pair{"n" + std::to_string(number), Widget{"w" + std::to_string(number), 0}};
                           });
    CHECK(error_of<gs::ConstraintError>([&] { place.widgets.insert_many(ruled_out); }).constraint() ==
          "widgets_name_key");
    CHECK(place.widgets.count() == 3000);

    place.widgets.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS(place.widgets.in(tx).insert_many(widgets_from(2999, 3010)), gs::AlreadyExistsError);
        CHECK(place.widgets.in(tx).insert_many(widgets_from(3000, 3010)) == 10);
    });
    CHECK(place.widgets.count() == 3010);
}

TEMPLATE_TEST_CASE("whatever an id or a text holds comes as it is", "", InMemory, InPostgres) {
    TestType place;
    const std::vector<std::string> odd{"\\.",   "\\N",     "a\tb", "a\nb", "\r\n",      "\\",
                                       "\\\\n", "(a)=(b)", "'\"",  " ",    "\x7f\u00e9"};
    const auto range = std::views::iota(std::size_t{0}, odd.size()) | std::views::transform([&](std::size_t number) {
                           return std::pair{odd[number], Widget{odd[number], static_cast<int>(number)}};
                       });
    CHECK(place.widgets.insert_many(range) == odd.size());
    for (std::size_t number = 0; number < odd.size(); ++number) {
        CHECK(place.widgets.read(odd[number]) == Widget{odd[number], static_cast<int>(number)});
        const auto one = range | std::views::drop(number) | std::views::take(1);
        CHECK(error_of<gs::AlreadyExistsError>([&] { place.widgets.insert_many(one); }).id() == odd[number]);
    }
}

TEST_CASE("a taken id is told where its column needs quotes, and where documents are json") {
    InPostgres place;
    by_hand(place.url, R"(CREATE TABLE "odd" ("the ""id""" text PRIMARY KEY, body json NOT NULL))");
    gs::PostgresStorageBackend<Widget> odd{
        place.manager,
        gs::document_table<Widget>({.table_name = "odd", .id_column = "the \"id\"", .data_column = "body"})};
    CHECK(odd.insert_many(widgets_from(0, 10)) == 10);
    CHECK(error_of<gs::AlreadyExistsError>([&] { odd.insert_many(widgets_from(9, 12)); }).id() == "w9");
    CHECK(odd.read("w7") == Widget{"w7", 7});
}

TEMPLATE_TEST_CASE("of a range with a document that cannot be stored, nothing is", "", InMemory, InPostgres) {
    TestType place;
    place.widgets.write("w7", {"w7", 7});
    SECTION("a document that is no JSON") {
        const auto error = error_of<gs::InvalidInputError>([&] {
            place.widgets.write_many(std::views::iota(0, 5) | std::views::transform([](int number) {
                                         return std::pair{std::to_string(number),
                                                          Widget{number == 3 ? "\xff" : "w", number}};
                                     }));
        });
        CHECK(error.id() == "3");
        CHECK(error.pointer() == "/name");
        CHECK(std::string{error.what()}.find("document 4") != std::string::npos);
    }
    SECTION("an id that is none") {
        const auto error = error_of<gs::InvalidInputError>([&] {
            place.widgets.write_many(std::views::iota(0, 2) | std::views::transform([](int number) {
                                         return std::pair{std::string(number == 1 ? 513 : 1, 'a'), Widget{"w", number}};
                                     }));
        });
        CHECK(std::string{error.what()}.find("document 2") != std::string::npos);
    }
    SECTION("a document that breaks a rule") {
        const auto error = error_of<gs::ConstraintError>([&] {
            place.widgets.write_many(std::views::iota(0, 5) | std::views::transform([](int number) {
                                         return std::pair{std::to_string(number),
                                                          Widget{"w" + std::to_string(number + 4), 0}};
                                     }));
        });
        CHECK(error.constraint() == "widgets_name_key");
    }
    SECTION("a range that throws") {
        const auto throwing = std::views::iota(0, 5) | std::views::transform([](int number) {
                                  if (number == 4) throw std::out_of_range{"no more"};
                                  return std::pair{std::to_string(number), Widget{std::to_string(number), 0}};
                              });
        CHECK_THROWS_AS(place.widgets.write_many(throwing), std::out_of_range);
    }
    SECTION("progress that throws") {
        const auto stop = [](std::size_t) { throw std::out_of_range{"stop"}; };
        CHECK_THROWS_AS(place.widgets.write_many(widgets_from(0, 2), {.progress = stop}), std::out_of_range);
    }
    SECTION("time that is up") {
        const auto slow = widgets_from(0, 1'000'000'000);
        CHECK_THROWS_AS(place.widgets.within(100ms).write_many(slow), gs::DeadlineExceededError);
    }
    CHECK(place.widgets.list_all() == std::vector<std::string>{"w7"});
    place.widgets.write("w8", {"w8", 8});
}

TEMPLATE_TEST_CASE("a range is part of the transaction", "", InMemory, InPostgres) {
    TestType place;
    place.widgets.transaction([&](gs::Transaction& tx) {
        CHECK(place.widgets.in(tx).write_many(widgets_from(0, 10)) == 10);
        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& part) {
            place.widgets.in(part).write_many(widgets_from(10, 20));
            throw std::runtime_error{"undone"};
        }),
                        std::runtime_error);
        const auto bad = std::views::iota(0, 2) | std::views::transform([](int number) {
                             return std::pair{std::string{"bad"}, Widget{"\xff", number}};
                         });
        CHECK_THROWS_AS(place.widgets.in(tx).write_many(bad), gs::InvalidInputError);
        CHECK(place.widgets.in(tx).write_many(widgets_from(20, 25)) == 5);
        CHECK(place.widgets.in(tx).count() == 15);
    });
    CHECK(place.widgets.count() == 15);
}

TEST_CASE("a range of any length takes no more memory than a short one") {
    InPostgres place;
    const auto large = [](int count) {
        return std::views::iota(0, count) | std::views::transform([](int number) {
                   return std::pair{std::to_string(number), Widget{std::to_string(number) + std::string(4000, 'x'), 0}};
               });
    };
    gs::PostgresStorageBackend<Widget> plain{place.manager, "plain"};
    gs::BaseSchemaManager{place.manager, {plain.table()}}.ensure_schema();
    plain.write_many(large(100));
    (void)peak_memory();
    const std::size_t before = peak_memory();
    std::vector<std::size_t> told;
    CHECK(plain.write_many(large(20'000), {.progress = [&](std::size_t n) { told.push_back(n); }}) == 20'000);
    CHECK((!memory_is_ours || peak_memory() < before + (std::size_t{16} << 20U)));
    CHECK(told.size() > 50);
    CHECK(told.back() == 20'000);
    CHECK(plain.count() == 20'000);
}

TEST_CASE("while a range is walked, its connection is not asked for anything else") {
    InPostgres place;
    const auto nested = std::views::iota(0, 2) | std::views::transform([&](int number) {
                            return std::pair{std::to_string(number), place.widgets.read("w1")};
                        });
    CHECK_THROWS_AS(place.widgets.write_many(nested), gs::UsageError);
    place.widgets.transaction([&](gs::Transaction& tx) {
        const auto inside = std::views::iota(0, 2) | std::views::transform([&](int number) {
                                return std::pair{std::to_string(number), place.widgets.in(tx).read("w1")};
                            });
        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& part) { place.widgets.in(part).write_many(inside); }),
                        gs::UsageError);
        CHECK(place.widgets.in(tx).count() == 0);
    });
    CHECK(place.widgets.count() == 0);
}

TEST_CASE("a load whose backend is killed stores nothing") {
    InPostgres place;
    const int first = GENERATE(0, 100'000);  // which is in order of ids or not
    const auto killing =
        std::views::iota(first, first + 50'000) | std::views::transform([&](int number) {
            if (number == first + 40'000) {
                by_hand(place.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'");
            }
            return std::pair{std::to_string(number), Widget{std::to_string(number), 0}};
        });
    CHECK(error_of<gs::ConnectionError>([&] { place.widgets.write_many(killing); }).outcome() ==
          gs::Outcome::not_applied);
    CHECK(place.widgets.count() == 0);
}

TEST_CASE("loads of the same ids in other orders do not wait for each other for ever") {
    InPostgres place;
    gs::PostgresConnectionManager manager{place.url};
    gs::PostgresStorageBackend<Widget> plain{manager, "plain"};
    gs::BaseSchemaManager{manager, {plain.table()}}.ensure_schema();
    std::vector<std::jthread> threads;
    for (const int direction : {1, -1}) {
        threads.emplace_back([&plain, direction] {
            for (int round = 0; round < 10; ++round) {
                plain.write_many(std::views::iota(0, 500) | std::views::transform([&](int number) {
                                     const int id = direction > 0 ? number : 499 - number;
                                     return std::pair{std::to_string(id), Widget{"w", round}};
                                 }));
            }
        });
    }
    threads.clear();
    CHECK(plain.count() == 500);
    CHECK(plain.read("7").size == 9);
}

TEST_CASE("new documents that come twice at once, in other orders, are stored once") {
    InPostgres place;
    gs::PostgresConnectionManager manager{place.url};
    gs::PostgresStorageBackend<Widget> plain{manager, "plain"};
    gs::BaseSchemaManager{manager, {plain.table()}}.ensure_schema();
    constexpr int count = 400;
    std::barrier half_way{2};
    std::atomic<int> stored = 0;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> threads;
    for (const bool forwards : {true, false}) {
        threads.emplace_back([&, forwards] {
            const auto range = std::views::iota(0, count) | std::views::transform([&, forwards](int number) {
                                   if (number == count / 2) half_way.arrive_and_wait();
                                   const int id = forwards ? number : count - 1 - number;
                                   return std::pair{std::to_string(id), Widget{std::string(1000, 'x'), id}};
                               });
            try {
                plain.insert_many(range);
                ++stored;
            } catch (const gs::AlreadyExistsError&) {
                ++refused;
            } catch (const gs::TransientError& error) {
                refused += error.sqlstate() == "40P01" ? 1 : 0;
            }
        });
    }
    threads.clear();
    CHECK(stored == 1);
    CHECK(refused == 1);
    CHECK(plain.count() == count);
}
