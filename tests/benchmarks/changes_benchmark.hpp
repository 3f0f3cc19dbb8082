// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_CHANGES_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_CHANGES_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "peers/libpq.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace benchmarks {

/// What 8 callers do beside reading and writing whole documents: pages, patches, and edits of the same few documents,
/// beside the SQL that one would write by hand, prepared, on a connection for each caller. And what a write costs more
/// where the table keeps times or revisions.
class ChangesBenchmark {
    using Storage = gridone::storage::PostgresStorageBackend<Device>;

    [[nodiscard]] auto puts(Storage& into) const {
        return [this, &into](std::size_t, std::size_t random) {
            const std::size_t document = random % documents_.size();
            into.write(documents_.ids[document], documents_.values[document]);
        };
    }

public:
    ChangesBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
        : figures_{figures}, server_{server}, turns_{turns}, url_{server.create_database()} {
        gridone::storage::BaseSchemaManager{manager_, {devices_.table(), timed_.table(), revised_.table()}}
            .ensure_schema();
        for (Storage* storage : {&devices_, &timed_, &revised_}) storage->write_many(documents_.pairs());
        RawLibpq raw{url_};
        for (const char* sql :
             {"CREATE INDEX ON devices ((data ->> 'name') COLLATE \"C\", id)", "VACUUM (ANALYZE) devices"}) {
            (void)raw.checked(PQexec(raw.connection(), sql), PGRES_COMMAND_OK);
        }
        while (by_hand_.size() < callers) by_hand_.emplace_back(url_);
    }

    void run() {
        compare(
            "page_of_50",
            [&](std::size_t document) {
                const auto page =
                    devices_.query(by_name).where(name >= documents_.values[document].name).limit(50).page();
                expect(!page.items.empty());
            },
            [&](ByHand& sql, std::size_t document) { expect(sql.page(documents_.values[document].name) != 0); });
        compare(
            "patch",
            [&](std::size_t document) {
                devices_.patch(documents_.ids[document], gridone::storage::field<&Device::floor>.set(7));
            },
            [&](ByHand& sql, std::size_t document) { sql.patch(documents_.ids[document], "7"); });
        compare(
            "edit_of_10_documents",
            [&](std::size_t document) {
                devices_.edit(documents_.ids[document % 10], [](Device& device) { ++device.floor; });
            },
            [&](ByHand& sql, std::size_t document) { sql.edit(documents_.ids[document % 10]); });
        figures_.figure("put_8_callers_with_timestamps_to_without", ratios(puts(timed_), puts(devices_)));
        figures_.figure("put_8_callers_with_revisions_to_without", ratios(puts(revised_), puts(devices_)));
    }

private:
    static constexpr std::size_t callers = 8;
    static constexpr auto name = gridone::storage::field<&Device::name>;
    inline static const auto by_name = gridone::storage::query<Device>().order_by(name);
    static gridone::storage::DocumentTable<Device> table(const char* as) {
        return gridone::storage::document_table<Device>(as).index(gridone::storage::index_for(by_name));
    }

    /// A connection, and the statements.
    class ByHand {
    public:
        explicit ByHand(const std::string& url) : libpq_{url} {
            prepare(
                "page",
                "SELECT id, data FROM devices WHERE (data ->> 'name') COLLATE \"C\" >= $1 ORDER BY (data ->> 'name') "
                "COLLATE \"C\", id LIMIT 50");
            prepare("patch", "UPDATE devices SET data = jsonb_set(data, '{floor}', $2::jsonb) WHERE id = $1");
            prepare("lock", "SELECT data FROM devices WHERE id = $1 FOR UPDATE");
        }

        int page(const std::string& from) {
            const RawLibpq::Result rows = run("page", {from}, PGRES_TUPLES_OK);
            std::vector<Device> all;
            for (int row = 0; row < PQntuples(rows.get()); ++row) {
                all.push_back(nlohmann::json::parse(PQgetvalue(rows.get(), row, 1)).get<Device>());
            }
            return static_cast<int>(all.size());
        }
        void patch(const std::string& id, const std::string& floor) {
            (void)run("patch", {id, floor}, PGRES_COMMAND_OK);
        }
        void edit(const std::string& id) {
            execute("BEGIN");
            auto device =
                nlohmann::json::parse(PQgetvalue(run("lock", {id}, PGRES_TUPLES_OK).get(), 0, 0)).get<Device>();
            ++device.floor;
            libpq_.put(id, nlohmann::json(device).dump());
            execute("COMMIT");
        }

    private:
        void prepare(const char* as, const char* sql) {
            (void)libpq_.checked(PQprepare(libpq_.connection(), as, sql, 0, nullptr), PGRES_COMMAND_OK);
        }
        void execute(const char* sql) { (void)libpq_.checked(PQexec(libpq_.connection(), sql), PGRES_COMMAND_OK); }
        RawLibpq::Result run(const char* what, const std::vector<std::string>& values, ExecStatusType expected) {
            std::vector<const char*> pointers;
            for (const std::string& value : values) pointers.push_back(value.c_str());
            return libpq_.checked(PQexecPrepared(libpq_.connection(), what, static_cast<int>(pointers.size()),
                                                 pointers.data(), nullptr, nullptr, 0),
                                  expected);
        }

        RawLibpq libpq_;
    };

    template <class Ours, class Theirs>
    void compare(const std::string& what, Ours&& ours, Theirs&& theirs) {
        const auto of_ours = [&](std::size_t, std::size_t random) { ours(random % documents_.size()); };
        const auto of_theirs = [&](std::size_t caller, std::size_t random) {
            theirs(by_hand_[caller], random % documents_.size());
        };
        figures_.figure(what + "_8_callers_to_sql_by_hand", ratios(of_ours, of_theirs));
    }

    template <class Ours, class Theirs>
    [[nodiscard]] std::vector<double> ratios(const Ours& ours, const Theirs& theirs) const {
        const auto rate = [&](std::size_t turn, auto&& call) {
            return run_slice({callers, std::chrono::milliseconds{200}, static_cast<unsigned>(turn)}, server_.pid(),
                             call)
                .per_second;
        };
        std::vector<double> all;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            const bool first = turn % 2 == 0;
            const double one = first ? rate(turn, ours) : rate(turn, theirs);
            const double other = first ? rate(turn, theirs) : rate(turn, ours);
            if (turn != 0) all.push_back(first ? one / other : other / one);  // the first warms up
        }
        return all;
    }

    static void expect(bool came) {
        if (!came) throw std::runtime_error{"no documents came back"};
    }

    Figures& figures_;
    gridone::storage::testing::PostgresServer& server_;
    std::size_t turns_;
    std::string url_;
    Documents documents_{10'000};
    gridone::storage::PostgresConnectionManager manager_{url_};
    Storage devices_{manager_, table("devices")};
    Storage timed_{manager_, table("timed").with_timestamps()};
    Storage revised_{manager_, table("revised").with_revision_column()};
    std::deque<ByHand> by_hand_;
};

}  // namespace benchmarks

#endif
