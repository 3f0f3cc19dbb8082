// SPDX-License-Identifier: MIT

// Many threads that read and write single documents at the same time, which share statements; and a load from a range
// that nobody holds in memory.

#include <gridone/storage.hpp>

#include <cstdlib>
#include <iostream>
#include <ranges>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

struct Meter {
    std::string site;
    int readings = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Meter, site, readings)

namespace meter {
constexpr auto readings = gs::field<&Meter::readings>;
}

int main() try {
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url ? url : "postgresql:///postgres"};
    gs::PostgresStorageBackend<Meter> plain{manager, {.table_name = "meters", .schema_name = "gridone_many"}};
    gs::BaseSchemaManager{manager, {plain.table()}}.ensure_schema();

    // 20,000 documents that exist one at a time.
    const auto meters =
        std::views::iota(0, 20'000) | std::views::transform([](int number) {
            return std::pair{"meter" + std::to_string(number), Meter{"site" + std::to_string(number % 7)}};
        });
    std::cout << plain.write_many(meters, {.progress = [](std::size_t sent) { std::cout << sent << " sent\n"; }})
              << " meters\n";

    // The same operations as the plain storage; 32 threads that share two connections.
    gs::CoalescingStorageBackend<Meter> shared{plain};
    {
        std::vector<std::jthread> callers;
        for (int caller = 0; caller < 32; ++caller) {
            callers.emplace_back([&shared, caller] {
                for (int round = 0; round < 50; ++round) {
                    const std::string id = "meter" + std::to_string(round * 32 + caller);
                    Meter meter = shared.read(id);
                    ++meter.readings;
                    shared.write(id, meter);
                }
            });
        }
    }
    const gs::CoalescingStats stats = shared.coalescing_stats();
    std::cout << stats.shared << " calls shared " << stats.statements << " statements, at most " << stats.largest
              << " at once; " << stats.alone << " had one to themselves\n";
    std::cout << shared.query().where(meter::readings == 1).count() << " meters were read\n";

    gs::BaseSchemaManager{manager, {"DROP SCHEMA gridone_many CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
