// SPDX-License-Identifier: MIT

#include "devices_manager/attributes.hpp"

#include "devices_manager/devices_manager.hpp"
#include "services/each_database.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using devices_manager::Attribute;
using devices_manager::DevicesManagerStorage;
using namespace std::chrono_literals;

namespace {

const gs::Timestamp noon = gs::from_iso("2024-06-01T12:00:00Z");

std::string hall(DevicesManagerStorage& manager, const std::vector<std::string>& attributes) {
    manager.drivers.install("t1", {.vendor = "Acme"});
    const std::string broker = manager.transports.add({.name = "broker"});
    return manager.commission({.name = "hall", .driver_id = "t1", .transport_id = broker}, attributes);
}

}  // namespace

TEST_CASE("a value that stays the same is newly read and not changed") {
    EachDatabase<DevicesManagerStorage> db;
    const std::string id = hall(db.storage, {"temperature"});
    db.storage.attributes.record(id, "temperature", 20.5, noon);
    db.storage.attributes.record(id, "temperature", 20.5, noon.time() + 1min);
    const Attribute attribute = db.storage.attributes.of({id}).front();
    CHECK(attribute.value == 20.5);
    CHECK(attribute.changed_at == noon);
    CHECK(attribute.updated_at == noon.time() + 1min);
    CHECK_THROWS_AS(db.storage.attributes.record(id, "humidity", 1, noon), gs::NotFoundError);
}

TEST_CASE("a value may be a number, a text, a truth or nothing") {
    EachDatabase<DevicesManagerStorage> db;
    const std::string id = hall(db.storage, {});
    const std::vector<nlohmann::json> values{7, "heat", true, nullptr};
    std::vector<Attribute> attributes;
    for (const auto& value : values) {
        attributes.push_back({.device_id = id, .name = std::to_string(attributes.size()), .value = value});
    }
    db.storage.attributes.save(attributes);
    std::vector<nlohmann::json> stored;
    for (const Attribute& attribute : db.storage.attributes.of({id})) stored.push_back(attribute.value);
    CHECK(stored == values);
}

TEST_CASE("what one poll has read is stored as a whole or not at all") {
    EachDatabase<DevicesManagerStorage> db;
    const std::string id = hall(db.storage, {"a"});
    CHECK(error_of<gs::ConstraintError>([&] {
              db.storage.attributes.save(
                  {{.device_id = id, .name = "a", .value = 1}, {.device_id = "none", .name = "b", .value = 2}});
          }).constraint() == "attributes_device_id_fkey");
    CHECK(db.storage.attributes.of({id}).front().value.is_null());
    db.storage.attributes.save(
        {{.device_id = id, .name = "a", .value = 1}, {.device_id = id, .name = "b", .value = 2}});
    CHECK(db.storage.attributes.of({id}).size() == 2);
}

TEST_CASE("polls of the same device at the same time end, and leave what one of them has read") {
    EachDatabase<DevicesManagerStorage> db;
    const std::string id = hall(db.storage, {});
    at_once(4, [&](int thread) {
        for (int round = 0; round < 20; ++round) {
            std::vector<Attribute> read{{.device_id = id, .name = "a", .value = thread},
                                        {.device_id = id, .name = "b", .value = thread}};
            if (thread % 2 == 0) std::swap(read.front(), read.back());
            db.storage.attributes.save(read);
        }
    });
    const auto attributes = db.storage.attributes.of({id});
    REQUIRE(attributes.size() == 2);
    CHECK(attributes[0].value == attributes[1].value);
}

TEST_CASE("values that are stale or were never read are found, the longest ago first") {
    EachDatabase<DevicesManagerStorage> db;
    const std::string id = hall(db.storage, {"fresh", "older", "stale", "never"});
    db.storage.attributes.record(id, "fresh", 1, noon);
    db.storage.attributes.record(id, "stale", 1, noon.time() - 5min);
    db.storage.attributes.record(id, "older", 1, noon.time() - 9min);
    std::vector<std::string> names;
    for (const Attribute& attribute : db.storage.attributes.stale(noon)) names.push_back(attribute.name);
    CHECK(names == std::vector<std::string>{"older", "stale", "never"});
}
