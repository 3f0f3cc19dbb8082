// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_BULK_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_BULK_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "peers/libpq.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchmarks {

/// Many documents at once, in and out, beside what libpq does at best.
class BulkBenchmark {
    /// Documents that nobody holds at once.
    [[nodiscard]] auto streamed() const {
        return std::views::iota(std::size_t{0}, documents_.size()) | std::views::transform([this](std::size_t i) {
                   return std::pair<std::string_view, const Device&>{documents_.ids[i], documents_.values[i]};
               });
    }

public:
    BulkBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
        : figures_{figures}, turns_{turns}, url_{server.create_database()} {}

    void run() {
        const auto truncate = [&] { execute("TRUNCATE devices"); };
        compare(
            "bulk_new_insert_many_of_a_stream_to_copy", 0.9, truncate, [&] { devices_.insert_many(streamed()); },
            [&] { copy_into("devices (id, data)"); });
        compare(
            "bulk_new_write_many_of_a_stream_to_copy", 0.9, truncate, [&] { devices_.write_many(streamed()); },
            [&] { copy_into("devices (id, data)"); });
        compare(
            "bulk_new_write_many_of_a_vector_to_copy", 0.9, truncate, [&] { devices_.write_many(pairs_, {}); },
            [&] { copy_into("devices (id, data)"); });
        figures_.figure("bulk_new_write_many_with_versions_to_copy",
                        ratios_in_turns(
                            turns_, truncate, [&] { (void)devices_.write_many(pairs_); },
                            [&] { copy_into("devices (id, data)"); }));
        const auto nothing = [] {};
        compare(
            "bulk_upsert_write_many_of_a_stream_to_staging", 0.95, nothing, [&] { devices_.write_many(streamed()); },
            [&] { upsert_by_hand(); });
        execute("VACUUM (ANALYZE) devices");
        compare(
            "read_all_to_libpq_and_nlohmann", 1.0, nothing, [&] { expect_all(devices_.read_all().size()); },
            [&] { expect_all(read_by_hand()); });
        compare(
            "read_all_of_listed_members_to_libpq_and_nlohmann", 2.0, nothing,
            [&] { expect_all(listed_.read_all().size()); }, [&] { expect_all(read_by_hand()); });
    }

private:
    template <class Before, class Ours, class Theirs>
    void compare(const std::string& name, double target, Before&& before, Ours&& ours, Theirs&& theirs) {
        figures_.goal(name, ratios_in_turns(turns_, before, ours, theirs), target);
    }

    void execute(const char* sql) {
        const ExecStatusType status = PQresultStatus(RawLibpq::Result{PQexec(raw_.connection(), sql), &PQclear}.get());
        if (status != PGRES_COMMAND_OK) throw std::runtime_error{PQerrorMessage(raw_.connection())};
    }

    /// Of ready text, in COPY's text format; nothing in these documents is to be escaped there.
    void copy_into(const std::string& table) {
        (void)raw_.checked(PQexec(raw_.connection(), ("COPY " + table + " FROM STDIN").c_str()), PGRES_COPY_IN);
        std::string line;
        for (std::size_t i = 0; i < documents_.size(); ++i) {
            line.assign(documents_.ids[i]).append("\t").append(documents_.texts[i]).append("\n");
            PQputCopyData(raw_.connection(), line.data(), static_cast<int>(line.size()));
        }
        PQputCopyEnd(raw_.connection(), nullptr);
        (void)raw_.checked(PQgetResult(raw_.connection()), PGRES_COMMAND_OK);
        while (PGresult* rest = PQgetResult(raw_.connection())) PQclear(rest);
    }

    void upsert_by_hand() {
        execute("BEGIN");
        execute("CREATE TEMPORARY TABLE staging (id text COLLATE \"C\", data jsonb) ON COMMIT DROP");
        copy_into("staging");
        execute(
            "INSERT INTO devices (id, data) SELECT id, data FROM staging ORDER BY id ON CONFLICT (id) DO UPDATE SET "
            "data = EXCLUDED.data");
        execute("COMMIT");
    }

    std::size_t read_by_hand() {
        const RawLibpq::Result result = raw_.checked(
            PQexec(raw_.connection(), "SELECT id, data FROM devices ORDER BY id COLLATE \"C\""), PGRES_TUPLES_OK);
        std::vector<Device> all;
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            all.push_back(nlohmann::json::parse(PQgetvalue(result.get(), row, 1)).get<Device>());
        }
        return all.size();
    }

    void expect_all(std::size_t seen) const {
        if (seen != documents_.size()) throw std::runtime_error{"another number of documents came back"};
    }

    Figures& figures_;
    std::size_t turns_;
    std::string url_;
    Documents documents_{100'000};
    std::vector<std::pair<std::string, Device>> pairs_ = documents_.pairs();
    RawLibpq raw_ = [this] {
        gridone::storage::PostgresConnectionManager manager{url_};
        gridone::storage::BaseSchemaManager{manager, {gridone::storage::document_table<Device>("devices")}}
            .ensure_schema();
        return RawLibpq{url_};
    }();
    gridone::storage::PostgresConnectionManager manager_{url_};
    gridone::storage::PostgresStorageBackend<Device> devices_{manager_,
                                                              gridone::storage::document_table<Device>("devices")};
    gridone::storage::PostgresStorageBackend<ListedDevice> listed_{manager_, "devices"};
};

}  // namespace benchmarks

#endif
