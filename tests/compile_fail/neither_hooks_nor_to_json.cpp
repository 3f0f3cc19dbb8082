// SPDX-License-Identifier: MIT
// expect: gridone::storage: M cannot be written: give it json_members or nlohmann's to_json, or the storage a serialize hook

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

#ifdef GRIDONE_CONTROL
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name)
#endif

void write_one() {
    gs::MemoryStorageBackend<Widget>{}.write("a", Widget{"bolt"});
}
