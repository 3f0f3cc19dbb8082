// SPDX-License-Identifier: MIT

// Queries: filters, orders, pages and counts; in memory, and on the server that DATABASE_URL names.

#include <gridone/storage.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
    double setpoint = 0;
    std::vector<std::string> tags;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, site, floor, setpoint, tags)

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto tags = gs::field<&Device::tags>;
}  // namespace device

const auto warm = gs::query<Device>()
                      .where(device::site == "lyon" && device::setpoint > 21.5 && !device::tags.contains("off"))
                      .order_by(device::setpoint.descending());

const auto devices_table =
    gs::document_table<Device>({.table_name = "devices", .schema_name = "gridone_asking"}).index(gs::index_for(warm));

/// The same for every backend.
void serve(gs::DocumentBackend<Device> auto& devices) {
    devices.write_many({{"d-1", {"lyon", 1, 23, {}}},
                        {"d-2", {"lyon", 2, 22.5, {"off"}}},
                        {"d-3", {"lyon", 2, 24, {"roof"}}},
                        {"d-4", {"lyon", 3, 22, {}}},
                        {"d-5", {"paris", 1, 25, {}}}});

    for (const auto& [id, value, version] : devices.query(warm).limit(2).all()) {
        std::cout << id << " on floor " << value.floor << " at " << value.setpoint << '\n';
    }
    const auto page = devices.query(warm).limit(2).page();
    if (page.next) std::cout << devices.query(warm).limit(2).page(*page.next).items.size() << " more\n";
    for (const auto& [site, count] : devices.query().count_by(device::site)) {
        std::cout << count << " in " << site.value_or("no site") << '\n';
    }
    std::cout << devices.query(warm).explain();
}

int main() try {
    std::cout << "in memory:\n";
    gs::MemoryStorageBackend<Device> devices{devices_table};
    serve(devices);

    std::cout << "\non the server:\n";
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url != nullptr ? url : "postgresql:///postgres"};
    gs::BaseSchemaManager{manager, {devices_table}}.ensure_schema();
    gs::PostgresStorageBackend<Device> stored_devices{manager, devices_table};
    serve(stored_devices);
    gs::BaseSchemaManager{manager, {"DROP SCHEMA gridone_asking CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
