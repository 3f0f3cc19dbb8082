// SPDX-License-Identifier: MIT

// What stays inside the process, with Google Benchmark: codecs, the SQL of a filter, the pool, and the hand-off between
// callers who share statements.

#include "dashboards.hpp"
#include "devices.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <benchmark/benchmark.h>
#include <memory>
#include <string>

namespace {

namespace gs = gridone::storage;
using benchmarks::Device;

template <class M>
std::string encoded(const M& model) {
    return gs::detail::encode<M, void>(gs::detail::NoHooks{}, model, {}, {});
}

template <class M>
void encode(benchmark::State& state) {
    const M model = benchmarks::dashboard_of_4_kb<M>();
    for (auto _ : state) benchmark::DoNotOptimize(encoded(model));
}
BENCHMARK(encode<benchmarks::TreeDashboard>);
BENCHMARK(encode<benchmarks::ListedDashboard>);

template <class M>
void decode(benchmark::State& state) {
    const std::string text = encoded(benchmarks::dashboard_of_4_kb<M>());
    for (auto _ : state) {
        benchmark::DoNotOptimize(gs::detail::decode<M, void>(gs::detail::NoHooks{}, text, {}, {}));
    }
}
BENCHMARK(decode<benchmarks::TreeDashboard>);
BENCHMARK(decode<benchmarks::ListedDashboard>);

void statement_of_a_query(benchmark::State& state) {
    const gs::detail::DocumentStatements table{gs::document_table<Device>("devices").names(), {}};
    const std::string site = "lyon";
    for (auto _ : state) {
        const auto query = gs::query<Device>()
                               .where(gs::field<&Device::site> == site && gs::field<&Device::floor> >= 3)
                               .order_by(gs::field<&Device::name>)
                               .limit(50);
        gs::detail::SqlValues values{gs::detail::SqlValues::As::parameters};
        benchmark::DoNotOptimize(gs::detail::QueryStatements{table, values}.rows(query.spec()));
    }
}
BENCHMARK(statement_of_a_query);

/// A connection lent and given back, by one thread or by several of which each has one.
void acquire_and_release(benchmark::State& state) {
    static gs::testing::PostgresServer server;
    static std::unique_ptr<gs::PostgresConnectionManager> manager;
    if (state.thread_index() == 0) manager = std::make_unique<gs::PostgresConnectionManager>(server.create_database());
    for (auto _ : state) {
        gs::detail::ManagerAccess::state(*manager)->with_lease({.operation = "benchmark"}, gs::detail::Effect::reads,
                                                               [](auto&, auto&) {});
    }
}
BENCHMARK(acquire_and_release)->Threads(1)->Threads(8)->UseRealTime();

/// What it costs callers to wait for each other and to be woken, with statements that take no time.
void coalescer_hand_off(benchmark::State& state) {
    static std::unique_ptr<gs::detail::Coalescer> coalescer;
    if (state.thread_index() == 0) coalescer = std::make_unique<gs::detail::Coalescer>(gs::CoalescingOptions{});
    const std::string id = std::to_string(state.thread_index());
    for (auto _ : state) {
        const gs::detail::Rider rider{.id = id};
        const auto turn = coalescer->arrive(gs::detail::SharedCall::find, rider, gs::detail::Deadline::max(), nullptr);
        if (turn.kind == gs::detail::Coalescer::Turn::Kind::alone)
            coalescer->end_statement(gs::detail::SharedCall::find);
        if (turn.kind == gs::detail::Coalescer::Turn::Kind::lead) {
            coalescer->begin(*turn.batch);
            turn.batch->is_told = true;
            coalescer->answer(*turn.batch);
        }
    }
}
BENCHMARK(coalescer_hand_off)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
