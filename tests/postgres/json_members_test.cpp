// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct Attribute {
    double value = 0;
    std::optional<std::string> unit;
    friend bool operator==(const Attribute&, const Attribute&) = default;
    using json_members = gs::JsonMembers<&Attribute::value, &Attribute::unit>;
};
struct Device {
    std::string name;
    std::optional<std::string> site;
    std::vector<std::string> tags;
    std::map<std::string, Attribute> attributes;
    gs::Timestamp seen;
    friend bool operator==(const Device&, const Device&) = default;
    using json_members =
        gs::JsonMembers<&Device::name, &Device::site, &Device::tags, &Device::attributes, &Device::seen>;
};
enum class Flags : std::uint64_t { none = 0, high = std::uint64_t{1} << 63U, all = ~std::uint64_t{0} };
struct Grant {
    Flags flags = Flags::none;
    std::optional<Flags> extra;
    friend bool operator==(const Grant&, const Grant&) = default;
    using json_members = gs::JsonMembers<&Grant::flags, &Grant::extra>;
};
struct Summary {
    std::string name;
    std::optional<std::string> site;
    friend bool operator==(const Summary&, const Summary&) = default;
    using json_members = gs::JsonMembers<&Summary::name, &Summary::site>;
};

enum class Mode { idle, running };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::idle, "idle"}, {Mode::running, "running"}})
enum class Level : std::uint8_t { low, high = 44 };
struct Machine {
    Mode mode = Mode::idle;
    Level level = Level::low;
    using json_members = gs::JsonMembersWithDefaults<&Machine::mode, &Machine::level>;
};

namespace device {
constexpr auto name = gs::field<&Device::name>;
constexpr auto site = gs::field<&Device::site>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto attributes = gs::field<&Device::attributes>;
constexpr auto seen = gs::field<&Device::seen>;
}  // namespace device

const gs::Timestamp noon{gs::from_iso("2026-02-03T12:00:00Z")};
const Device pump{"pump", "lyon", {"a", "b"}, {{"flow", {1.5, "l/s"}}}, noon};
const Device fan{"fan", {}, {}, {}, {}};

/// Two storages of one table, of which the second takes any JSON.
struct InMemory {
    template <class M>
    gs::MemoryStorageBackend<M> storage(const gs::DocumentTable<M>& table) {
        return {database, table};
    }

    gs::MemoryDatabase database{};
    gs::MemoryStorageBackend<Device> devices{database, "devices"};
    gs::MemoryStorageBackend<nlohmann::json> others{database, "devices"};
};
struct InPostgres {
    template <class M>
    gs::PostgresStorageBackend<M> storage(const gs::DocumentTable<M>& table) {
        gs::BaseSchemaManager{database, {table}}.ensure_schema();
        return {database, table};
    }

    gs::PostgresConnectionManager database{shared_server().create_database()};
    gs::PostgresStorageBackend<Device> devices{database, "devices"};
    gs::PostgresStorageBackend<nlohmann::json> others{database, "devices"};

    InPostgres() { gs::BaseSchemaManager{database, {devices.table()}}.ensure_schema(); }
};

}  // namespace

TEMPLATE_TEST_CASE("a stored value that an enum does not have is refused, and no edit replaces it", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto machines = [&] {
        if constexpr (std::same_as<TestType, InMemory>) {
            return gs::MemoryStorageBackend<Machine>{backend.database, "devices"};
        } else {
            return gs::PostgresStorageBackend<Machine>{backend.database, "devices"};
        }
    }();
    constexpr auto mode = gs::field<&Machine::mode>;
    constexpr auto level = gs::field<&Machine::level>;
    backend.others.write("paused", {{"mode", "paused"}});
    backend.others.write("loud", {{"level", 300}});
    CHECK(error_of<gs::DecodeError>([&] { (void)machines.read("paused"); }).pointer() == "/mode");
    CHECK(error_of<gs::DecodeError>([&] { (void)machines.read("loud"); }).pointer() == "/level");
    CHECK(error_of<gs::DecodeError>([&] {
              machines.edit("paused", [](Machine& machine) { machine.mode = Mode::idle; });
          }).pointer() == "/mode");
    CHECK(error_of<gs::DecodeError>([&] { (void)machines.query().count_by(mode); }).pointer() == "/mode");
    CHECK(error_of<gs::DecodeError>([&] { (void)machines.query().count_by(level); }).pointer() == "/level");
    CHECK(machines.query().where(mode == Mode::idle).count() == 0);
    CHECK(backend.others.read("paused") == nlohmann::json{{"mode", "paused"}});
    machines.patch("paused", mode.set(Mode::running));
    CHECK(machines.read("paused").mode == Mode::running);
}

