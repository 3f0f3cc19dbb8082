// SPDX-License-Identifier: MIT

#include "devices_manager/devices_manager.hpp"
#include "services/each_database.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using devices_manager::Device;
using devices_manager::DeviceFilter;
using devices_manager::DevicesManagerStorage;
using devices_manager::LinkStatus;
using devices_manager::Protocol;
using nlohmann::json;

namespace {

/// A driver and a transport, for devices to be added.
struct Plant : DevicesManagerStorage {
    explicit Plant(const gs::Database& db) : DevicesManagerStorage{db} {}

    void begin() {
        drivers.install("t1", {.vendor = "Acme", .model = "T1"});
        broker = transports.add({.name = "broker", .protocol = Protocol::mqtt});
    }
    [[nodiscard]] Device device(const std::string& name, const std::string& type = "thermostat") const {
        return {.name = name, .type = type, .driver_id = "t1", .transport_id = broker};
    }

    std::string broker{};
};

std::vector<std::string> names(const gs::Page<Device>& page) {
    std::vector<std::string> names;
    for (const auto& device : page.items) names.push_back(device.value.name);
    return names;
}

}  // namespace

TEST_CASE("a device needs a driver and a transport that there are") {
    EachDatabase<Plant> db;
    db.storage.begin();
    Device device = db.storage.device("hall");
    device.driver_id = "none";
    CHECK(error_of<gs::ConstraintError>([&] { db.storage.devices.add(device); }).constraint() ==
          "devices_driver_id_fkey");
    device.driver_id = "t1";
    device.transport_id = "none";
    CHECK(error_of<gs::ConstraintError>([&] { db.storage.devices.add(device); }).constraint() ==
          "devices_transport_id_fkey");
}

TEST_CASE("a device is commissioned with its attributes, or not at all") {
    EachDatabase<Plant> db;
    db.storage.begin();
    const std::string id = db.storage.commission(db.storage.device("hall"), {"setpoint", "temperature"});
    const auto attributes = db.storage.attributes.of({id});
    REQUIRE(attributes.size() == 2);
    CHECK(attributes[0].name == "setpoint");
    CHECK(attributes[0].value.is_null());
    CHECK_THROWS_AS(db.storage.commission(db.storage.device("attic"), {std::string(600, 'x')}), gs::InvalidInputError);
    CHECK(db.storage.devices.list({}, 10).total == 1);
}

TEST_CASE("a driver that a device needs is not removed, and one that nobody needs is") {
    EachDatabase<Plant> db;
    db.storage.begin();
    const std::string id = db.storage.devices.add(db.storage.device("hall"));
    CHECK(error_of<gs::ConstraintError>([&] { db.storage.drivers.remove("t1"); }).constraint() ==
          "devices_driver_id_fkey");
    CHECK(db.storage.devices.remove(id));
    CHECK(db.storage.drivers.remove("t1"));
    CHECK_FALSE(db.storage.drivers.find("t1"));
}

TEST_CASE("a transport that is removed takes its devices and their attributes") {
    EachDatabase<Plant> db;
    db.storage.begin();
    const std::string other = db.storage.transports.add({.name = "gateway"});
    const std::string gone = db.storage.commission(db.storage.device("hall"), {"temperature"});
    Device device = db.storage.device("attic");
    device.transport_id = other;
    const std::string kept = db.storage.commission(device, {"temperature"});
    CHECK(db.storage.transports.remove(db.storage.broker));
    CHECK(names(db.storage.devices.list({}, 10)) == std::vector<std::string>{"attic"});
    CHECK(db.storage.attributes.of({gone, kept}).size() == 1);
}

TEST_CASE("a device that is removed takes its attributes") {
    EachDatabase<Plant> db;
    db.storage.begin();
    const std::string id = db.storage.commission(db.storage.device("hall"), {"a", "b"});
    CHECK(db.storage.devices.remove(id));
    CHECK(db.storage.attributes.of({id}).empty());
    CHECK_FALSE(db.storage.devices.remove(id));
}

TEST_CASE("tags are set and removed one at a time") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& devices = db.storage.devices;
    const std::string id = devices.add(db.storage.device("hall"));
    const gs::Timestamp before = devices.read(id).updated_at;
    devices.set_tag(id, "asset", "a-1");
    devices.set_tag(id, "a.b/c\"d", "odd");
    devices.set_tag(id, "asset", "a-2");
    CHECK(devices.read(id).tags == std::map<std::string, std::string>{{"asset", "a-2"}, {"a.b/c\"d", "odd"}});
    devices.remove_tag(id, "a.b/c\"d");
    devices.remove_tag(id, "not there");
    CHECK(devices.read(id).tags == std::map<std::string, std::string>{{"asset", "a-2"}});
    CHECK(devices.read(id).updated_at > before);
    CHECK_THROWS_AS(devices.set_tag("none", "asset", "a-1"), gs::NotFoundError);
    CHECK_THROWS_AS(devices.remove_tag("none", "asset"), gs::NotFoundError);
}

