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
    const gs::Database database = gs::open_database(url ? url : "postgresql:///postgres");
    auto widgets =
        database.storage(gs::document_table<Widget>({.table_name = "widgets", .schema_name = "gridone_quickstart"}));
    database.ensure_schema();

    widgets.write("b-1", {"bolt", 8});
    for (const Widget& widget : widgets.read_all()) std::cout << widget.name << ", size " << widget.size << '\n';
    std::cout << (widgets.find("x-9") ? "x-9 is there\n" : "no x-9\n");

    gs::BaseSchemaManager{database.manager(), {"DROP SCHEMA gridone_quickstart CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
