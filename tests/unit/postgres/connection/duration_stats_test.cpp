// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/duration_recorder.hpp>
#include <gridone/storage/postgres/connection/duration_stats.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

TEST_CASE("a duration falls into the first bucket whose bound it does not exceed") {
    CHECK(gs::DurationStats::bucket_of(0ns) == 0);
    for (std::size_t bucket = 0; bucket < gs::DurationStats::bounds.size(); ++bucket) {
        CHECK(gs::DurationStats::bucket_of(gs::DurationStats::bounds[bucket]) == bucket);
        CHECK(gs::DurationStats::bucket_of(gs::DurationStats::bounds[bucket] + 1ns) == bucket + 1);
    }
    CHECK(gs::DurationStats::bucket_of(24h) == gs::DurationStats::bounds.size());
}

TEST_CASE("durations that several threads report are all counted") {
    gs::detail::DurationRecorder recorder;
    CHECK(recorder.stats().mean() == 0ns);
    constexpr std::uint64_t each = 20'000;
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 4; ++i) {
        threads.emplace_back([&recorder, i] {
            for (std::uint64_t n = 0; n < each; ++n) recorder.add(i * 1ms);
        });
    }
    threads.clear();
    const gs::DurationStats stats = recorder.stats();
    CHECK(stats.count == 4 * each);
    CHECK(std::accumulate(stats.histogram.begin(), stats.histogram.end(), std::uint64_t{0}) == stats.count);
    CHECK(stats.histogram[gs::DurationStats::bucket_of(1ms)] == each);
    CHECK(stats.histogram[gs::DurationStats::bucket_of(4ms)] == 3 * each);
    CHECK(stats.longest == 4ms);
    CHECK(stats.total == each * 10ms);
    CHECK(stats.mean() == 2500us);
}
