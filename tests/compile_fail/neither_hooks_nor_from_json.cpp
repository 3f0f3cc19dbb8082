// SPDX-License-Identifier: MIT
// expect: gridone::storage: M cannot be read: give it json_members or nlohmann's from_json, or the storage a deserialize hook

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

void to_json(nlohmann::json& document, const Widget& widget) {
    document = {{"name", widget.name}};
}
#ifdef GRIDONE_CONTROL
void from_json(const nlohmann::json& document, Widget& widget) {
    document.at("name").get_to(widget.name);
}
#endif

Widget read_one() {
    return gs::MemoryStorageBackend<Widget>{}.read("a");
}
