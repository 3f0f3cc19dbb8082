// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_WIDGET_HPP
#define GRIDONE_STORAGE_TESTS_WIDGET_HPP

#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/postgres/postgres_storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// The model of most tests, with nlohmann's own conversions.
struct Widget {
    std::string name;
    int size = 0;
    friend bool operator==(const Widget&, const Widget&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, name, size)

/// A model without conversions, so that only hooks can store it; `id` is the document's id, which is not in the JSON.
struct Gadget {
    std::string id;
    std::string label;
    friend bool operator==(const Gadget&, const Gadget&) = default;
};

/// Hooks as a plain struct.
struct GadgetCodec {
    nlohmann::json serialize(const Gadget& gadget) const { return {{"label", gadget.label}}; }
    Gadget deserialize(const nlohmann::json& document, std::string_view id) const {
        return {std::string{id}, document.at("label").get<std::string>()};
    }
};

/// Hooks by inheritance, on either backend.
class PostgresGadgets : public gridone::storage::PostgresStorageBackend<Gadget, PostgresGadgets> {
public:
    using PostgresStorageBackend::PostgresStorageBackend;
    nlohmann::json serialize(const Gadget& gadget) const { return GadgetCodec{}.serialize(gadget); }
    Gadget deserialize(const nlohmann::json& document, std::string_view id) const {
        return GadgetCodec{}.deserialize(document, id);
    }
};
class MemoryGadgets final : public gridone::storage::MemoryStorageBackend<Gadget, MemoryGadgets> {
public:
    using MemoryStorageBackend::MemoryStorageBackend;
    nlohmann::json serialize(const Gadget& gadget) const { return GadgetCodec{}.serialize(gadget); }
    Gadget deserialize(const nlohmann::json& document, std::string_view id) const {
        return GadgetCodec{}.deserialize(document, id);
    }
};

/// A derived class without hooks uses nlohmann's; with one hook, nlohmann's for the other.
class NamedWidgets : public gridone::storage::MemoryStorageBackend<Widget, NamedWidgets> {
public:
    using MemoryStorageBackend::MemoryStorageBackend;
};
class ShoutingWidgets : public gridone::storage::MemoryStorageBackend<Widget, ShoutingWidgets> {
public:
    using MemoryStorageBackend::MemoryStorageBackend;
    nlohmann::json serialize(const Widget& widget) const {
        return {{"name", widget.name + "!"}, {"size", widget.size}};
    }
};

#endif
