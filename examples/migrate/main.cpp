// SPDX-License-Identifier: MIT

// A command-line program for a service's migrations: status, plan, up, down, verify. This is all that a service adds.

#include "migrate/command.hpp"

#include <iostream>
#include <string>
#include <utility>

namespace gs = gridone::storage;

int main(int argc, char** argv) {
    migrate::Program service{.options = {.journal = {.table_name = "steps", .schema_name = "gridone_migrate"}}};
    service.steps = {
        {.number = 1,
         .name = "devices",
         .up = "CREATE TABLE gridone_migrate.devices (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT NULL)",
         .down = "DROP TABLE gridone_migrate.devices"},
        {.number = 2,
         .name = "site index",
         .up = gs::outside_transaction("CREATE INDEX CONCURRENTLY site ON gridone_migrate.devices ((data ->> 'site'))"),
         .down = gs::outside_transaction("DROP INDEX CONCURRENTLY gridone_migrate.site")},
    };
    return migrate::Command{std::move(service), std::cout, std::cerr}.run(argc, argv);
}
