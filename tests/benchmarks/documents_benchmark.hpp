// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_DOCUMENTS_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_DOCUMENTS_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "peers/contestant.hpp"
#include "peers/fifo_pool.hpp"
#include "peers/libpq.hpp"
#include "peers/libpqxx.hpp"
#include "peers/programs.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#ifdef GRIDONE_BENCHMARKS_SOCI
#include "peers/soci.hpp"
#endif

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Reads and writes of single documents by 1, 8, 32 and 128 callers, by the library and by its peers, in turns.
class DocumentsBenchmark {
public:
    /// @param folder     for files of its peers
    /// @param all_peers  whether those take part as well that no goal is about
    DocumentsBenchmark(Figures& figures, gridone::storage::testing::PostgresServer& server, std::size_t turns,
                       std::filesystem::path folder, bool all_peers)
        : figures_{figures},
          server_{server},
          turns_{turns},
          folder_{std::move(folder)},
          all_peers_{all_peers},
          url_{server.create_database()} {
        gridone::storage::BaseSchemaManager{plain_manager_, {plain_.table()}}.ensure_schema();
    }

    void run() {
        for (const Workload workload : {Workload::get, Workload::put, Workload::mixed}) {
            for (const std::size_t callers : {1U, 8U, 32U, 128U}) cell(workload, callers);
        }
        figures_.goal("connections_of_coalescing", {static_cast<double>(shared_manager_.stats().size)}, 8,
                      Figures::Better::lower);
    }

private:
    using Slices = std::map<std::string, std::vector<Slice>>;

