// SPDX-License-Identifier: MIT

#include "differential/campaign.hpp"
#include "postgres/hostile_settings.hpp"
#include "postgres/server.hpp"
#include <gridone/storage/adapters/coalescing_storage_backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace differential;
namespace gs = gridone::storage;

std::string environment(const char* name, const char* otherwise = "") {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
    return value == nullptr ? otherwise : value;
}

const std::uint64_t seed = std::stoull(environment("GRIDONE_STORAGE_DIFFERENTIAL_SEED", "20251"));

/// Every second pair has a database whose sessions begin with unusual settings.
Pair new_pair() {
    static std::mutex creating;
    static bool is_hostile = true;
    const std::lock_guard lock{creating};
    const std::string url = shared_server().create_database();
    is_hostile = !is_hostile;
    if (is_hostile) set_hostile_settings(url);
    return {std::make_unique<MemorySide<>>(), std::make_unique<PostgresSide<>>(url)};
}

/// What several threads find.
struct Findings {
    std::atomic<std::uint64_t> next = 0;
    std::atomic<std::uint64_t> done = 0;
    std::atomic<std::uint64_t> differences = 0;
    std::mutex mutex;
    std::vector<std::string> shown;

    static constexpr std::size_t enough = 5;
};

void work(Findings& findings, std::uint64_t cases, const std::function<Pair()>& make_pair) try {
    const Pair pair = make_pair();
    for (std::uint64_t number = findings.next++; number < cases; number = findings.next++) {
        const Case it = random_case(seed, number);
        ++findings.done;
        if (!pair.differ(it)) continue;
        if (++findings.differences > Findings::enough) continue;
        const std::string shown = "// case " + std::to_string(number) + "\n" + as_test(pair, it);
        const std::lock_guard lock{findings.mutex};
        findings.shown.push_back(shown);
    }
} catch (const std::exception& error) {
    ++findings.differences;
    const std::lock_guard lock{findings.mutex};
    findings.shown.push_back(error.what());
}

/// Callers of absent documents, who keep the one statement of each storage busy, so that those of the cases share it.
class Crowd {
public:
    using Storage = gs::CoalescingStorageBackend<json>;

    /// The storages are made before it begins.
    Storage make(const gs::PostgresStorageBackend<json>& plain) {
        return storages_.emplace_back(plain, gs::CoalescingOptions{.max_statements = 1});
    }

    void begin() {
        for (int caller = 0; caller < 2; ++caller) {
            callers_.emplace_back([this](const std::stop_token& stop) {
                try {
                    while (!stop.stop_requested()) call_all();
                } catch (const gs::PoolClosedError&) {
                    return;  // the sides are gone
                }
            });
        }
    }

    [[nodiscard]] std::uint64_t shared() const {
        std::uint64_t shared = 0;
        for (const Storage& storage : storages_) shared += storage.coalescing_stats().shared;
        return shared;
    }

private:
    void call_all() {
        for (Storage& storage : storages_) {
            (void)storage.find("nobody");
            (void)storage.contains("nobody");
            (void)storage.remove("nobody");
        }
    }

    std::deque<Storage> storages_;
    std::vector<std::jthread> callers_;
};

void report(const std::string& line) {
    std::cout << line << '\n';
    if (const std::string file = environment("GRIDONE_STORAGE_DIFFERENTIAL_REPORT"); !file.empty()) {
        std::ofstream{file, std::ios::app} << line << '\n';
    }
}

void conclude(const Findings& findings, std::uint64_t cases, const std::string& name) {
    for (const std::string& shown : findings.shown) std::cout << shown << '\n';
    std::cout << "seed " << seed << '\n';
    report(name + ": cases=" + std::to_string(findings.done) + " differences=" + std::to_string(findings.differences));
    CHECK(findings.done == cases);
    CHECK(findings.differences == 0);
}

}  // namespace

TEST_CASE("random calls give the same in memory and in PostgreSQL") {
    const std::string only = environment("GRIDONE_STORAGE_DIFFERENTIAL_CASE");
    if (!only.empty()) {
        const Case it = random_case(seed, std::stoull(only));
        const Pair pair = new_pair();
        INFO(PrintedCase{it}.text());
        INFO(as_test(pair, it));
        CHECK(pair.memory->run(it) == pair.server->run(it));
        CHECK_FALSE(pair.differ(it));
        return;
    }
    const bool full = environment("GRIDONE_STORAGE_DIFFERENTIAL") == "full";
    const std::uint64_t cases =
        std::stoull(environment("GRIDONE_STORAGE_DIFFERENTIAL_CASES", full ? "1000000" : "10000"));
    Findings findings;
    {
        std::vector<std::jthread> threads;
        const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 8);
        threads.reserve(workers);
        for (std::size_t i = 0; i < workers; ++i) threads.emplace_back([&] { work(findings, cases, new_pair); });
    }
    conclude(findings, cases, "differential");
}

TEST_CASE("random calls give the same where callers share statements") {
    const bool full = environment("GRIDONE_STORAGE_DIFFERENTIAL") == "full";
    const std::uint64_t cases = full ? 100'000 : 1'000;
    Findings findings;
    Crowd crowd;
    work(findings, cases, [&] {
        Pair pair{std::make_unique<MemorySide<>>(),
                  std::make_unique<PostgresSide<Crowd::Storage>>(shared_server().create_database(),
                                                                 [&](const auto& plain) { return crowd.make(plain); })};
        crowd.begin();
        return pair;
    });
    conclude(findings, cases, "shared differential");
    CHECK(crowd.shared() > 0);
}