TEMPLATE_TEST_CASE("a model that lists its members is stored, asked for and changed like any other", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto& devices = backend.devices;
    devices.write_many({{"p", pump}, {"f", fan}});
    CHECK(devices.read("p") == pump);
    CHECK(devices.read_all() == std::vector{fan, pump});
    CHECK(backend.others.read("f").dump() ==
          R"({"attributes":{},"name":"fan","seen":"1970-01-01T00:00:00.000000Z","site":null,"tags":[]})");

    CHECK(devices.query().where(device::site == "lyon" && device::seen >= noon).read_all() == std::vector{pump});
    CHECK(devices.query().where(device::site.is_null()).one().value == fan);
    CHECK(devices.query().where(device::tags.contains("b")).ids() == std::vector<std::string>{"p"});
    const auto summaries = devices.query().order_by(device::name).template select<Summary>();
    REQUIRE(summaries.size() == 2);
    CHECK(summaries[0].value == Summary{"fan", {}});
    CHECK(summaries[1].value == Summary{"pump", "lyon"});

    devices.patch("f", device::site.set("paris"));
    devices.patch("f", device::attributes.set({{"speed", {3, {}}}}));
    devices.edit("f", [](Device& device) { device.tags = {"new"}; });
    CHECK(devices.read("f") == Device{"fan", "paris", {"new"}, {{"speed", {3, {}}}}, {}});
}

TEMPLATE_TEST_CASE("a stored document that does not fit a listed model names its place", "", InMemory, InPostgres) {
    TestType backend;
    backend.devices.write("p", pump);
    nlohmann::json document = backend.others.read("p");
    document["attributes"]["flow"]["value"] = "fast";
    backend.others.write("p", document);
    const auto error = error_of<gs::DecodeError>([&] { (void)backend.devices.read("p"); });
    CHECK(error.pointer() == "/attributes/flow/value");
    CHECK(error.id() == "p");
    CHECK(std::string{error.what()} == "read devices: the model expects a number here (at /attributes/flow/value)");
}

TEMPLATE_TEST_CASE("an enumerator above 2^63 is stored, found, counted and patched with its own value", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto grants = backend.storage(gs::document_table<Grant>("grants"));
    constexpr auto flags = gs::field<&Grant::flags>;
    grants.write_many({{"all", Grant{Flags::all, Flags::high}}, {"none", Grant{}}});
    CHECK(grants.read("all") == Grant{Flags::all, Flags::high});
    CHECK(grants.query().where(flags == Flags::all).ids() == std::vector<std::string>{"all"});
    CHECK(grants.query().where(gs::path<std::uint64_t>("flags") == ~std::uint64_t{0}).count() == 1);
    CHECK(grants.query().where(gs::field<&Grant::extra>.in({Flags::high})).count() == 1);
    const auto counts = grants.query().count_by(flags);
    REQUIRE(counts.size() == 2);
    CHECK(counts[1].first == Flags::all);
    grants.patch("none", flags.set(Flags::high));
    CHECK(grants.read("none").flags == Flags::high);
    CHECK(grants.edit("none", [](Grant& grant) { grant.flags = Flags::all; }).value.flags == Flags::all);
    CHECK(grants.query().where(flags == Flags::all).count() == 2);
}
