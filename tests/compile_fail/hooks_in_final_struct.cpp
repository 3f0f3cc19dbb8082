// SPDX-License-Identifier: MIT
// expect: gridone::storage: a struct of hooks must not be final, or a hook that cannot be called would go unnoticed

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

struct WidgetCodec
#ifndef GRIDONE_CONTROL
    final
#endif
{
    nlohmann::json serialize(const Widget& widget) const { return {{"name", widget.name}}; }
    Widget deserialize(const nlohmann::json& document) const { return {document.at("name")}; }
};

void write_one() {
    gs::MemoryStorageBackend<Widget, WidgetCodec>{}.write("a", Widget{"bolt"});
}
