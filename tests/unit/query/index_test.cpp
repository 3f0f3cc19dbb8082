// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/schema/schema_part.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/index.hpp>
#include <gridone/storage/query/query.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct Device {
    std::string site;
    int floor = 0;
    double setpoint = 0;
    std::optional<std::string> note;
    std::vector<std::string> tags;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto note = gs::field<&Device::note>;
constexpr auto tags = gs::field<&Device::tags>;
}  // namespace device

const auto devices = gs::document_table<Device>("d");
const auto all = gs::query<Device>();

/// What the index that serves the query is called, which tells its keys and directions.
std::string name_for(const gs::Query<Device>& query) {
    const auto table = devices.index(gs::index_for(query));
    return table.rules().indexes.empty() ? "the key" : table.rules().indexes.front().name;
}

}  // namespace

TEST_CASE("the index for a query begins with what has to equal a value, then goes by the order, and ends with the id") {
    CHECK(name_for(all.where(device::site == "x")) == "d_site_id_idx");
    CHECK(name_for(all.where(device::site == "x").order_by(device::setpoint)) == "d_site_setpoint_id_idx");
    CHECK(name_for(all.order_by(device::setpoint).where(device::floor == 1 && device::site == "x")) ==
          "d_floor_site_setpoint_id_idx");
    CHECK(name_for(all.where("x" == device::site && device::setpoint > 1).order_by(device::setpoint)) ==
          "d_site_setpoint_id_idx");
}

TEST_CASE("what is compared otherwise comes before the id without an order, and behind it with one") {
    CHECK(name_for(all.where(device::setpoint > 1)) == "d_setpoint_id_idx");
    CHECK(name_for(all.where(device::setpoint.between(1, 2)).order_by(device::floor)) == "d_floor_id_setpoint_idx");
    CHECK(name_for(all.where(device::site.in({"a", "b"})).order_by(device::floor)) == "d_floor_id_site_idx");
    CHECK(name_for(all.where(device::site.starts_with("a"))) == "d_site_id_idx");
}

TEST_CASE("one index serves an order and its reverse, and mixed directions have their own") {
    const auto up = all.order_by(device::site, device::floor.descending());
    const auto down = all.order_by(device::site.descending(), device::floor);
    CHECK(name_for(up) == "d_site_floor_desc_id_desc_idx");
    CHECK(gs::index_for(up) == gs::index_for(down));
    CHECK(gs::index_for(all.order_by(device::site.descending())) == gs::index_for(all.order_by(device::site)));
    CHECK(gs::index_for(all.where(device::floor == 1).order_by(device::site)) ==
          gs::index_for(all.where(device::floor == 2).order_by(device::floor, device::site.descending())));
}

TEST_CASE("is_null and its negation become the condition of the index") {
    const auto without_note = gs::index_for(all.where(device::note.is_null() && device::site == "x"));
    CHECK(without_note.rule().keys.size() == 2);
    CHECK(*without_note.rule().where == *gs::Filter<Device>{device::note.is_null()}.node());
    const auto with_note = gs::index_for(all.where(!device::note.is_null() && device::site == "x"));
    CHECK(*with_note.rule().where == *(!gs::Filter<Device>{device::note.is_null()}).node());
    const auto table =
        devices.index(without_note).index(with_note).index(gs::index_for(all.where(device::site == "x")));
    REQUIRE(table.rules().indexes.size() == 3);
    CHECK(table.rules().indexes[0].name != table.rules().indexes[1].name);
}

TEST_CASE("what no index of this kind serves is left out") {
    CHECK(name_for(all) == "the key");
    CHECK(name_for(all.where(gs::id_field > "x").order_by(gs::id_field.descending())) == "the key");
    CHECK(name_for(all.where(device::floor == 1 || device::site == "x")) == "the key");
    CHECK(name_for(all.where(!(device::floor == 1))) == "the key");
    CHECK(name_for(all.where(device::floor != 1 && device::floor < device::setpoint)) == "the key");
    CHECK(name_for(all.where(device::tags.contains("x") && device::site.contains("x"))) == "the key");
    CHECK(name_for(all.where(gs::version_field == gs::Version{1})) == "the key");
}

TEST_CASE("an index may be made of fields, orders and the id, and is added once") {
    const auto table = devices.index(device::site, device::setpoint.descending(), gs::id_field);
    REQUIRE(table.rules().indexes.size() == 1);
    CHECK(table.index(device::site, device::setpoint.descending(), gs::id_field).rules().indexes.size() == 1);
    CHECK(table.index(device::site, device::setpoint, gs::id_field).rules().indexes.size() == 2);
    CHECK(table.rules().indexes.front().name == "d_site_setpoint_desc_id_idx");
    CHECK(
        gs::schema_statements(table).back() ==
        "/* gridone_storage: index d_site_setpoint_desc_id_idx of table public.d */ DO $gridone$DECLARE usual text := "
        "pg_catalog.current_setting('search_path'); BEGIN PERFORM "
        "pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true); IF NOT EXISTS (SELECT FROM "
        "pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = "
        "indexrelid WHERE indrelid = '\"public\".\"d\"'::pg_catalog.regclass AND (relname = "
        "'d_site_setpoint_desc_id_idx' OR "
        "pg_catalog.strpos(pg_catalog.current_setting('gridone_storage.without_indexes_of', true), ',' || indrelid || "
        "',') > 0)) THEN "
        "CREATE INDEX \"d_site_setpoint_desc_id_idx\" ON \"public\".\"d\" (((CASE WHEN "
        "jsonb_typeof(\"data\"->'site'::text) = 'string' THEN ((\"data\"->'site'::text) #>> '{}') END) COLLATE "
        "\"C\"), (CASE WHEN jsonb_typeof(\"data\"->'setpoint'::text) = 'number' THEN ((\"data\"->'setpoint'::text) "
        "#>> '{}')::numeric END) DESC, (\"id\" COLLATE \"C\")); END IF; PERFORM "
        "pg_catalog.set_config('search_path', usual, true); END$gridone$");
    CHECK_THROWS_AS(devices.index(), gs::InvalidInputError);
}
