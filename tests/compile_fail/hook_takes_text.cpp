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

#ifdef GRIDONE_CONTROL
using Argument = nlohmann::json;
#else
using Argument = std::string;  // a json converts to it, and would throw at run time
#endif

struct WidgetCodec {
    nlohmann::json serialize(const Widget& widget) const { return {{"name", widget.name}}; }
    Widget deserialize(const Argument& document, std::string_view) const { return {std::string{document.at(0)}}; }
};

Widget read_one() {
    return gs::MemoryStorageBackend<Widget, WidgetCodec>{}.read("a");
}
