// SPDX-License-Identifier: MIT

#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/testing/conformance_checks.hpp>
#include <gridone/storage/testing/expect_fields.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gs::testing::expect_fields;
using nlohmann::json;

namespace {

enum class Mode { off, heat };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::off, "off"}, {Mode::heat, "heat"}})

struct Config {
    std::string host;
};
/// A member that has no default and one whose to_json throws for it.
struct Named {
    explicit Named(std::string its_name) : name{std::move(its_name)} {}
    std::string name;
};
struct NeverEmpty {
    std::string text;
};
void to_json(json& out, const NeverEmpty& value) {
    if (value.text.empty()) throw std::invalid_argument{"empty"};
    out = value.text;
}

struct Base {
    int inherited = 0;
};
struct Device : Base {
    std::string site;
    double level = 0;
    bool alarm = false;
    Mode mode = Mode::off;
    std::vector<int> list;
    std::set<std::string> tags;
    std::map<std::string, int> map;
    std::optional<int> floor;
    std::optional<Config> config;
    NeverEmpty never_empty;
    Named named{"n"};
    json extra;
};

namespace device {
constexpr auto inherited = gs::field<&Device::inherited>;
constexpr auto site = gs::field<&Device::site>;
constexpr auto level = gs::field<&Device::level>;
constexpr auto alarm = gs::field<&Device::alarm>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto list = gs::field<&Device::list>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto map = gs::field<&Device::map>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto host = gs::field<&Device::config, &Config::host>;
constexpr auto config = gs::field<&Device::config>;
constexpr auto never_empty = gs::field<&Device::never_empty>;
constexpr auto named = gs::field<&Device::named>;
constexpr auto extra = gs::field<&Device::extra>;
}  // namespace device

/// Writes what the test wants.
json written;
void to_json(json& out, const Device&) {
    out = written;
}
[[maybe_unused]] void from_json(const json&, Device&) {}

json everything() {
    return json::parse(R"({"inherited": 1, "site": "s", "level": 1.5, "alarm": true, "mode": "heat", "list": [1],
                           "tags": [], "map": {}, "floor": 1, "config": {"host": "h"}, "never_empty": "x",
                           "named": {"name": "n"}, "extra": [1]})");
}

/// What is wrong with these fields in a document; empty if nothing is.
template <class... Fields>
std::string faults(const json& document, const Fields&... fields) {
    written = document;
    try {
        expect_fields<Device>(Device{}, fields...);
        return {};
    } catch (const gs::testing::ConformanceFailure& failure) {
        return failure.what();
    }
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

struct Gauge {
    int value = 0;
};
namespace gauge {
constexpr auto value = gs::field<&Gauge::value>;
}
struct GaugeCodec {
    json serialize(const Gauge& gauge) const { return {{"value", gauge.value}}; }
    Gauge deserialize(const json& document) const { return {document.at("value").get<int>()}; }
};
struct RenamingCodec {
    json serialize(const Gauge& gauge) const { return {{"val", gauge.value}}; }
    Gauge deserialize(const json& document) const { return {document.at("val").get<int>()}; }
};
class Gauges : public gs::MemoryStorageBackend<Gauge, Gauges> {
public:
    explicit Gauges(std::string key) : key_{std::move(key)} {}
    json serialize(const Gauge& gauge) const { return {{key_, gauge.value}}; }
    Gauge deserialize(const json& document) const { return {document.at(key_).get<int>()}; }

private:
    std::string key_;
};

/// A storage of conformance documents that spells one key otherwise, in both directions.
class Renaming : public gs::MemoryStorageBackend<gs::testing::ConformanceDocument, Renaming> {
public:
    json serialize(const gs::testing::ConformanceDocument& document) const {
        json out = document;
        out["number_"] = out["number"];
        out.erase("number");
        return out;
    }
    gs::testing::ConformanceDocument deserialize(const json& document) const {
        json in = document;
        in["number"] = in["number_"];
        return in.get<gs::testing::ConformanceDocument>();
    }
};

}  // namespace

TEST_CASE("fields that are where they should be pass") {
    CHECK(faults(everything(), device::inherited, device::site, device::level, device::alarm, device::mode,
                 device::list, device::tags, device::map, device::floor, device::host, device::config,
                 device::never_empty, device::named, device::extra, gs::path<std::string>("config", "host"))
              .empty());
}

