// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct Device {
    std::string site;
    int floor = 0;
    double setpoint = 0;
    std::vector<std::string> tags;
    std::map<std::string, std::string> attributes;
    gs::Timestamp seen;
    friend bool operator==(const Device&, const Device&) = default;
};
void to_json(nlohmann::json& json, const Device& device) {
    json["site"] = device.site;
    json["floor"] = device.floor;
    json["setpoint"] = device.setpoint;
    json["tags"] = device.tags;
    json["attributes"] = device.attributes;
    json["seen"] = device.seen;
}
void from_json(const nlohmann::json& json, Device& device) {
    json.at("site").get_to(device.site);
    if (json.at("floor").is_number()) json.at("floor").get_to(device.floor);
    json.at("setpoint").get_to(device.setpoint);
    json.at("tags").get_to(device.tags);
    json.at("attributes").get_to(device.attributes);
    json.at("seen").get_to(device.seen);
}

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto attributes = gs::field<&Device::attributes>;
constexpr auto seen = gs::field<&Device::seen>;
}  // namespace device

struct Summary {
    std::string site;
    int floor = 0;
};
void to_json(nlohmann::json& json, const Summary& summary) {
    json["site"] = summary.site;
    json["floor"] = summary.floor;
}
void from_json(const nlohmann::json& json, Summary& summary) {
    if (json.size() != 2) throw gs::DecodeError{"more than was asked for"};
    json.at("site").get_to(summary.site);
    json.at("floor").get_to(summary.floor);
}

gs::Timestamp hour(int hours) {
    return std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + std::chrono::hours{hours};
}

using Ids = std::vector<std::string>;
template <class T>
using Counts = std::vector<std::pair<std::optional<T>, std::size_t>>;

const auto table = gs::document_table<Device>("devices");

