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

#ifdef GRIDONE_CONTROL
using Written = nlohmann::json;
#else
using Written = std::string;  // it would be stored as one JSON string
#endif

struct WidgetCodec {
    Written serialize(const Widget& widget) const { return widget.name; }
    Widget deserialize(const nlohmann::json& document) const { return {document.get<std::string>()}; }
};

void write_one() {
    gs::MemoryStorageBackend<Widget, WidgetCodec>{}.write("a", Widget{"bolt"});
}
