// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_DOCUMENTS_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_DOCUMENTS_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "peers.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Reads and writes of single documents by 1, 8, 32 and 128 callers, by the library and by its peers, in turns.
class DocumentsBenchmark {
public:
    DocumentsBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns)
        : figures_{figures}, server_{server}, turns_{turns}, url_{server.create_database()} {
        gridone::storage::BaseSchemaManager{plain_manager_, {plain_.table()}}.ensure_schema();
    }

    void run() {
        for (const Workload workload : {Workload::get, Workload::put}) {
            for (const std::size_t callers : {1U, 8U, 32U, 128U}) cell(workload, callers);
        }
    }

private:
    enum class Workload { get, put };
    using Call = std::function<void(std::size_t caller, std::size_t document)>;
    struct Contestant {
        std::string name;
        Call call;
    };
    using Slices = std::map<std::string, std::vector<Slice>>;

    void cell(Workload workload, std::size_t callers) {
        seed();
        const std::string what = workload == Workload::get ? "get" : "put";
        const std::vector<Contestant> contestants = contestants_of(workload, callers);
        Slices slices;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            for (std::size_t i = 0; i < contestants.size(); ++i) {
                // Whoever is first in one turn is last in the next.
                const Contestant& one = contestants[turn % 2 == 0 ? i : contestants.size() - 1 - i];
                const Slice slice = run_slice(
                    callers, slice_, server_.pid(), static_cast<unsigned>(turn),
                    [&](std::size_t caller, std::size_t random) { one.call(caller, random % documents_.size()); });
                if (turn != 0) slices[one.name].push_back(slice);  // the first warms up
            }
        }
        for (const auto& [name, of_one] : slices) tell(what, callers, name, of_one);
        judge(what, callers, slices);
    }

    void judge(const std::string& what, std::size_t callers, const Slices& slices) {
        const bool gets = what == "get";
        const std::string cell = what + "_" + std::to_string(callers);
        const auto ratio = [&](const std::string& of, const std::string& to, double Slice::* figure) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < turns_; ++i)
                ratios.push_back(slices.at(of)[i].*figure / slices.at(to)[i].*figure);
            return ratios;
        };
        const auto faster = [&](const std::string& of, const std::string& to, double target) {
            figures_.goal(cell + "_" + of + "_to_" + to, ratio(of, to, &Slice::per_second), target);
        };
        if (callers <= 8) {
            faster("plain", "libpq", 0.90);
            faster("coalescing", "plain", 0.95);
        }
        if (callers == 32) {
            faster("coalescing", "libpq", gets ? 2.0 : 2.2);
            figures_.goal(cell + "_p99_coalescing_to_libpq", ratio("coalescing", "libpq", &Slice::p99),
                          gets ? 0.4 : 0.3, Figures::Better::lower);
        }
        if (callers == 128) {
            faster("coalescing", "libpq", gets ? 3.0 : 3.7);
            faster("coalescing", "libpq_pool_of_16", gets ? 4.0 : 4.5);
        }
    }

    void tell(const std::string& what, std::size_t callers, const std::string& name, const std::vector<Slice>& slices) {
        const auto middle = [&](double Slice::* figure) {
            std::vector<double> all;
            for (const Slice& slice : slices) all.push_back(slice.*figure);
            return median(std::move(all));
        };
        figures_.row({{"workload", what},
                      {"callers", callers},
                      {"of", name},
                      {"per_second", middle(&Slice::per_second)},
                      {"p50", middle(&Slice::p50)},
                      {"p99", middle(&Slice::p99)},
                      {"client_cpu", middle(&Slice::client_cpu)},
                      {"server_cpu", middle(&Slice::server_cpu)}});
    }

    std::vector<Contestant> contestants_of(Workload workload, std::size_t callers) {
        std::vector<Contestant> all;
        all.push_back(connected<RawLibpq>("libpq", workload, callers, 64));
        if (callers == 128) all.push_back(connected<RawLibpq>("libpq_pool_of_16", workload, callers, 16));
        all.push_back(connected<FastLibpqxx>("libpqxx", workload, callers, 64));
        all.push_back(connected<UsualLibpqxx>("libpqxx_as_most_write_it", workload, callers, 16));
        all.push_back(of_library("plain", workload, plain_));
        all.push_back(of_library("coalescing", workload, coalescing_));
        return all;
    }

    /// A connection for each caller, or a pool of that many.
    template <class Connection>
    Contestant connected(const std::string& name, Workload workload, std::size_t callers, std::size_t most) {
        const auto work = [this, workload](Connection& it, std::size_t document) {
            if (workload == Workload::get) {
                (void)it.get(documents_.ids[document]);
            } else {
                it.put(documents_.ids[document], documents_.texts[document]);
            }
        };
        if (callers > most) {
            const auto pool = std::make_shared<FifoPool<Connection>>(most, url_);
            return {name, [pool, work](std::size_t, std::size_t document) {
                        pool->with([&](Connection& it) { work(it, document); });
                    }};
        }
        const auto own = std::make_shared<std::deque<Connection>>();
        while (own->size() < callers) own->emplace_back(url_);
        return {name, [own, work](std::size_t caller, std::size_t document) { work((*own)[caller], document); }};
    }

    template <class Storage>
    Contestant of_library(const std::string& name, Workload workload, Storage& storage) {
        if (workload == Workload::get) {
            return {name, [&](std::size_t, std::size_t document) { (void)storage.read(documents_.ids[document]); }};
        }
        return {name, [&](std::size_t, std::size_t document) {
                    storage.write(documents_.ids[document], documents_.values[document]);
                }};
    }

    void seed() {
        plain_.clear();
        plain_.write_many(documents_.pairs());
        RawLibpq raw{url_};
        (void)raw.checked(PQexec(raw.connection(), "VACUUM (ANALYZE) devices"), PGRES_COMMAND_OK);
        (void)raw.checked(PQexec(raw.connection(), "CHECKPOINT"), PGRES_COMMAND_OK);
    }

    static constexpr std::chrono::milliseconds slice_{200};

    Figures& figures_;
    gridone::storage::testing::PostgresServer& server_;
    std::size_t turns_;
    std::string url_;
    Documents documents_{10'000};
    gridone::storage::PostgresConnectionManager plain_manager_{url_};
    gridone::storage::PostgresConnectionManager shared_manager_{url_};
    gridone::storage::PostgresStorageBackend<Device> plain_{plain_manager_, "devices"};
    gridone::storage::CoalescingStorageBackend<Device> coalescing_{
        gridone::storage::PostgresStorageBackend<Device>{shared_manager_, "devices"}};
};

}  // namespace benchmarks

#endif
