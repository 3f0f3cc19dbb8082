// SPDX-License-Identifier: MIT

// What the library costs beside its peers, on a private server. What is compared takes turns, so that a busy machine
// slows all of it, and only ratios are judged.

#include "bulk_benchmark.hpp"
#include "codec_benchmark.hpp"
#include "documents_benchmark.hpp"
#include "figures.hpp"
#include "large_documents_benchmark.hpp"
#include "pool_benchmark.hpp"
#include "query_benchmark.hpp"
#include <gridone/storage/testing/postgres_server.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string_view>

int main(int count, char** arguments) try {
    // benchmarks [quick|full] [FOLDER]
    const bool full = count > 1 && std::string_view{arguments[1]} == "full";
    benchmarks::Figures figures;
    {
        // Writes that wait for a disk would hide what is measured.
        gridone::storage::testing::PostgresServer server{{.settings = {{"synchronous_commit", "off"}}}};
        benchmarks::acquire_and_release(server.create_database());
        benchmarks::write_with_and_without_listener(server.create_database());
    }
    benchmarks::CodecBenchmark{figures, full ? 40U : 12U}.run();
    gridone::storage::testing::PostgresServer server{{.settings = {{"max_connections", "200"}, {"fsync", "on"}}}};
    const std::size_t turns = full ? 40 : 12;
    benchmarks::DocumentsBenchmark{figures, server, turns}.run();
    benchmarks::BulkBenchmark{figures, server, turns}.run();
    benchmarks::LargeDocumentsBenchmark{figures, server, turns}.run();
    benchmarks::QueryBenchmark{figures, server, turns}.run();
    if (count > 2) figures.write(arguments[2]);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
