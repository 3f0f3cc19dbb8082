// SPDX-License-Identifier: MIT

// A schema that changes from release to release: steps that are applied once, remembered, and gone back from.

#include <gridone/storage.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string name;
    std::string site;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, name, site)

/// What the releases of a service have made of its schema so far. A step is never changed once it was applied anywhere.
const std::vector<gs::Migration> releases{
    {.number = 1,
     .name = "devices",
     .up = "CREATE TABLE gridone_migrating.devices (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT NULL)",
     .down = "DROP TABLE gridone_migrating.devices"},
    {.number = 2,
     .name = "index on the site",
     .up = gs::outside_transaction(
         "CREATE INDEX CONCURRENTLY devices_site_idx ON gridone_migrating.devices ((data ->> 'site'))"),
     .down = gs::outside_transaction("DROP INDEX CONCURRENTLY gridone_migrating.devices_site_idx")},
    {.number = 3,
     .name = "sites have a country",
     .up =
         "UPDATE gridone_migrating.devices SET data = jsonb_set(data, '{site}', to_jsonb('fr/' || (data ->> 'site')))"},
};

void tell(const gs::Migrator& migrator) {
    for (const gs::MigrationStatus& step : migrator.status()) {
        std::cout << "  " << step.number << " " << step.name
                  << (step.state == gs::MigrationStatus::State::applied ? ": applied\n" : ": pending\n");
    }
}

int main() try {
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url ? url : "postgresql:///postgres"};
    gs::BaseSchemaManager{manager, {"DROP SCHEMA IF EXISTS gridone_migrating CASCADE"}}.ensure_schema();

    const gs::MigratorOptions options{.journal = {.table_name = "migrations", .schema_name = "gridone_migrating"}};
    gs::Migrator first{manager, options};
    first.add(releases[0]).apply();
    gs::PostgresStorageBackend<Device> devices{manager, {.table_name = "devices", .schema_name = "gridone_migrating"}};
    devices.write("d-1", {"boiler", "lyon"});
    std::cout << "the first release stores a device in " << devices.read("d-1").site << '\n';

    gs::Migrator latest{manager, options};
    latest.add(releases);
    tell(latest);
    for (const gs::Migration& step : latest.apply()) std::cout << "applied " << step.number << '\n';
    std::cout << "the latest reads " << devices.read("d-1").site << '\n';

    try {
        latest.rollback(1);
    } catch (const gs::MigrationError& error) {
        std::cout << error.what() << '\n';
    }
    gs::BaseSchemaManager{manager, {"DROP SCHEMA gridone_migrating CASCADE"}}.ensure_schema();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
