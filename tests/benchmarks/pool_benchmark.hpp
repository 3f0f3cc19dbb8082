// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_POOL_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_POOL_BENCHMARK_HPP

#include "figures.hpp"
#include <gridone/storage.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

/// What the pool costs, next to a round trip to the server of the same moment.
namespace benchmarks {

namespace gs = gridone::storage;

struct Widget {
    std::string name;
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

using Microseconds = std::chrono::duration<double, std::micro>;

/// What one of `times` calls takes.
inline double microseconds(int times, auto&& call) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) call();
    return Microseconds{std::chrono::steady_clock::now() - started}.count() / times;
}

inline void acquire_and_release(const std::string& url) {
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    const auto state = gs::detail::ManagerAccess::state(manager);
    const gs::detail::CallSite site{.operation = "benchmark"};
    const auto borrow = [&](auto&& f) {
        state->with_lease(site, gs::detail::Effect::reads,
                          [&](gs::detail::Lease& lease, const gs::detail::Until& until) { f(lease, until); });
    };
    const gs::detail::Statement statement{.sql = "SELECT 1", .parameters = {}};
    std::vector<double> borrowing;
    std::vector<double> asking;
    for (int round = 0; round < 600; ++round) {
        borrow([&](gs::detail::Lease& lease, const gs::detail::Until& until) {
            asking.push_back(microseconds(20, [&] { (void)lease->run(statement, {}, until); }));
        });
        borrowing.push_back(microseconds(100, [&] { borrow([](auto&, auto&) {}); }));
    }
    const double alone = median(borrowing);
    const double round_trip = median(asking);
    std::printf("acquire and release %.2f us, one round trip (SELECT 1) %.2f us\n", alone, round_trip);
    std::printf("figure acquire_release measured=%.2f%% target=<=1%%\n", 100 * alone / round_trip);
}

inline void write_with_and_without_listener(const std::string& url) {
    std::uint64_t heard = 0;
    gs::PostgresConnectionManager quiet{url, {.max_size = 1}};
    gs::PostgresConnectionManager told{url, {.max_size = 1, .on_event = [&](const gs::StorageEvent&) { ++heard; }}};
    gs::PostgresStorageBackend<Widget> unheard{quiet, "widgets"};
    gs::PostgresStorageBackend<Widget> heard_of{told, "widgets"};
    gs::BaseSchemaManager{quiet, {unheard.table()}}.ensure_schema();
    std::vector<double> without;
    std::vector<double> with;
    std::vector<double> added;
    for (int round = 0; round < 1000; ++round) {
        without.push_back(microseconds(10, [&] { unheard.write("a", {"bolt", round}); }));
        with.push_back(microseconds(10, [&] { heard_of.write("a", {"bolt", round}); }));
        added.push_back(100 * (with.back() / without.back() - 1));
    }
    std::printf("one write %.2f us, with a listener %.2f us (%.1f events each)\n", median(without), median(with),
                static_cast<double>(heard) / 10'000);
    std::printf("figure write_with_listener measured=%+.2f%%\n", median(added));
}

}  // namespace benchmarks

#endif
