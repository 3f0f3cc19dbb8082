// SPDX-License-Identifier: MIT
// expect: gridone::storage: the serialize hook must be public and const, take (const M&) and return nlohmann::json

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

class WidgetCodec {
#ifdef GRIDONE_CONTROL
public:
#endif
    nlohmann::json serialize(const Widget& widget) const { return {{"name", widget.name}}; }

public:
    Widget deserialize(const nlohmann::json& document) const { return {document.at("name")}; }
};

void write_one() {
    gs::MemoryStorageBackend<Widget, WidgetCodec>{}.write("a", Widget{"bolt"});
}
