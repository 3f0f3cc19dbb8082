// SPDX-License-Identifier: MIT

// The README's blocks about hooks, as they stand there.

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace gridone::storage;

namespace {

struct Widget {
    std::string name;
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

// A model that lists its members needs no conversions, and is written and read without a tree.
struct Device {
    std::string name;
    std::optional<std::string> site;
    std::vector<std::string> tags;
    using json_members = JsonMembers<&Device::name, &Device::site, &Device::tags>;
};

// A derived class with hooks; deserialize may take the id as well.
class WidgetStorage : public PostgresStorageBackend<Widget, WidgetStorage> {
public:
    using PostgresStorageBackend::PostgresStorageBackend;
    nlohmann::json serialize(const Widget& widget) const { return {{"n", widget.name}, {"s", widget.size}}; }
    Widget deserialize(const nlohmann::json& document) const { return {document.at("n"), document.at("s")}; }
};

// A plain struct with hooks, which the twin in memory can have too.
struct WidgetCodec {
    nlohmann::json serialize(const Widget& widget) const { return {{"size", widget.size}}; }
    Widget deserialize(const nlohmann::json& document, std::string_view id) const {
        return {std::string{id}, document.at("size")};
    }
};

[[maybe_unused]] void three_styles(PostgresConnectionManager& manager) {
    PostgresStorageBackend<Widget> plain{manager, "widgets"};
    WidgetStorage derived{manager, "short_widgets"};
    PostgresStorageBackend<Widget, WidgetCodec> by_codec{manager, "sizes"};
    MemoryStorageBackend<Widget, WidgetCodec> twin;
}

// Code that takes any storage of widgets: this one, the twin, or a backend of your own.
[[maybe_unused]] void grow(StorageBackend<Widget> auto& storage, std::string_view id) {
    Widget widget = storage.read(id);
    ++widget.size;
    storage.write(id, widget);
}

[[maybe_unused]] void grow_in_memory() {
    MemoryStorageBackend<Widget> twin;
    grow(twin, "b-1");
}

}  // namespace