/// Twenty devices in either backend.
template <class Storage>
void fill(Storage& storage) {
    for (int i = 0; i < 20; ++i) {
        const Device device{.site = i % 2 == 1 ? "lyon" : "paris",
                            .floor = i % 5,
                            .setpoint = i * 1.5,
                            .tags = {"t" + std::to_string(i % 3)},
                            .attributes = {{"k" + std::to_string(i % 4), "v"}},
                            .seen = hour(i)};
        storage.write("d" + std::to_string(100 + i), device);
    }
}
struct InMemory {
    gs::MemoryDatabase database{};
    gs::MemoryStorageBackend<Device> storage{database, table};
    InMemory() { fill(storage); }
};
struct InPostgres {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager database{url};
    gs::PostgresStorageBackend<Device> storage{database, table};
    InPostgres() {
        gs::BaseSchemaManager{database, {table}}.ensure_schema();
        fill(storage);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("a query finds the documents that its filter is true of", "", InMemory, InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    const auto count = [&](const gs::Filter<Device>& filter) { return devices.query().where(filter).count(); };
    const auto any = gs::element<std::string>;

    CHECK(count(device::site == "lyon") == 10);
    CHECK(count(!(device::site == "lyon")) == 10);
    CHECK(count(device::seen < hour(3)) == 3);
    CHECK(count(device::seen.in({hour(3)})) == 1);
    CHECK(count(device::attributes.contains_key("k1")) == 5);
    CHECK(count(device::attributes.contains_value("v")) == 20);
    CHECK(count(device::attributes.any(any == "v")) == 20);
    CHECK(count(device::tags.any(any.starts_with("t"))) == 20);
    CHECK(count(device::setpoint.in({1.5, 3.0}) || gs::id_field.starts_with("d11")) == 12);
    CHECK(count(device::floor.in(std::vector<int>{})) == 0);
    CHECK(count(gs::Filter<Device>{}) == 20);
    CHECK(devices.query().where(device::site == "lyon").where(device::floor > 2).ids() ==
          Ids{"d103", "d109", "d113", "d119"});
    const gs::Version version = devices.read_document("d105").version;
    CHECK(devices.query().where(gs::version_field == version).ids() == Ids{"d105"});
    CHECK(devices.query().where(device::site.contains("yo")).exists());
    CHECK_FALSE(devices.query().where(device::site == "nowhere").exists());

    const auto warm = gs::query<Device>().where(device::tags.contains("t1"));
    CHECK(devices.query(warm.order_by(device::floor.descending(), device::site).limit(3)).ids() ==
          Ids{"d119", "d104", "d113"});
    CHECK(devices.query(warm.order_by(device::floor.descending(), device::site).offset(1).limit(2)).ids() ==
          Ids{"d104", "d113"});
}

TEMPLATE_TEST_CASE("a query gives documents, values, one of them, or an error that says how many", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    const auto lyon = gs::query<Device>().where(device::site == "lyon");
    CHECK(devices.query(lyon).all().size() == 10);
    CHECK(devices.query(lyon).read_all().front() == devices.read("d101"));
    CHECK(devices.query(lyon.order_by(device::seen.descending())).first()->id == "d119");
    CHECK(devices.query(lyon).find() == devices.read("d101"));
    CHECK(devices.query(lyon.where(device::floor == 3).limit(1)).one().id == "d103");
    CHECK(devices.query().where(gs::id_field == "d103").read() == devices.read("d103"));
    try {
        (void)devices.query(lyon).one();
        FAIL("one of ten");
    } catch (const gs::ConflictError& error) {
        CHECK(std::string{error.what()}.find("10 documents") != std::string::npos);
    }
    const auto nowhere = gs::query<Device>().where(device::site == "nowhere");
    CHECK_THROWS_AS(devices.query(nowhere).read(), gs::NotFoundError);
    CHECK(devices.query(nowhere).find() == std::nullopt);
    CHECK_THROWS_AS(devices.query().limit(-1), gs::InvalidInputError);

    CHECK(devices.query(lyon).template select<Summary>().front().value.floor == 1);
    std::size_t visited = 0;
    devices.query(lyon).for_each([&](const gs::Document<Device>& document) {
        devices.remove(document.id);
        return ++visited < 3;
    });
    CHECK(visited == 3);
    CHECK(devices.query(lyon).count() == 7);
}

TEMPLATE_TEST_CASE("sums, means, extremes and counts of a field", "", InMemory, InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    CHECK(devices.query().max(device::setpoint) == 28.5);
    CHECK(devices.query().min(device::site) == "lyon");
    CHECK(devices.query().max(device::seen) == hour(19));
    CHECK(devices.query().sum(device::floor) == 40);
    CHECK(devices.query().avg(device::setpoint) == 14.25);
    const auto nowhere = gs::query<Device>().where(device::site == "nowhere");
    CHECK(devices.query(nowhere).min(device::site) == std::nullopt);
    CHECK(devices.query(nowhere).sum(device::floor) == 0);
    CHECK(devices.query(nowhere).avg(device::floor) == std::nullopt);
    CHECK(devices.query().count_by(device::site) == Counts<std::string>{{"lyon", 10}, {"paris", 10}});
    CHECK(devices.query().where(device::floor < 2).count_by(device::floor) == Counts<int>{{0, 4}, {1, 4}});
    CHECK(devices.query().count_by(device::seen).size() == 20);
}

TEMPLATE_TEST_CASE("pages follow each other to the end, in any order", "", InMemory, InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    devices.patch("d104", gs::path<int>("floor").set(std::nullopt));
    const auto all = gs::query<Device>();
    const std::vector<gs::Query<Device>> orders{all,
                                                all.order_by(device::floor),
                                                all.order_by(device::floor.descending()),
                                                all.order_by(device::site, device::floor.descending()),
                                                all.order_by(device::site.descending(), device::floor),
                                                all.order_by(device::seen.descending()),
                                                all.order_by(gs::id_field.descending())};
    for (std::size_t order = 0; order < orders.size(); ++order) {
        const Ids expected = devices.query(orders[order]).ids();
        for (const int limit : {1, 3, 7, 100}) {
            CAPTURE(order, limit);
            const auto part = devices.query(orders[order]).limit(limit);
            Ids seen;
            for (gs::Page<Device> page = part.page(gs::with_total);; page = part.page(*page.next)) {
                if (seen.empty()) CHECK(page.total == 20);
                for (const auto& document : page.items) seen.push_back(document.id);
                if (!page.next) break;
            }
            CHECK(seen == expected);
        }
    }
}

TEMPLATE_TEST_CASE("a cursor that was changed, or is of another query, is refused", "", InMemory, InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    const gs::Cursor cursor = *devices.query().limit(2).page().next;
    CHECK(gs::Cursor::from_text(cursor.text()) == cursor);
    CHECK(devices.query().limit(1).page(cursor).items.front().id == "d102");
    CHECK_THROWS_AS(devices.query().order_by(device::floor).limit(2).page(cursor), gs::InvalidInputError);
    CHECK_THROWS_AS(devices.query().where(device::floor == 1).limit(2).page(cursor), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::Cursor::from_text(cursor.text() + "A"), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::Cursor::from_text(""), gs::InvalidInputError);
    CHECK_THROWS_AS(devices.query().limit(2).offset(1).page(cursor), gs::UsageError);
    CHECK_THROWS_AS(devices.query().page(), gs::UsageError);
}

TEMPLATE_TEST_CASE("what a query finds is patched and removed, all or none", "", InMemory, InPostgres) {
    TestType backend;
    auto& devices = backend.storage;
    CHECK(devices.query().where(device::floor == 4).patch(device::floor.increment(1)) == 4);
    CHECK(devices.query().where(device::floor == 5).count() == 4);
    const auto patched = devices.query()
                             .where(device::floor == 5)
                             .order_by(device::seen.descending())
                             .limit(2)
                             .patch_documents(device::floor.set(6));
    REQUIRE(patched.size() == 2);
    CHECK(patched[0].id == "d114");
    CHECK(patched[1].value.floor == 6);
    CHECK(patched[1].version == devices.read_document("d119").version);

    // One that does not fit keeps all of them as they are, and the transaction intact.
    devices.patch("d113", gs::path<int>("floor").set(std::nullopt));
    devices.patch("d112", gs::path<std::string>("floor").set("high"));
    CHECK_THROWS_AS(devices.query().patch(device::floor.increment(1)), gs::InvalidInputError);
    devices.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS(devices.in(tx).query().patch(device::floor.increment(1)), gs::InvalidInputError);
        devices.in(tx).patch("d100", device::floor.set(9));
    });
    CHECK(devices.query().where(device::floor == 1).count() == 4);
    CHECK(devices.read("d100").floor == 9);

    CHECK(devices.query().where(device::site == "lyon").order_by(device::seen).limit(3).remove() == 3);
    CHECK_FALSE(devices.contains("d101"));
    CHECK(devices.query().where(device::site == "lyon").remove() == 7);
    CHECK(devices.count() == 10);
}