    void cell(Workload workload, std::size_t callers) {
        seed();
        const std::vector<Contestant> contestants = contestants_of(workload, callers);
        Slices slices;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            for (std::size_t i = 0; i < contestants.size(); ++i) {
                // Whoever is first in one turn is last in the next.
                const Contestant& one = contestants[turn % 2 == 0 ? i : contestants.size() - 1 - i];
                if (turn % one.every != 0) continue;
                const Slice slice = one.work({callers, std::chrono::milliseconds{200}, static_cast<unsigned>(turn)});
                if (turn != 0) slices[one.name].push_back(slice);  // the first warms up
            }
        }
        for (const Contestant& one : contestants) tell(workload, callers, one.name, slices.at(one.name));
        judge(workload, callers, slices);
    }

    void judge(Workload workload, std::size_t callers, const Slices& slices) {
        const bool gets = workload == Workload::get;
        const std::string cell = name_of(workload) + "_" + std::to_string(callers);
        const auto ratio = [&](const std::string& of, const std::string& to, double Slice::* figure) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < turns_; ++i)
                ratios.push_back(slices.at(of)[i].*figure / slices.at(to)[i].*figure);
            return ratios;
        };
        const auto rate = [&](const std::string& of, const std::string& to) {
            return ratio(of, to, &Slice::per_second);
        };
        const auto faster = [&](const std::string& of, const std::string& to, double target) {
            figures_.goal(cell + "_" + of + "_to_" + to, rate(of, to), target);
        };
        if (workload == Workload::mixed) {
            figures_.figure(cell + "_plain_to_libpq", rate("plain", "libpq"));
            figures_.figure(cell + "_coalescing_to_libpq", rate("coalescing", "libpq"));
            return;
        }
        if (callers == 1) {
            figures_.goal(cell + "_client_cpu_raw_json_to_libpq", ratio("raw_json", "libpq", &Slice::client_cpu), 1.10,
                          Figures::Better::lower);
        }
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

    void tell(Workload workload, std::size_t callers, const std::string& name, const std::vector<Slice>& slices) {
        const auto middle = [&](double Slice::* figure) {
            std::vector<double> all;
            for (const Slice& slice : slices) all.push_back(slice.*figure);
            return median(std::move(all));
        };
        figures_.row({{"workload", name_of(workload)},
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
        all.push_back(of_library("plain", workload, plain_, documents_.values));
        all.push_back(of_library("coalescing", workload, coalescing_, documents_.values));
        if (callers == 1) all.push_back(of_library("raw_json", workload, raw_json_, raw_texts_));
        if (all_peers_) add_other_peers(all, workload, callers);
        return all;
    }

    void add_other_peers(std::vector<Contestant>& all, Workload workload, std::size_t callers) {
        all.push_back(connected<FastLibpqxx>("libpqxx", workload, callers, 64));
        all.push_back(connected<UsualLibpqxx>("libpqxx_as_most_write_it", workload, callers, 16));
#ifdef GRIDONE_BENCHMARKS_SOCI
        all.push_back(connected<Soci>("soci", workload, callers, 64));
#endif
        if (has_asyncpg()) {
            all.push_back(
                {"asyncpg", [this, workload](const Turn& turn) { return run_asyncpg(url_, workload, turn); }, 4});
        }
        if (workload != Workload::mixed) {
            if (callers >= 8) all.push_back(pipelined(workload, callers));
            all.push_back({"pgbench",
                           [this, script = pgbench_script(workload)](const Turn& turn) {
                               return run_pgbench(url_, script, turn);
                           },
                           4});
        }
    }

    /// Callers in threads of their own. @param call  what the caller of a number does with the document of a number
    template <class Call>
    Contestant in_threads(const std::string& name, Workload workload, Call call) {
        return {name, [this, workload, call](const Turn& turn) {
                    return run_slice(turn, server_.pid(), [&](std::size_t caller, std::size_t random) {
                        call(caller, random % documents_.size(), writes(workload, random / documents_.size()));
                    });
                }};
    }

    /// A connection for each caller, or a pool of that many.
    template <class Connection>
    Contestant connected(const std::string& name, Workload workload, std::size_t callers, std::size_t most) {
        const auto work = [this](Connection& it, std::size_t document, bool write) {
            if (write) {
                it.put(documents_.ids[document], documents_.texts[document]);
            } else {
                (void)it.get(documents_.ids[document]);
            }
        };
        if (callers > most) {
            const auto pool = std::make_shared<FifoPool<Connection>>(most, url_);
            return in_threads(name, workload, [pool, work](std::size_t, std::size_t document, bool write) {
                pool->with([&](Connection& it) { work(it, document, write); });
            });
        }
        const auto own = std::make_shared<std::deque<Connection>>();
        while (own->size() < callers) own->emplace_back(url_);
        return in_threads(name, workload, [own, work](std::size_t caller, std::size_t document, bool write) {
            work((*own)[caller], document, write);
        });
    }

    template <class Storage, class M>
    Contestant of_library(const std::string& name, Workload workload, Storage& storage, const std::vector<M>& values) {
        return in_threads(name, workload, [this, &storage, &values](std::size_t, std::size_t document, bool write) {
            if (write) {
                storage.write(documents_.ids[document], values[document]);
            } else {
                (void)storage.read(documents_.ids[document]);
            }
        });
    }

    /// As many statements on their way as there are callers, on two connections.
    Contestant pipelined(Workload workload, std::size_t callers) {
        const auto both = std::make_shared<std::deque<PipelinedLibpq>>();
        const std::size_t depth = callers / 2;
        while (both->size() < 2) both->emplace_back(url_, depth);
        return {"libpq_pipeline", [this, both, depth, workload](const Turn& turn) {
                    Slice slice = run_slice(
                        {2, turn.duration, turn.seed}, server_.pid(), [&](std::size_t connection, std::size_t random) {
                            std::minstd_rand chance{static_cast<unsigned>(random)};
                            (*both)[connection].run(workload == Workload::put, documents_.ids, documents_.texts,
                                                    [&] { return chance() % documents_.size(); });
                        });
                    slice.per_second *= static_cast<double>(depth);
                    slice.client_cpu /= static_cast<double>(depth);
                    slice.server_cpu /= static_cast<double>(depth);
                    return slice;
                }};
    }

    std::string pgbench_script(Workload workload) const {
        const std::filesystem::path file = folder_ / ("pgbench_" + name_of(workload) + ".sql");
        const std::string id = "'device-' || lpad(:n::text, 7, '0')";
        std::ofstream{file} << "\\set n random(0, " << documents_.size() - 1 << ")\n"
                            << (workload == Workload::get
                                    ? "SELECT data FROM devices WHERE id = " + id
                                    : "INSERT INTO devices (id, data) VALUES (" + id + ", '" + documents_.texts[0] +
                                          "') ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data")
                            << ";\n";
        return file.string();
    }

    void seed() {
        plain_.clear();
        plain_.write_many(documents_.pairs());
        RawLibpq raw{url_};
        (void)raw.checked(PQexec(raw.connection(), "VACUUM (ANALYZE) devices"), PGRES_COMMAND_OK);
        (void)raw.checked(PQexec(raw.connection(), "CHECKPOINT"), PGRES_COMMAND_OK);
    }

    static std::vector<gridone::storage::RawJson> raw(const std::vector<std::string>& texts) {
        std::vector<gridone::storage::RawJson> all;
        std::ranges::transform(texts, std::back_inserter(all),
                               [](const std::string& text) { return gridone::storage::RawJson{text}; });
        return all;
    }

    Figures& figures_;
    gridone::storage::testing::PostgresServer& server_;
    std::size_t turns_;
    std::filesystem::path folder_;
    bool all_peers_;
    std::string url_;
    Documents documents_{10'000};
    std::vector<gridone::storage::RawJson> raw_texts_ = raw(documents_.texts);
    gridone::storage::PostgresConnectionManager plain_manager_{url_};
    gridone::storage::PostgresConnectionManager shared_manager_{url_};
    gridone::storage::PostgresStorageBackend<Device> plain_{plain_manager_, "devices"};
    gridone::storage::PostgresStorageBackend<gridone::storage::RawJson> raw_json_{plain_manager_, "devices"};
    gridone::storage::CoalescingStorageBackend<Device> coalescing_{
        gridone::storage::PostgresStorageBackend<Device>{shared_manager_, "devices"}};
};

}  // namespace benchmarks

#endif
