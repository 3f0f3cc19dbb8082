// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_SLICE_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_SLICE_HPP

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace benchmarks {

using Clock = std::chrono::steady_clock;

/// A slice of time, and who calls in it.
struct Turn {
    std::size_t callers;
    std::chrono::milliseconds duration;
    unsigned seed;
};

/// What callers did in one slice of time. What was not measured is 0.
struct Slice {
    double per_second = 0;
    double client_cpu = 0;  ///< Microseconds for each operation.
    double server_cpu = 0;  ///< The same, of all processes of the server.
    double p50 = 0;         ///< Microseconds.
    double p99 = 0;
};

/// Processor seconds of this process.
inline double client_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Processor seconds of the children of a process, by Linux's clock ticks of 10 ms.
inline double server_cpu(pid_t postmaster) {
    double ticks = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        std::ifstream file{entry.path() / "stat"};
        std::string line;
        if (!std::getline(file, line)) continue;
        const std::size_t end_of_name = line.rfind(')');
        if (end_of_name == std::string::npos) continue;
        std::istringstream fields{line.substr(end_of_name + 2)};
        std::string skipped;
        long parent = 0;
        fields >> skipped >> parent;
        if (parent != postmaster) continue;
        for (int i = 0; i < 9; ++i) fields >> skipped;
        double user = 0;
        double system = 0;
        fields >> user >> system;
        ticks += user + system;
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// How many times as fast ours is as theirs, in turns of which every second begins with the other.
/// @param before  runs before each, and is not timed
template <class Before, class Ours, class Theirs>
std::vector<double> ratios_in_turns(std::size_t turns, Before&& before, Ours&& ours, Theirs&& theirs) {
    const auto seconds = [&](auto&& work) {
        before();
        const auto began = Clock::now();
        work();
        return std::chrono::duration<double>{Clock::now() - began}.count();
    };
    std::vector<double> ratios;
    for (std::size_t turn = 0; turn <= turns; ++turn) {
        const bool first = turn % 2 == 0;
        const double one = first ? seconds(ours) : seconds(theirs);
        const double other = first ? seconds(theirs) : seconds(ours);
        if (turn != 0) ratios.push_back(first ? other / one : one / other);  // the first warms up
    }
    return ratios;
}

/// Callers in threads of their own that call `f(caller, random number)` over and over.
template <class F>
Slice run_slice(const Turn& turn, pid_t postmaster, F&& f) {
    std::atomic<bool> stop = false;
    std::vector<std::vector<float>> times(turn.callers);
    std::barrier begin{static_cast<std::ptrdiff_t>(turn.callers) + 1};
    std::vector<std::jthread> threads;
    for (std::size_t caller = 0; caller < turn.callers; ++caller) {
        threads.emplace_back([&, caller] {
            std::minstd_rand chance{static_cast<unsigned>(turn.seed * 1009 + caller)};
            std::vector<float>& mine = times[caller];
            mine.reserve(1U << 14U);
            begin.arrive_and_wait();
            for (auto now = Clock::now(); !stop.load(std::memory_order_relaxed);) {
                f(caller, chance());
                const auto then = Clock::now();
                mine.push_back(std::chrono::duration<float, std::micro>{then - now}.count());
                now = then;
            }
        });
    }
    // Before they begin: to read it takes long where all processors are busy, and longer the busier they are.
    const double server = server_cpu(postmaster);
    const double client = client_cpu();
    const auto began = Clock::now();
    begin.arrive_and_wait();
    std::this_thread::sleep_for(turn.duration);
    stop = true;
    threads.clear();
    const double seconds = std::chrono::duration<double>{Clock::now() - began}.count();
    std::vector<float> all;
    for (const auto& of_caller : times) all.insert(all.end(), of_caller.begin(), of_caller.end());
    std::ranges::sort(all);
    const auto operations = static_cast<double>(all.size());
    return {.per_second = operations / seconds,
            .client_cpu = 1e6 * (client_cpu() - client) / operations,
            .server_cpu = 1e6 * (server_cpu(postmaster) - server) / operations,
            .p50 = all[all.size() / 2],
            .p99 = all[all.size() * 99 / 100]};
}

}  // namespace benchmarks

#endif
