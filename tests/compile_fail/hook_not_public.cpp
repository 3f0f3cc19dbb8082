// SPDX-License-Identifier: MIT
// expect: gridone::storage: the deserialize hook must be public and const, take (const nlohmann::json&) or

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

class WidgetStorage final : public gs::MemoryStorageBackend<Widget, WidgetStorage> {
public:
    nlohmann::json serialize(const Widget& widget) const { return {{"name", widget.name}}; }

#ifndef GRIDONE_CONTROL
private:
#endif
    Widget deserialize(const nlohmann::json& document) const { return {document.at("name")}; }
};

Widget read_one() {
    return WidgetStorage{}.read("a");
}
