// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

enum class Mode { off, heat, cool };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::off, "off"}, {Mode::heat, "heat"}, {Mode::cool, "cool"}})

struct Device {
    std::string site;
    std::string name;
    int floor = 0;
    double setpoint = 0;
    bool active = false;
    Mode mode = Mode::off;
    std::optional<int> alarms;
    gs::Timestamp seen;
};
void to_json(nlohmann::json& json, const Device& device) {
    json = {{"site", device.site},     {"name", device.name}, {"floor", device.floor}, {"setpoint", device.setpoint},
            {"active", device.active}, {"mode", device.mode}, {"seen", device.seen}};
    if (device.alarms) json["alarms"] = *device.alarms;
}
void from_json(const nlohmann::json& json, Device& device) {
    json.at("site").get_to(device.site);
    json.at("name").get_to(device.name);
}

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto name = gs::field<&Device::name>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto alarms = gs::field<&Device::alarms>;
constexpr auto seen = gs::field<&Device::seen>;
}  // namespace device

constexpr int documents = 100'000;

gs::Timestamp minute(int minutes) {
    return std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + std::chrono::minutes{minutes};
}

/// Fields that have nothing to do with each other, as the server's statistics take for granted.
Device device_of(int i) {
    std::mt19937 random{static_cast<unsigned>(i)};
    const auto below = [&](unsigned bound) { return static_cast<int>(random() % bound); };
    Device made{.site = "site-" + std::to_string(below(20)),
                .name = "device " + std::to_string(below(50'000)),
                .floor = below(40),
                .setpoint = below(4'000) / 100.0,
                .active = below(4) != 0,
                .mode = static_cast<Mode>(below(3)),
                .alarms = std::nullopt,
                .seen = minute(below(500'000))};
    if (below(2) == 0) made.alarms = below(100);
    return made;
}

struct Shape {
    std::string_view name;
    gs::Query<Device> query;
};

std::vector<Shape> shapes() {
    const auto all = gs::query<Device>();
    return {
        {"everything by id", all},
        {"by id, backwards", all.order_by(gs::id_field.descending())},
        {"from an id on", all.where(gs::id_field >= "d-010000")},
        {"equal", all.where(device::site == "site-3")},
        {"equal, ordered", all.where(device::site == "site-3").order_by(device::setpoint)},
        {"equal, ordered backwards", all.where(device::site == "site-4").order_by(device::setpoint.descending())},
        {"two equal, ordered by text",
         all.where(device::site == "site-5" && device::mode == Mode::heat).order_by(device::name)},
        {"truth value, ordered by time", all.where(device::active == true).order_by(device::seen.descending())},
        {"range, ordered by it", all.where(device::setpoint > 10 && device::setpoint <= 30).order_by(device::setpoint)},
        {"between, ordered by it backwards",
         all.where(device::floor.between(3, 35)).order_by(device::floor.descending(), device::setpoint.descending())},
        {"time range",
         all.where(device::seen >= minute(1000) && device::seen < minute(400'000)).order_by(device::seen)},
        {"two orders in two directions", all.order_by(device::site, device::setpoint.descending())},
        {"a field that may be missing", all.order_by(device::alarms)},
        {"a field that may be missing, backwards", all.order_by(device::alarms.descending())},
        {"an equal one and one that may be missing",
         all.where(device::site == "site-6").order_by(device::alarms, device::setpoint)},
        {"without a value", all.where(device::alarms.is_null()).order_by(device::name)},
        {"with a value", all.where(!device::alarms.is_null()).order_by(device::name)},
        {"one of some, ordered otherwise", all.where(device::mode.in({Mode::heat, Mode::cool})).order_by(device::seen)},
        {"a prefix, ordered by it", all.where(device::name.starts_with("device 2")).order_by(device::name)},
        {"range of another field than the order's", all.where(device::floor >= 20).order_by(device::name)},
        {"not equal, ordered", all.where(device::mode != Mode::off).order_by(device::name)},
    };
}

/// How many pages of memory the server looked at, for the rows alone.
std::size_t buffers_of(std::string_view plan) {
    plan = plan.substr(0, plan.find("Planning:"));
    const auto number_behind = [&](std::string_view word) -> std::size_t {
        const auto line = plan.substr(plan.find("Buffers: shared"));
        const auto at = line.substr(0, line.find('\n')).find(word);
        return at == plan.npos ? 0 : std::stoul(std::string{line.substr(at + word.size(), 12)});
    };
    REQUIRE(plan.find("Buffers: shared") != plan.npos);
    return number_behind(" hit=") + number_behind(" read=");
}

}  // namespace

TEST_CASE(
    "with the index that index_for tells, a page of a large table costs what is on it, be it the first or the last") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.operation_timeout = std::chrono::minutes{10}}};
    auto table = gs::document_table<Device>("devices");
    for (const Shape& shape : shapes()) table = table.index(gs::index_for(shape.query));
    gs::PostgresStorageBackend<Device> devices{manager, table};
    gs::BaseSchemaManager{manager, {gs::document_table<Device>("devices")}}.ensure_schema();
    std::vector<std::pair<std::string, Device>> batch;
    for (int i = 0; i < documents; ++i) {
        const std::string number = std::to_string(i);
        batch.emplace_back("d-" + std::string(6 - number.size(), '0') + number, device_of(i));
    }
    devices.write_many(batch);
    gs::BaseSchemaManager{manager, {table}}.ensure_schema();
    by_hand(url, "VACUUM ANALYZE devices");

    constexpr std::size_t limit = 50;
    for (const auto& [name, query] : shapes()) {
        const std::size_t found = devices.query(query).count();
        REQUIRE(found > 10 * limit);
        const auto cost_is_bounded = [&](std::string_view which, std::optional<gs::Cursor> from) {
            const auto bound = devices.query(query).limit(limit);
            const std::size_t rows = from ? bound.page(*from).items.size() : bound.page().items.size();
            REQUIRE(rows > 0);
            const std::string plan = bound.explain({.run = true, .from = std::move(from)});
            INFO(name << ", " << which << " page\n" << plan);
            CHECK(buffers_of(plan) <= 4 * rows + 20);
        };
        const auto cursor_at = [&](std::size_t place) {
            return devices.query(query).offset(place).limit(1).page().next;
        };
        cost_is_bounded("first", std::nullopt);
        cost_is_bounded("a middle", cursor_at(found / 2));
        cost_is_bounded("last", cursor_at(found - limit - 1));
    }
}

TEST_CASE("without an index the server says that it reads the whole table") {
    gs::PostgresConnectionManager manager{shared_server().create_database()};
    gs::PostgresStorageBackend<Device> devices{manager, "devices"};
    gs::BaseSchemaManager{manager, {devices.table()}}.ensure_schema();
    devices.write("a", device_of(1));
    const auto query = devices.query().where(device::floor > 1000);
    CHECK(query.explain().find("Seq Scan on devices") != std::string::npos);
    CHECK(query.explain().find("Buffers") == std::string::npos);
    CHECK(query.explain({.run = true}).find("Rows Removed by Filter: 1") != std::string::npos);
    const gs::MemoryStorageBackend<Device> twin;
    CHECK(twin.query().where(device::floor > 1000).explain({.run = true}) ==
          "Walk over all 0 documents in memory, of which 0 are given\n");
}
