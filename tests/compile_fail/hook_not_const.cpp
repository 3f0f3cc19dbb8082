// SPDX-License-Identifier: MIT
// expect: gridone::storage: the serialize hook must be public and const, take (const M&) and return nlohmann::json

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

#ifdef GRIDONE_CONTROL
#define MAYBE_CONST const
#else
#define MAYBE_CONST
#endif

struct WidgetCodec {
    nlohmann::json serialize(const Widget& widget) MAYBE_CONST { return {{"name", widget.name}}; }
    Widget deserialize(const nlohmann::json& document) const { return {document.at("name")}; }
};

void write_one() {
    gs::MemoryStorageBackend<Widget, WidgetCodec> storage;
    storage.write("a", Widget{"bolt"});
}
