// SPDX-License-Identifier: MIT

// What the library costs beside its peers, on a private server. What is compared takes turns, so that a busy machine
// slows all of it, and only ratios are judged.

#include "bulk_benchmark.hpp"
#include "changes_benchmark.hpp"
#include "codec_benchmark.hpp"
#include "documents_benchmark.hpp"
#include "figures.hpp"
#include "large_documents_benchmark.hpp"
#include "memory_benchmark.hpp"
#include "pool_benchmark.hpp"
#include "table_size_benchmark.hpp"
#include <gridone/storage/testing/postgres_server.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int count, char** arguments) try {
    // benchmarks quick|full FOLDER
    const std::vector<std::string> given{arguments + 1, arguments + count};
    if (given.size() == 2 && given[0] == "peak-memory-of-stream") {
        std::printf("%f\n", benchmarks::TableSizeBenchmark::peak_memory_of_stream(given[1]));
        return 0;
    }
    if (given.size() != 2 || (given[0] != "quick" && given[0] != "full")) {
        std::fprintf(stderr, "usage: benchmarks quick|full FOLDER\n");
        return 2;
    }
    const bool is_full = given[0] == "full";
    const std::size_t turns = is_full ? 40 : 12;
    benchmarks::Figures figures;
    {
        // Writes that wait for a disk would hide what is measured.
        gridone::storage::testing::PostgresServer server{{.settings = {{"synchronous_commit", "off"}}}};
        benchmarks::acquire_and_release(server.create_database());
        benchmarks::write_with_and_without_listener(server.create_database());
    }
    benchmarks::CodecBenchmark{figures, turns}.run();
    benchmarks::MemoryBenchmark{figures, turns}.run();
    gridone::storage::testing::PostgresServer server{{.settings = {{"max_connections", "400"}, {"fsync", "on"}}}};
    benchmarks::DocumentsBenchmark{figures, server, turns, given[1], is_full}.run();
    benchmarks::ChangesBenchmark{figures, server, turns}.run();
    benchmarks::BulkBenchmark{figures, server, turns}.run();
    benchmarks::LargeDocumentsBenchmark{figures, server, turns}.run();
    benchmarks::TableSizeBenchmark{figures, server, turns}.run();
    figures.write(given[1]);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
