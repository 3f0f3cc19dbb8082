// SPDX-License-Identifier: MIT
// expect: final

#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gs = gridone::storage;

struct Widget {
    std::string name;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name)

#ifdef GRIDONE_CONTROL
class WidgetStorage : public gs::MemoryStorageBackend<Widget, WidgetStorage> {
#else
class WidgetStorage : public gs::MemoryStorageBackend<Widget> {
#endif
public:
    nlohmann::json serialize(const Widget& widget) const { return {{"label", widget.name}}; }
    Widget deserialize(const nlohmann::json& document) const { return {document.at("label")}; }
};

void write_one() {
    WidgetStorage{}.write("a", Widget{"bolt"});
}
