// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_QUERY_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_QUERY_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <chrono>
#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// What a table's size costs a query whose index serves it: ten documents out of a million beside ten out of a thousand.
class QueryBenchmark {
public:
    QueryBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
        : figures_{figures}, server_{server}, turns_{turns}, url_{server.create_database()} {}

    void run() {
        fill(small_, few);
        fill(large_, many);
        std::vector<double> ratios;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            const double small = p50(turn, small_, few);
            const double large = p50(turn, large_, many);
            if (turn != 0) ratios.push_back(large / small);  // the first warms up
        }
        figures_.goal("p50_of_an_indexed_query_of_a_million_to_a_thousand", ratios, 1.5, Figures::Better::lower);
    }

private:
    using Storage = gridone::storage::PostgresStorageBackend<Device>;
    static constexpr std::size_t few = 1'000;
    static constexpr std::size_t many = 1'000'000;
    static constexpr std::size_t at_one_site = 10;

    static std::string site(std::size_t number) { return "site " + std::to_string(number / at_one_site); }

    static auto at(const std::string& wanted) {
        return gridone::storage::query<Device>()
            .where(gridone::storage::field<&Device::site> == wanted)
            .order_by(gridone::storage::field<&Device::name>);
    }

    static gridone::storage::DocumentTable<Device> table(const std::string& name) {
        return gridone::storage::document_table<Device>(name).index(gridone::storage::index_for(at("")));
    }

    void fill(Storage& storage, std::size_t count) {
        gridone::storage::BaseSchemaManager{manager_, {storage.table()}}.ensure_schema();
        storage.within(std::chrono::minutes{10})
            .insert_many(std::views::iota(std::size_t{0}, count) | std::views::transform([](std::size_t number) {
                             const std::string digits = std::to_string(number);
                             return std::pair{digits,
                                              Device{"device " + digits, site(number), 1, 21.5, "in the basement"}};
                         }));
        manager_.with_connection([&](pqxx::connection& connection) {
            pqxx::nontransaction{connection}.exec("VACUUM (ANALYZE) " + storage.table().names().table_name);
        });
    }

    double p50(std::size_t turn, Storage& storage, std::size_t count) {
        return run_slice(1, std::chrono::milliseconds{200}, server_.pid(), static_cast<unsigned>(turn),
                         [&](std::size_t, std::size_t random) {
                             if (storage.query(at(site(random % count))).read_all().size() != at_one_site)
                                 throw std::runtime_error{"another number of documents came back"};
                         })
            .p50;
    }

    Figures& figures_;
    gridone::storage::testing::PostgresServer& server_;
    std::size_t turns_;
    std::string url_;
    gridone::storage::PostgresConnectionManager manager_{url_};
    Storage small_{manager_, table("small")};
    Storage large_{manager_, table("large")};
};

}  // namespace benchmarks

#endif
