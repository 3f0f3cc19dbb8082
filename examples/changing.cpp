// SPDX-License-Identifier: MIT

// Documents that change: patches, edits, versions, rules, and a transaction over two storages; in memory, and on the
// server that DATABASE_URL names.

#include <gridone/storage.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
    int alarms = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, site, floor, alarms)

struct Alert {
    std::string device;
    std::string text;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Alert, device, text)

namespace device {
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto alarms = gs::field<&Device::alarms>;
}  // namespace device

const gs::TableNames devices_name{.table_name = "devices", .schema_name = "gridone_changing"};
const auto devices_table = gs::document_table<Device>(devices_name);
const auto alerts_table = gs::document_table<Alert>({.table_name = "alerts", .schema_name = "gridone_changing"})
                              .references(gs::field<&Alert::device>, devices_table, gs::on_delete::cascade);

/// The same for every backend.
void serve(gs::DocumentBackend<Device> auto& devices, gs::DocumentBackend<Alert> auto& alerts) {
    devices.write_many({{"d-1", {"lyon", 1, 0}}, {"d-2", {"lyon", 2, 0}}});
    devices.patch("d-1", device::floor.set(3), device::alarms.increment(1));

    const auto seen = devices.read_document("d-2");
    devices.edit("d-2", [](Device& changed) { changed.site = "paris"; });
    try {
        devices.replace("d-2", seen.value, gs::if_version(seen.version));
    } catch (const gs::VersionConflictError&) {
        std::cout << "d-2 has changed since it was read\n";
    }

    devices.transaction([&](gs::Transaction& tx) {
        devices.in(tx).patch("d-1", device::alarms.increment(1));
        alerts.in(tx).insert(gs::new_id(), {"d-1", "too warm"});
    });
    try {
        alerts.insert(gs::new_id(), {"d-9", "there is no such device"});
    } catch (const gs::ConstraintError& error) {
        std::cout << "refused by " << error.constraint() << '\n';
    }

    devices.for_each([](const gs::Document<Device>& document) {
        const auto& [id, value, version] = document;
        std::cout << id << ": " << value.site << ", floor " << value.floor << ", " << value.alarms << " alarms\n";
    });
    devices.remove("d-1");
    std::cout << alerts.count() << " alerts after the end of d-1\n";
}

int main() try {
    std::cout << "in memory:\n";
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Device> devices{database, devices_table};
    gs::MemoryStorageBackend<Alert> alerts{database, alerts_table};
    serve(devices, alerts);

    std::cout << "\non the server:\n";
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url != nullptr ? url : "postgresql:///postgres"};
    gs::BaseSchemaManager{manager, {devices_table, alerts_table}}.ensure_schema();
    gs::PostgresStorageBackend<Device> stored_devices{manager, devices_table};
    gs::PostgresStorageBackend<Alert> stored_alerts{manager, alerts_table};
    serve(stored_devices, stored_alerts);
    gs::BaseSchemaManager{manager, {"DROP SCHEMA gridone_changing CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