TEST_CASE("tags that threads set and remove at the same time are as each of them left them") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& devices = db.storage.devices;
    const std::string id = devices.add(db.storage.device("hall"));
    at_once(4, [&](int thread) {
        const std::string key = "key " + std::to_string(thread);
        for (int round = 0; round < 25; ++round) {
            devices.set_tag(id, key, std::to_string(round));
            devices.set_tag(id, key + " kept", std::to_string(round));
            devices.remove_tag(id, key);
        }
    });
    CHECK(devices.read(id).tags ==
          std::map<std::string, std::string>{
              {"key 0 kept", "24"}, {"key 1 kept", "24"}, {"key 2 kept", "24"}, {"key 3 kept", "24"}});
}

TEST_CASE("devices are found by type, driver and tags, in order of the names") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& devices = db.storage.devices;
    for (const char* name : {"d", "b", "a", "c"}) {
        const std::string id = devices.add(db.storage.device(name, name < std::string{"c"} ? "meter" : "thermostat"));
        devices.set_tag(id, "floor", name < std::string{"d"} ? "1" : "2");
    }
    CHECK(names(devices.list({}, 10)) == std::vector<std::string>{"a", "b", "c", "d"});
    CHECK(names(devices.list({.type = "meter"}, 10)) == std::vector<std::string>{"a", "b"});
    CHECK(names(devices.list({.type = "thermostat", .tags = {{"floor", "1"}}}, 10)) == std::vector<std::string>{"c"});
    CHECK(names(devices.list({.driver_id = "none"}, 10)).empty());
    CHECK(names(devices.list({.tags = {{"room", "1"}}}, 10)).empty());

    const auto first = devices.list({.tags = {{"floor", "1"}}}, 2);
    CHECK(names(first) == std::vector<std::string>{"a", "b"});
    CHECK(first.total == 3);
    CHECK(names(devices.list({.tags = {{"floor", "1"}}}, 2, first.next)) == std::vector<std::string>{"c"});
    CHECK(devices.count_by_type() ==
          std::vector<std::pair<std::optional<std::string>, std::size_t>>{{"meter", 2}, {"thermostat", 2}});
}

TEST_CASE("a device that cannot be read does not keep the service from the others") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& devices = db.storage.devices;
    const std::string good = devices.add(db.storage.device("hall"));
    const std::string bad = devices.add(db.storage.device("attic"));
    auto plain = db.database.storage(devices_manager::devices_table);
    plain.patch(bad, gs::path<int>("name").set(7));
    CHECK_THROWS_AS(devices.read(bad), gs::DecodeError);
    std::map<std::string, bool> readable;
    for (const auto& [id, perhaps, version] : devices.all()) readable[id] = perhaps.device.has_value();
    CHECK(readable == std::map<std::string, bool>{{good, true}, {bad, false}});
}

TEST_CASE("a device that is renamed while its config changes keeps both") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& devices = db.storage.devices;
    const std::string id = devices.add(db.storage.device("hall"));
    const gs::Timestamp created = devices.read(id).created_at;
    for (int round = 0; round < 25; ++round) {
        at_once(2, [&](int thread) {
            if (thread == 0) {
                devices.rename(id, std::to_string(round));
            } else {
                devices.set_config(id, {{"round", round}});
            }
        });
        REQUIRE(devices.read(id).name == std::to_string(round));
        REQUIRE(devices.read(id).config == json{{"round", round}});
    }
    CHECK(devices.read(id).created_at == created);
}

TEST_CASE("a new edition of a driver keeps when the first was installed") {
    EachDatabase<Plant> db;
    db.storage.begin();
    const gs::Timestamp created = db.storage.drivers.find("t1")->created_at;
    db.storage.drivers.install("t1", {.vendor = "Acme", .model = "T1", .version = 2});
    CHECK(db.storage.drivers.find("t1")->version == 2);
    CHECK(db.storage.drivers.find("t1")->created_at == created);
    db.storage.drivers.install("a1", {.vendor = "Acme", .model = "A1"});
    db.storage.drivers.install("other", {.vendor = "Other"});
    const auto acme = db.storage.drivers.of_vendor("Acme");
    REQUIRE(acme.size() == 2);
    CHECK(acme[0].id == "a1");
}

TEST_CASE("the state of a transport is reported while its config changes, and both stay") {
    EachDatabase<Plant> db;
    db.storage.begin();
    auto& transports = db.storage.transports;
    at_once(2, [&](int thread) {
        for (int round = 1; round <= 25; ++round) {
            if (thread == 0) {
                transports.report(db.storage.broker, {LinkStatus::failed, std::to_string(round)});
            } else {
                transports.set_config(db.storage.broker, {{"round", round}});
            }
        }
    });
    const auto broker = transports.read(db.storage.broker);
    CHECK(broker.link.reason == "25");
    CHECK(broker.config == json{{"round", 25}});
    CHECK(broker.protocol == Protocol::mqtt);
    REQUIRE(transports.failed().size() == 1);
    CHECK(error_of<gs::ConstraintError>([&] { transports.add({.name = "broker"}); }).constraint() ==
          "transports_name_key");
}
