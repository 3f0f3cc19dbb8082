// SPDX-License-Identifier: MIT

// Logs every statement that takes longer than a limit, under the names that OpenTelemetry has for what it tells.

#include <gridone/storage.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

struct Widget {
    std::string name;
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

void log_slow(const gs::StorageEvent& event) {
    if (event.kind != gs::StorageEvent::Kind::statement || event.duration < 100ms) return;
    std::ostringstream line;
    line << "slow: " << std::chrono::round<std::chrono::milliseconds>(event.duration).count() << " ms";
    gs::for_each_attribute(event, [&](auto name, auto value) { line << ' ' << name << '=' << value; });
    std::cout << line.str() + '\n';  // in one piece: several threads may be told at the same time
}

int main() try {
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url ? url : "postgresql:///postgres", {.on_event = log_slow}};
    gs::PostgresStorageBackend<Widget> widgets{manager, {.table_name = "widgets", .schema_name = "gridone_slow"}};
    gs::BaseSchemaManager{manager,
                          {widgets.table(),
                           "CREATE OR REPLACE FUNCTION gridone_slow.dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                           " $$ BEGIN PERFORM pg_sleep((NEW.data->>'size')::float / 10); RETURN NEW; END $$",
                           "CREATE OR REPLACE TRIGGER dawdle BEFORE INSERT ON gridone_slow.widgets"
                           " FOR EACH ROW EXECUTE FUNCTION gridone_slow.dawdle()"}}
        .ensure_schema();

    widgets.write("quick", {"bolt", 0});
    widgets.write("slow", {"crane", 2});
    std::cout << widgets.count() << " widgets\n";
    std::cout << "longest use of a connection: "
              << std::chrono::round<std::chrono::milliseconds>(manager.stats().holds.longest).count() << " ms\n";

    gs::BaseSchemaManager{manager, {"DROP SCHEMA gridone_slow CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
