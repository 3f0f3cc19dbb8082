// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_LARGE_DOCUMENTS_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_LARGE_DOCUMENTS_BENCHMARK_HPP

#include "dashboards.hpp"
#include "figures.hpp"
#include "peers/libpq.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Reads of documents of 4 kB by 8 callers: with listed members and with nlohmann's tree, beside libpq, which hands out
/// the text.
class LargeDocumentsBenchmark {
public:
    LargeDocumentsBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
        : figures_{figures}, server_{server}, turns_{turns}, url_{server.create_database()} {}

    void run() {
        gridone::storage::BaseSchemaManager{manager_, {listed_.table()}}.ensure_schema();
        listed_.insert_many(std::views::iota(std::size_t{0}, documents) | std::views::transform([](std::size_t number) {
                                return std::pair{id(number), dashboard_of_4_kb<ListedDashboard>()};
                            }));
        std::deque<RawLibpq> libpq;
        while (libpq.size() < callers) libpq.emplace_back(url_);
        std::vector<double> of_listed;
        std::vector<double> of_trees;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            const double raw =
                per_second(turn, [&](std::size_t caller, const std::string& of) { (void)libpq[caller].get(of); });
            const double listed = per_second(turn, [&](std::size_t, const std::string& of) { (void)listed_.read(of); });
            const double tree = per_second(turn, [&](std::size_t, const std::string& of) { (void)trees_.read(of); });
            if (turn == 0) continue;  // the first warms up
            of_listed.push_back(listed / raw);
            of_trees.push_back(tree / raw);
        }
        figures_.goal("get_8_of_4_kb_listed_members_to_libpq", of_listed, 0.8);
        figures_.figure("get_8_of_4_kb_default_hooks_to_libpq", of_trees);
    }

private:
    static constexpr std::size_t callers = 8;
    static constexpr std::size_t documents = 2'000;

    static std::string id(std::size_t number) { return "dashboard-" + std::to_string(number); }

    template <class Read>
    double per_second(std::size_t turn, Read&& read) {
        return run_slice({callers, std::chrono::milliseconds{200}, static_cast<unsigned>(turn)}, server_.pid(),
                         [&](std::size_t caller, std::size_t random) { read(caller, id(random % documents)); })
            .per_second;
    }

    Figures& figures_;
    gridone::storage::testing::PostgresServer& server_;
    std::size_t turns_;
    std::string url_;
    gridone::storage::PostgresConnectionManager manager_{url_};
    gridone::storage::PostgresStorageBackend<ListedDashboard> listed_{manager_, "devices"};  // as the peers call it
    gridone::storage::PostgresStorageBackend<TreeDashboard> trees_{manager_, "devices"};
};

}  // namespace benchmarks

#endif
