// SPDX-License-Identifier: MIT

#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace gs = gridone::storage;

namespace {

/// Calls the hook that it is given a name for by the document.
struct ThrowingCodec {
    nlohmann::json serialize(const Widget& widget) const {
        if (widget.name == "cannot be written") throw gs::InvalidInputError{"refused by the hook", "/name"};
        if (widget.name == "foreign") throw std::runtime_error{"from the hook"};
        return {{"name", widget.name}};
    }
    Widget deserialize(const nlohmann::json& document) const {
        if (document.at("name") == "cannot be read") throw gs::DecodeError{"refused by the hook", "/name"};
        if (document.at("name") == "foreign on the way back") throw std::runtime_error{"from the hook"};
        if (document.at("name") == "needs more") return {"", document.at("size").get<int>()};
        if (document.at("name") == "secret text") return {"", document.at("name").get<int>()};
        return {document.at("name").get<std::string>(), 0};
    }
};

template <class Error>
Error thrown_by(auto&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("the expected error was not thrown");
    throw std::logic_error{"unreachable"};
}

}  // namespace

TEST_CASE("hooks as a plain struct store a model that nlohmann cannot convert, and may take the id") {
    gs::MemoryStorageBackend<Gadget, GadgetCodec> storage;
    storage.write("g1", Gadget{"", "lamp"});
    CHECK(storage.read("g1") == Gadget{"g1", "lamp"});
    CHECK(storage.read_all() == std::vector<Gadget>{{"g1", "lamp"}});
}

TEST_CASE("hooks by inheritance do the same, also in a final class") {
    MemoryGadgets storage;
    storage.write("g1", Gadget{"", "lamp"});
    CHECK(storage.read("g1") == Gadget{"g1", "lamp"});
}

TEST_CASE("a derived class without hooks uses nlohmann's conversions") {
    NamedWidgets storage;
    storage.write("w", Widget{"bolt", 3});
    CHECK(storage.read("w") == Widget{"bolt", 3});
}

TEST_CASE("a hook that is left out is nlohmann's") {
    ShoutingWidgets storage;
    storage.write("w", Widget{"bolt", 3});
    CHECK(storage.read("w") == Widget{"bolt!", 3});
}

TEST_CASE("errors that a hook throws pass with operation, table and id added") {
    gs::MemoryStorageBackend<Widget, ThrowingCodec> storage{gs::document_table<Widget>("widgets")};
    const auto refused = thrown_by<gs::InvalidInputError>([&] { storage.write("w", {"cannot be written", 0}); });
    CHECK(std::string{refused.what()} == "write widgets: refused by the hook (at /name)");
    CHECK(refused.id() == "w");
    CHECK_FALSE(storage.contains("w"));

    storage.write("w", {"cannot be read", 0});
    const auto unreadable = thrown_by<gs::DecodeError>([&] { (void)storage.read("w"); });
    CHECK(std::string{unreadable.what()} == "read widgets: refused by the hook (at /name)");
    CHECK(thrown_by<gs::DecodeError>([&] { (void)storage.read_all(); }).id() == "w");
    CHECK(storage.contains("w"));
}

TEST_CASE("other exceptions of a hook pass unchanged and nothing is stored") {
    gs::MemoryStorageBackend<Widget, ThrowingCodec> storage;
    CHECK(std::string{thrown_by<std::runtime_error>([&] { storage.write("w", {"foreign", 0}); }).what()} ==
          "from the hook");
    CHECK_FALSE(storage.contains("w"));
    storage.write("w", {"foreign on the way back", 0});
    CHECK(std::string{thrown_by<std::runtime_error>([&] { (void)storage.read("w"); }).what()} == "from the hook");
}

TEST_CASE("nlohmann's exceptions from deserialize become DecodeError without quoting the document") {
    gs::MemoryStorageBackend<Widget, ThrowingCodec> storage;
    storage.write("w", {"needs more", 0});
    CHECK(std::string{thrown_by<gs::DecodeError>([&] { (void)storage.read("w"); }).what()}.find("lacks a member") !=
          std::string::npos);
    storage.write("w", {"secret text", 0});
    const std::string text = thrown_by<gs::DecodeError>([&] { (void)storage.read("w"); }).what();
    CHECK(text.find("types") != std::string::npos);
    CHECK(text.find("secret") == std::string::npos);
}
