// SPDX-License-Identifier: MIT
#include <gridone/storage.hpp>

#include <cstdlib>
#include <iostream>
namespace gs = gridone::storage;

struct Widget {
    std::string name;
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

int main() try {
    const char* url = std::getenv("DATABASE_URL");
    gs::PostgresConnectionManager manager{url ? url : "postgresql:///postgres"};
    const auto table = gs::document_table<Widget>({.table_name = "widgets", .schema_name = "gridone_quickstart"});
    gs::BaseSchemaManager{manager, {"CREATE SCHEMA IF NOT EXISTS gridone_quickstart", table}}.ensure_schema();
    gs::PostgresStorageBackend<Widget> widgets{manager, table};
    widgets.write("b-1", {"bolt", 8});
    for (const Widget& widget : widgets.read_all()) std::cout << widget.name << ", size " << widget.size << '\n';
    for (const auto* id : {"b-1", "x-9"}) try {
            std::cout << id << " is a " << widgets.read(id).name << '\n';
        } catch (const gs::NotFoundError& error) {
            std::cout << id << ": " << error.what() << '\n';
        }
    gs::BaseSchemaManager{manager, {"DROP TABLE gridone_quickstart.widgets; DROP SCHEMA gridone_quickstart"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    return std::cerr << error.what() << '\n', 1;
}