TEST_CASE("a field that is missing is named by its pointer") {
    json document = everything();
    document.erase("site");
    document["config"] = {{"hostname", "h"}};
    CHECK(says(faults(document, device::site), "/site is missing"));
    CHECK(says(faults(document, device::host), "/config/host is missing"));
    CHECK(says(faults(document, gs::path<int>("a/b")), "/a~1b is missing"));
    const auto both = faults(document, device::site, device::level, device::host);
    CHECK(says(both, "/site"));
    CHECK(says(both, "/config/host"));
    CHECK_FALSE(says(both, "/level"));
}

TEST_CASE("a field of another JSON kind is named with both kinds") {
    const auto with = [](const std::string& key, json value) {
        json document = everything();
        document[key] = std::move(value);
        return document;
    };
    CHECK(says(faults(with("site", 1), device::site),
               "/site is of the kind number, where the field's type is written as string"));
    CHECK(says(faults(with("level", "1"), device::level), "/level"));
    CHECK(says(faults(with("alarm", 1), device::alarm), "/alarm"));
    CHECK(says(faults(with("mode", 1), device::mode), "/mode"));
    CHECK(says(faults(with("list", json::object()), device::list), "/list"));
    CHECK(says(faults(with("tags", "a,b"), device::tags), "/tags"));
    CHECK(says(faults(with("map", json::array()), device::map), "/map"));
    CHECK(says(faults(with("floor", "1"), device::floor), "/floor"));
    CHECK(says(faults(with("site", nullptr), device::site), "/site is null"));
    CHECK(says(faults(with("config", 3), device::host), "/config is no object"));
    CHECK(says(faults(json::array(), device::site), "the document is no object"));
    CHECK(says(faults(nullptr, device::floor), "the document is no object"));
}

TEST_CASE("what is optional may be null or missing, and below null everything passes") {
    json document = everything();
    document["floor"] = nullptr;
    document["config"] = nullptr;
    document["extra"] = nullptr;
    CHECK(faults(document, device::floor, device::config, device::host, device::extra).empty());
    document.erase("floor");
    CHECK(faults(document, device::floor).empty());
    document.erase("config");
    CHECK(says(faults(document, device::host), "/config is missing"));
}

TEST_CASE("fields are looked for in what the hooks of a struct write") {
    CHECK_NOTHROW(expect_fields<Gauge, GaugeCodec>(Gauge{}, gauge::value));
    CHECK_THROWS_AS((expect_fields<Gauge, RenamingCodec>(Gauge{}, gauge::value)), gs::testing::ConformanceFailure);
}

TEST_CASE("fields are looked for in what a storage writes, whatever its hooks") {
    CHECK_NOTHROW(expect_fields(Gauges{"value"}, Gauge{}, gauge::value));
    CHECK_THROWS_AS(expect_fields(Gauges{"val"}, Gauge{}, gauge::value), gs::testing::ConformanceFailure);
    CHECK_NOTHROW(expect_fields(gs::MemoryStorageBackend<Gauge, GaugeCodec>{}, Gauge{}, gauge::value));
    CHECK_THROWS_AS(expect_fields(gs::MemoryStorageBackend<Gauge, RenamingCodec>{}, Gauge{}, gauge::value),
                    gs::testing::ConformanceFailure);
    written = everything();
    CHECK_NOTHROW(expect_fields(gs::MemoryStorageBackend<Device>{}, Device{}, device::site));
    written.erase("site");
    CHECK_THROWS_AS(expect_fields(gs::MemoryStorageBackend<Device>{}, Device{}, device::site),
                    gs::testing::ConformanceFailure);
}

TEST_CASE("the conformance suite notices a storage that renames a field") {
    const auto checks = gs::testing::conformance_checks([] { return Renaming{}; });
    const auto named = std::ranges::find(checks, "the fields of a document are found where it is written",
                                         &gs::testing::ConformanceCheck::name);
    REQUIRE(named != checks.end());
    CHECK_THROWS_AS(named->run(), gs::testing::ConformanceFailure);
}
