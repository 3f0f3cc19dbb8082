// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gs = gridone::storage;

namespace {

/// Written and read as text, with its id.
struct Reading {
    std::string id;
    int celsius = 0;
    friend bool operator==(const Reading&, const Reading&) = default;
};

struct ReadingText {
    gs::RawJson serialize(const Reading& reading) const {
        if (reading.celsius == -274) return {"{\"celsius\": }"};
        return {"{\"celsius\":" + std::to_string(reading.celsius) + "}"};
    }
    Reading deserialize(gs::RawJsonView document, std::string_view id) const {
        constexpr std::string_view before = "{\"celsius\": ";
        if (!document.text.starts_with(before)) throw gs::DecodeError{"no reading", "/celsius"};
        Reading reading{std::string{id}};
        std::from_chars(document.text.data() + before.size(), document.text.data() + document.text.size(),
                        reading.celsius);
        return reading;
    }
};

/// One hook of each kind.
struct HalfText {
    gs::RawJson serialize(const Reading& reading) const { return ReadingText{}.serialize(reading); }
    Reading deserialize(const nlohmann::json& document) const { return {"", document.at("celsius").get<int>()}; }
};

namespace reading {
constexpr auto celsius = gs::field<&Reading::celsius>;
}

struct InMemory {
    template <class M, class Hooks = void>
    gs::MemoryStorageBackend<M, Hooks> storage(gs::DocumentTable<M> table = gs::document_table<M>("documents")) {
        return gs::MemoryStorageBackend<M, Hooks>{std::move(table)};
    }
};

struct InPostgres {
    template <class M, class Hooks = void>
    gs::PostgresStorageBackend<M, Hooks> storage(gs::DocumentTable<M> table = gs::document_table<M>("documents")) {
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        return gs::PostgresStorageBackend<M, Hooks>{manager, std::move(table)};
    }
    gs::PostgresConnectionManager manager{shared_server().create_database()};
};

/// The conformance suite's documents by way of text.
struct ConformanceText {
    gs::RawJson serialize(const gs::testing::ConformanceDocument& document) const {
        return {gs::canonical_json(nlohmann::json(document))};  // refuses NaN
    }
    gs::testing::ConformanceDocument deserialize(gs::RawJsonView document) const {
        return nlohmann::json::parse(document.text).get<gs::testing::ConformanceDocument>();
    }
};

}  // namespace

TEMPLATE_TEST_CASE("documents pass as text", "", InMemory, InPostgres) {
    TestType place;
    auto storage = place.template storage<gs::RawJson>();
    storage.write("a", {R"({"long":1.50,"b":[1e2,"\u00e9"],"b":2})"});
    CHECK(storage.read("a").text == R"({"b": 2, "long": 1.50})");
    storage.write("b", {" null "});
    CHECK(storage.read("b") == gs::RawJson{});
    CHECK(storage.read_all().size() == 2);
    storage.edit("a", [](gs::RawJson& raw) { raw.text = R"({"b": 3})"; });
    CHECK(storage.read("a").text == R"({"b": 3})");
    CHECK(storage.query().where(gs::id_field == "a").first().value().value.text == R"({"b": 3})");
}

TEMPLATE_TEST_CASE("text that cannot be stored is refused before it is sent, by its place", "", InMemory, InPostgres) {
    TestType place;
    auto storage = place.template storage<gs::RawJson>(
        gs::document_table<gs::RawJson>("documents").with_limits({.max_depth = 3, .max_bytes = 100}));
    storage.write("a", {"1"});
    const auto refused = [&](std::string text) {
        return error_of<gs::InvalidInputError>([&] { storage.write("a", {std::move(text)}); });
    };
    CHECK(refused(R"({"a": 1e500})").pointer() == "/a");
    CHECK(refused(R"({"a": ["\u0000"]})").pointer() == "/a/0");
    CHECK(refused(R"({"a": "\ud800"})").pointer() == "/a");
    CHECK(refused("{\"a\": \"\xff\"}").pointer() == "/a");
    CHECK(refused("[[[[1]]]]").id() == "a");
    CHECK(refused("\"" + std::string(100, 'x') + "\"").operation() == "write");
    for (const char* text : {"", "{", "1 2", "nul", "[1,]", "{\"a\" 1}",
                             "\xEF\xBB\xBF"
                             "1"})
        (void)refused(text);
    CHECK(storage.read("a").text == "1");
}

TEMPLATE_TEST_CASE("hooks may write and read text, either or both", "", InMemory, InPostgres) {
    TestType place;
    auto storage = place.template storage<Reading, ReadingText>();
    storage.write("a", {"a", 21});
    CHECK(storage.read("a") == Reading{"a", 21});
    storage.edit("a", [](Reading& it) { ++it.celsius; });
    storage.patch("a", reading::celsius.increment(1));
    CHECK(storage.read_document("a").value == Reading{"a", 23});
    CHECK(storage.query().where(reading::celsius > 20).count() == 1);
    const auto refused = error_of<gs::InvalidInputError>([&] { storage.write("a", {"a", -274}); });
    CHECK(refused.id() == "a");
    storage.patch("a", gs::path<int>("celsius").set(1), gs::path<int>("a").set(1));
    const auto broken = error_of<gs::DecodeError>([&] { (void)storage.read("a"); });
    CHECK(broken.pointer() == "/celsius");
    CHECK(broken.id() == "a");

    auto half = place.template storage<Reading, HalfText>();
    half.write("b", {"", 5});
    CHECK(half.read("b").celsius == 5);
}

TEST_CASE("storages whose hooks write and read text conform") {
    using Document = gs::testing::ConformanceDocument;
    gs::testing::conformance([] { return gs::MemoryStorageBackend<Document, ConformanceText>{}; });
}

TEST_CASE("a text over the limit is not read") {
    InPostgres place;
    auto large = place.storage<gs::RawJson>();
    large.write("a", {"\"" + std::string(100, 'x') + "\""});
    auto small =
        place.storage<gs::RawJson>(gs::document_table<gs::RawJson>("documents").with_limits({.max_bytes = 50}));
    CHECK(error_of<gs::DecodeError>([&] { (void)small.read("a"); }).id() == "a");
}
