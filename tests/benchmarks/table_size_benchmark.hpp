// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_TABLE_SIZE_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_TABLE_SIZE_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "peers/libpq.hpp"
#include "peers/programs.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <libpq-fe.h>
#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Kilobytes that this process has had in memory at the most since it began.
inline long peak_memory() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    }
    throw std::runtime_error{"/proc/self/status has no VmHWM"};
}

/// What the size of a table costs: a query whose index serves it, ten documents out of a million beside ten out of a
/// thousand; and the time and memory of a stream of the million.
class TableSizeBenchmark {
public:
    TableSizeBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
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
        const std::unique_ptr<PGconn, decltype(&PQfinish)> raw{PQconnectdb(url_.c_str()), &PQfinish};
        figures_.goal("for_each_of_a_million_to_libpq_row_by_row_and_nlohmann",
                      ratios_in_turns(turns_, [] {}, [&] { stream(large_); }, [&] { stream(raw.get()); }), 0.95);
        figures_.goal("peak_memory_of_a_stream_of_a_million_in_MB",
                      {std::stod(output_of(shell_word(std::filesystem::read_symlink("/proc/self/exe").string()) +
                                           " peak-memory-of-stream " + shell_word(url_)))},
                      16, Figures::Better::lower);
    }

    /// Streams the million in a process that has done nothing else. @returns by how many megabytes its memory grew
    static double peak_memory_of_stream(const std::string& url) {
        const long before = peak_memory();
        gridone::storage::PostgresConnectionManager manager{url};
        Storage large{manager, "large"};
        stream(large);
        return static_cast<double>(peak_memory() - before) / 1024;
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

    static void stream(Storage& storage) {
        std::size_t seen = 0;
        storage.for_each(
            [&](const gridone::storage::Document<Device>& it) { seen += it.value.name.empty() ? 0U : 1U; });
        if (seen != many) throw std::runtime_error{"another number of documents came back"};
    }

    static void stream(PGconn* connection) {
        if (PQsendQueryParams(connection, "SELECT id, data FROM large ORDER BY id COLLATE \"C\"", 0, nullptr, nullptr,
                              nullptr, nullptr, 0) != 1) {
            throw std::runtime_error{PQerrorMessage(connection)};
        }
        PQsetSingleRowMode(connection);
        std::size_t seen = 0;
        while (PGresult* given = PQgetResult(connection)) {
            const RawLibpq::Result row{given, &PQclear};
            if (PQntuples(given) == 0) continue;
            const Device device = nlohmann::json::parse(PQgetvalue(given, 0, 1)).get<Device>();
            seen += device.name.empty() ? 0U : 1U;
        }
        if (seen != many) throw std::runtime_error{"another number of documents came back"};
    }

    double p50(std::size_t turn, Storage& storage, std::size_t count) {
        return run_slice({1, std::chrono::milliseconds{200}, static_cast<unsigned>(turn)}, server_.pid(),
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
