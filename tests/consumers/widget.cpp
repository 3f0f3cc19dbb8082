// SPDX-License-Identifier: MIT

// What a user's program does first; each of the folders here builds it in another way.

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

struct Widget {
    std::string name;
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

int main() {
    gridone::storage::MemoryStorageBackend<Widget> storage;
    storage.write("a", Widget{"bolt", 7});
    const Widget back = storage.read("a");

    // Makes no connection yet, but needs libpqxx and libpq when it is linked.
    const gridone::storage::PostgresConnectionManager manager{"postgresql://localhost/none"};

#ifdef DEPENDENCIES_OF_THE_PARENT
    std::cout << "with the parent's own libpqxx and nlohmann_json\n";
#endif
    std::cout << "read back: " << back.name << ", size " << back.size << '\n';
    return back.name == "bolt" && back.size == 7 ? 0 : 1;
}
