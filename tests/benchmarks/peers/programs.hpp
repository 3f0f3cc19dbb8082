// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_PROGRAMS_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_PROGRAMS_HPP

#include "../slice.hpp"
#include "contestant.hpp"
#include <gridone/storage/testing/detail/find_postgres.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

/// Peers that are programs of their own. What they cost to start is not measured.
namespace benchmarks {

/// What a command prints. @throws std::runtime_error  it failed
inline std::string output_of(const std::string& command) {
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "re");
    if (pipe == nullptr) throw std::runtime_error{"no process for " + command};
    std::string output;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
    if (::pclose(pipe) != 0) throw std::runtime_error{command + ":\n" + output};
    return output;
}

inline std::string shell_word(const std::string& argument) {
    return "'" + argument + "'";  // no peer is given an apostrophe
}

/// The system's Python, for which the system's packages are.
inline constexpr const char* python = "/usr/bin/python3";

inline bool has_asyncpg() {
    return std::system((std::string{python} + " -c 'import asyncpg' 2>/dev/null").c_str()) == 0;
}

inline Slice run_asyncpg(const std::string& url, Workload workload, const Turn& turn) {
    const auto measured = nlohmann::json::parse(output_of(
        std::string{python} + " " + shell_word(GRIDONE_BENCHMARKS_DIR "/peers/asyncpg_peer.py") + " " +
        shell_word(url) + " " + name_of(workload) + " " + std::to_string(turn.callers) + " " +
        std::to_string(std::chrono::duration<double>{turn.duration}.count()) + " " + std::to_string(turn.seed)));
    return {.per_second = measured["per_second"],
            .client_cpu = measured["client_cpu"],
            .p50 = measured["p50"],
            .p99 = measured["p99"]};
}

/// PostgreSQL's own benchmark, a second at a time. @param script  the file with what a client does
inline Slice run_pgbench(const std::string& url, const std::string& script, const Turn& turn) {
    // Beside the server, or wherever the machine has it.
    const std::string output =
        output_of("PATH=" + shell_word(gridone::storage::testing::detail::find_postgres()) +
                  ":\"$PATH\" pgbench -n -M prepared -T 1 -j 2 -c " + std::to_string(turn.callers) +
                  " --random-seed=" + std::to_string(turn.seed) + " -f " + shell_word(script) + " " + shell_word(url));
    const std::size_t rate = output.rfind("tps = ");
    if (rate == std::string::npos) throw std::runtime_error{"pgbench told no rate:\n" + output};
    return {.per_second = std::stod(output.substr(rate + 6))};
}

}  // namespace benchmarks

#endif
