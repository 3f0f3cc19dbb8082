// SPDX-License-Identifier: MIT

#include "postgres/either_backend.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <pqxx/result>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

enum class Mode { off, heat };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::off, "off"}, {Mode::heat, "heat"}})

struct Boiler {
    std::string name{};
    int floor = 0;
    double setpoint = 0;
    bool active = false;
    Mode mode = Mode::off;
    gs::Timestamp serviced{};
    std::vector<std::string> tags{};
    std::map<std::string, int> errors{};

    friend bool operator==(const Boiler&, const Boiler&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Boiler, name, floor, setpoint, active, mode, serviced, tags, errors)
};

namespace boiler {
constexpr auto name = gs::field<&Boiler::name>;
constexpr auto floor = gs::field<&Boiler::floor>;
constexpr auto setpoint = gs::field<&Boiler::setpoint>;
constexpr auto active = gs::field<&Boiler::active>;
constexpr auto mode = gs::field<&Boiler::mode>;
constexpr auto serviced = gs::field<&Boiler::serviced>;
constexpr auto tags = gs::field<&Boiler::tags>;
constexpr auto errors = gs::field<&Boiler::errors>;
}  // namespace boiler

using Table = gs::DocumentTable<Boiler>;
const Table plain = gs::document_table<Boiler>("boilers");
const Table with_columns = plain.with_column(boiler::name)
                               .with_column(boiler::floor)
                               .with_column(boiler::setpoint)
                               .with_column(boiler::active)
                               .with_column(boiler::mode)
                               .with_column(boiler::serviced, "last \"service\"");
const auto all = gs::query<Boiler>();

using InMemory = gridone_tests::TablesInMemory<Boiler>;
using InPostgres = gridone_tests::TablesInPostgres<Boiler>;

Boiler numbered(int number) {
    return {.name = "b" + std::to_string(number % 7),
            .floor = number % 5,
            .setpoint = number / 4.0,
            .active = number % 2 == 0,
            .mode = number % 3 == 0 ? Mode::heat : Mode::off,
            .serviced = gs::Timestamp{std::chrono::sys_days{std::chrono::days{number}}},
            .tags = {"t" + std::to_string(number % 4), "all"},
            .errors = {{"e" + std::to_string(number % 6), number}}};
}

void fill(auto& storage, int boilers) {
    std::vector<std::pair<std::string, Boiler>> pairs;
    for (int number = 0; number < boilers; ++number)
        pairs.emplace_back("id" + std::to_string(number), numbered(number));
    storage.write_many(pairs);
}

std::vector<gs::Filter<Boiler>> filters() {
    return {boiler::name == "b3",
            boiler::name.starts_with("b1") && boiler::floor > 2,
            boiler::setpoint <= 7.25,
            boiler::active == true && boiler::mode == Mode::heat,
            boiler::mode.in({Mode::off}),
            boiler::serviced >= gs::Timestamp{std::chrono::sys_days{std::chrono::days{20}}},
            !(boiler::name == "b3") && !boiler::floor.is_null(),
            boiler::setpoint > boiler::floor,
            boiler::tags.contains("t2"),
            boiler::errors.contains_key("e4"),
            boiler::name.in({"b1", "b2"}) || boiler::floor.in({0})};
}

}  // namespace

TEST_CASE("a document with timestamps still comes apart into id, value and version") {
    gs::Document<Boiler> document{"a", numbered(1), gs::Version{7}, std::nullopt};
    STATIC_CHECK(std::tuple_size_v<gs::Document<Boiler>> == 3);
    auto& [id, value, version] = document;
    value.floor = 9;
    CHECK(document.value.floor == 9);
    CHECK(id == "a");
    CHECK(version == gs::Version{7});
    const auto& [same, constant, seen] = std::as_const(document);
    STATIC_CHECK(std::is_same_v<decltype(constant), const Boiler>);
    CHECK(&constant == &document.value);
    auto [taken, moved, number] = std::move(document);
    CHECK(taken == "a");
    CHECK(moved.floor == 9);
}

TEMPLATE_TEST_CASE("columns of fields change nothing of what queries give", "", InMemory, InPostgres) {
    TestType backend;
    auto with = backend.storage(with_columns);
    gs::MemoryStorageBackend<Boiler> without;
    fill(with, 60);
    fill(without, 60);
    for (const auto& filter : filters()) {
        const auto query = all.where(filter).order_by(boiler::floor.descending(), boiler::name, boiler::serviced);
        CHECK(with.query(query).ids() == without.query(query).ids());
        CHECK(!with.query(query).ids().empty());
        CHECK(with.query(query).count() == without.query(query).count());
    }
    CHECK(with.query(all).count_by(boiler::mode) == without.query(all).count_by(boiler::mode));
    CHECK(with.query(all).count_by(boiler::serviced) == without.query(all).count_by(boiler::serviced));
    CHECK(with.query(all).sum(boiler::setpoint) == without.query(all).sum(boiler::setpoint));
    CHECK(with.query(all).max(boiler::name) == without.query(all).max(boiler::name));
    with.query(all.where(boiler::name == "b3")).patch(boiler::name.set("other"));
    CHECK(with.query(all.where(boiler::name == "b3")).count() == 0);
    CHECK(with.query(all.where(boiler::name == "other")).count() > 0);
}

TEST_CASE("columns of fields are the server's: any writer's documents fill them, with their type and name") {
    InPostgres backend;
    auto boilers = backend.storage(with_columns);
    by_hand(backend.url,
            R"(INSERT INTO boilers VALUES ('x', '{"name":"ü","floor":1e1,"setpoint":"no number","mode":"heat",
                                                          "serviced":"2024-02-29T23:00:00-02:00"}'))");
    const pqxx::result row = by_hand(backend.url,
                                     "SELECT name, floor + 1, setpoint IS NULL, mode, \"last \"\"service\"\"\", "
                                     "pg_typeof(floor), active IS NULL FROM boilers");
    CHECK(row[0][0].view() == "ü");
    CHECK(row[0][1].view() == "11");
    CHECK(row[0][2].view() == "t");
    CHECK(row[0][3].view() == "heat");
    CHECK(row[0][4].view() == "2024-03-01 01:00:00");
    CHECK(row[0][5].view() == "numeric");
    CHECK(row[0][6].view() == "t");
}

TEST_CASE("filters, orders and unique rules of a field with a column use the column and its index") {
    InPostgres backend;
    const auto by_floor = all.where(boiler::floor == 3).order_by(boiler::name.descending()).limit(10);
    auto boilers = backend.storage(with_columns.index(gs::index_for(by_floor)).unique(boiler::setpoint));
    fill(boilers, 5000);
    by_hand(backend.url, "ANALYZE boilers");
    const std::string plan = boilers.query(by_floor).explain();
    CAPTURE(plan);
    CHECK(plan.find("boilers_floor_name_id_idx") != std::string::npos);
    CHECK(plan.find("Sort") == std::string::npos);
    CHECK(plan.find("jsonb_typeof") == std::string::npos);
    const std::string unique = boilers.query(all.where(boiler::setpoint == 100.0)).explain();
    CAPTURE(unique);
    CHECK(unique.find("boilers_setpoint_key") != std::string::npos);
    CHECK_FALSE(boilers.upsert_by(boiler::setpoint, "new", numbered(400)).inserted);
    CHECK_FALSE(boilers.insert_or_find("new", numbered(400)).inserted);
    CHECK_THROWS_AS(boilers.insert("new", numbered(400)), gs::ConstraintError);
}

TEST_CASE("an index on contents serves what sequences and maps hold") {
    InPostgres backend;
    auto boilers = backend.storage(plain.contents_index(boiler::tags).contents_index(boiler::errors));
    for (int number = 0; number < 3; ++number) fill(boilers, 3000);
    boilers.write("rare", {.tags = {"rare"}, .errors = {{"rare", 1}}});
    by_hand(backend.url, "VACUUM ANALYZE boilers");
    const auto tagged = boilers.query(all.where(boiler::tags.contains("rare")));
    const auto failed = boilers.query(all.where(boiler::errors.contains_key("rare")));
    CHECK(tagged.explain().find("boilers_tags_gin") != std::string::npos);
    CHECK(failed.explain().find("boilers_errors_gin") != std::string::npos);
    CHECK(tagged.ids() == std::vector<std::string>{"rare"});
    CHECK(failed.ids() == std::vector<std::string>{"rare"});
}

TEMPLATE_TEST_CASE("timestamps tell when a document was stored first and last", "", InMemory, InPostgres) {
    TestType backend;
    auto boilers = backend.storage(plain.with_timestamps().unique(boiler::name));
    using Times = gs::Timestamps;
    const auto times = [&](std::string_view id) { return boilers.read_document(id).timestamps.value(); };
    boilers.write("a", numbered(1));
    const Times first = times("a");
    CHECK(first.created_at == first.updated_at);
    CHECK(std::chrono::abs(first.created_at.time() - std::chrono::system_clock::now()) < 1min);

    boilers.write("a", numbered(1));  // the same again is a write as well
    const Times second = times("a");
    CHECK(second.created_at == first.created_at);
    CHECK(second.updated_at > first.updated_at);
    const gs::Version patched = boilers.patch("a", boiler::floor.set(4));
    CHECK(patched == boilers.read_document("a").version);
    const Times third = times("a");
    CHECK(third.updated_at > second.updated_at);

    const gs::Document<Boiler> edited = boilers.edit("a", [](Boiler& boiler) { ++boiler.floor; });
    CHECK(edited.timestamps == times("a"));
    CHECK(edited.timestamps->updated_at > third.updated_at);
    CHECK(boilers.edit("a", [](Boiler&) {}).timestamps == edited.timestamps);  // which writes nothing

    const auto made = boilers.insert_or_find("b", numbered(2)).document;
    CHECK(made.timestamps == times("b"));
    CHECK(boilers.insert_or_find("b", numbered(3)).document.timestamps == made.timestamps);
    CHECK(boilers.insert_or_find("c", numbered(2)).document.timestamps == made.timestamps);
    const auto written_over = boilers.upsert_by(boiler::name, "c", numbered(2)).document;
    CHECK(written_over.timestamps == times("b"));
    const auto all_patched = boilers.query(all).patch_documents(boiler::floor.set(1));
    CHECK(all_patched.front().timestamps == times("a"));
    CHECK(boilers.query(all).first()->timestamps == times("a"));
    CHECK(boilers.query(all.limit(1)).page(gs::with_total).items.front().timestamps == times("a"));
    boilers.for_each([&](const gs::Document<Boiler>& each) { CHECK(each.timestamps == times(each.id)); });
    boilers.query(all).for_each([&](const gs::Document<Boiler>& each) { CHECK(each.timestamps == times(each.id)); });

    boilers.remove("a");
    boilers.write_many(std::vector<std::pair<std::string, Boiler>>{{"a", numbered(1)}, {"d", numbered(4)}});
    CHECK(times("a").created_at > edited.timestamps->updated_at);
    CHECK(backend.storage(plain.with_timestamps().unique(boiler::name)).contains("d"));
}

TEMPLATE_TEST_CASE("timestamps are filtered and ordered by, and paged", "", InMemory, InPostgres) {
    TestType backend;
    auto boilers = backend.storage(plain.with_timestamps().index(gs::updated_at_field, gs::id_field));
    for (int number = 0; number < 9; ++number) boilers.write("id" + std::to_string(number), numbered(number));
    boilers.write("id3", numbered(30));
    const std::vector<std::string> newest_first{"id3", "id8", "id7", "id6", "id5", "id4", "id2", "id1", "id0"};
    const auto by_time = all.order_by(gs::updated_at_field.descending());
    CHECK(boilers.query(by_time).ids() == newest_first);
    std::vector<std::string> paged;
    std::optional<gs::Cursor> next;
    do {
        const auto page = next ? boilers.query(by_time.limit(2)).page(*next) : boilers.query(by_time.limit(2)).page();
        for (const auto& [id, value, version] : page.items) paged.push_back(id);
        next = page.next;
    } while (next);
    CHECK(paged == newest_first);

    const gs::Timestamp middle = boilers.read_document("id5").timestamps->updated_at;
    CHECK(boilers.query(all.where(gs::updated_at_field > middle).order_by(gs::created_at_field)).ids() ==
          std::vector<std::string>{"id3", "id6", "id7", "id8"});
    CHECK(boilers.query(all.where(gs::created_at_field == middle)).ids() == std::vector<std::string>{"id5"});
    CHECK(boilers.query(all.where(gs::created_at_field < gs::updated_at_field)).ids() ==
          std::vector<std::string>{"id3"});
    CHECK(boilers.query(all.where(middle.time() > gs::updated_at_field)).count() == 4);
    const auto late = gs::element<std::string> == "all" && gs::updated_at_field > middle;
    CHECK(boilers.query(all.where(boiler::tags.any(late))).count() == 4);
    CHECK(boilers.query(all).count_by(gs::created_at_field).size() == 9);
    CHECK(boilers.query(all).min(gs::created_at_field) == boilers.read_document("id0").timestamps->created_at);
    CHECK(boilers.query(all).max(gs::updated_at_field) == boilers.read_document("id3").timestamps->updated_at);
}

TEST_CASE("columns may have the names that statements use") {
    InPostgres backend;
    const auto table =
        gs::document_table<Boiler>({.table_name = "stored", .id_column = "created", .data_column = "document"});
    auto boilers = backend.storage(table.with_timestamps("updated", "version").with_revision_column("id"));
    fill(boilers, 5);
    std::size_t seen = 0;
    boilers.for_each([&](const auto& each) { seen += each.timestamps ? 1 : 0; });
    boilers.query(all).order_by(gs::updated_at_field).for_each([&](const auto& each) {
        seen += each.timestamps ? 1 : 0;
    });
    CHECK(seen == 10);
    const auto page = boilers.query(all).order_by(gs::created_at_field).limit(2).page();
    CHECK(boilers.query(all).order_by(gs::created_at_field).limit(2).page(page.next.value()).items.size() == 2);
}

TEST_CASE("the server keeps timestamps whoever writes, and whatever the clock or the writer says") {
    InPostgres backend;
    auto boilers = backend.storage(plain.with_timestamps("made", "changed"));
    by_hand(backend.url,
            "INSERT INTO boilers (id, data, made, changed) VALUES ('a', '{}', '1999-01-01', '1999-01-01')");
    const auto first = boilers.read_document("a").timestamps.value();
    CHECK(first.created_at > gs::Timestamp{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}});
    by_hand(backend.url, "UPDATE boilers SET data = '{\"floor\": 2}', made = '1999-01-01'");
    CHECK(boilers.read_document("a").timestamps->created_at == first.created_at);
    CHECK(boilers.read_document("a").timestamps->updated_at > first.updated_at);
    by_hand(backend.url,
            "ALTER TABLE boilers DISABLE TRIGGER USER; UPDATE boilers SET changed = '2999-01-01'; "
            "ALTER TABLE boilers ENABLE TRIGGER USER; UPDATE boilers SET data = '{}'");
    CHECK(by_hand(backend.url, "SELECT changed = '2999-01-01' FROM boilers")[0][0].view() == "t");
}

TEST_CASE("a table in partitions holds what one table holds") {
    InPostgres backend;
    auto boilers = backend.storage(
        with_columns.with_revision_column().with_timestamps().index(boiler::floor).with_hash_partitions(4));
    fill(boilers, 200);
    CHECK(boilers.count() == 200);
    CHECK(by_hand(backend.url, "SELECT count(DISTINCT tableoid) FROM boilers")[0][0].view() == "4");
    CHECK(boilers.read("id17") == numbered(17));
    const auto seen = boilers.read_document("id17");
    CHECK_THROWS_AS(boilers.insert("id17", numbered(1)), gs::AlreadyExistsError);
    CHECK_NOTHROW(boilers.replace("id17", numbered(1), gs::if_version(seen.version)));
    CHECK_THROWS_AS(boilers.replace("id17", numbered(1), gs::if_version(seen.version)), gs::VersionConflictError);
    CHECK(boilers.edit("id17", [](Boiler& boiler) { boiler.floor = 77; }).value.floor == 77);
    CHECK(boilers.query(all.where(boiler::floor == 77)).ids() == std::vector<std::string>{"id17"});
    CHECK(boilers.list_all().front() == "id0");
    CHECK(boilers.query(all).order_by(boiler::serviced).limit(3).page().items.front().id == "id0");
    CHECK(boilers.remove("id17"));
    CHECK(boilers.clear() == 199);
}

TEST_CASE("what a table cannot be is refused when it is described") {
    using Bad = gs::InvalidInputError;
    CHECK_THROWS_AS(plain.with_column(boiler::name).with_column(boiler::name), Bad);
    CHECK_THROWS_AS(plain.with_column(boiler::name, "data"), Bad);
    CHECK_THROWS_AS(plain.with_column(boiler::name, "xmin"), Bad);
    CHECK_THROWS_AS(plain.with_column(boiler::name, ""), Bad);
    CHECK_THROWS_AS(plain.with_column(gs::path<int>(std::string(64, 'x'))), Bad);
    CHECK_THROWS_AS(plain.with_timestamps().with_column(boiler::name, "created_at"), Bad);
    CHECK_THROWS_AS(plain.with_timestamps("id"), Bad);
    CHECK_THROWS_AS(plain.with_timestamps("at", "at"), Bad);
    CHECK_THROWS_AS(plain.with_column(boiler::name, "revision").with_revision_column(), Bad);
    CHECK_THROWS_AS(plain.index(gs::updated_at_field), Bad);
    CHECK_THROWS_AS(plain.contents_index(boiler::tags).contents_index(boiler::tags), Bad);
    CHECK_THROWS_AS(plain.with_hash_partitions(0), Bad);
    CHECK_THROWS_AS(
        plain.with_column(boiler::name, "boilers_name_fkey").references(boiler::name, "others", gs::OnDelete::refuse),
        Bad);
    CHECK_THROWS_AS(plain.unique(boiler::name).with_hash_partitions(2), Bad);
    CHECK_THROWS_AS(plain.with_hash_partitions(2).unique(boiler::name), Bad);
}

TEMPLATE_TEST_CASE("a query that asks for times which the table does not keep is refused", "", InMemory, InPostgres) {
    TestType backend;
    auto boilers = backend.storage(plain);
    const gs::Timestamp now = gs::Timestamp::now();
    CHECK_THROWS_AS(boilers.query(all.where(!(gs::created_at_field > now))), gs::UsageError);
    CHECK_THROWS_AS(boilers.query(all).order_by(gs::updated_at_field), gs::UsageError);
    CHECK_THROWS_AS(boilers.query(all).count_by(gs::updated_at_field), gs::UsageError);
    CHECK_THROWS_AS(boilers.query(all).max(gs::updated_at_field), gs::UsageError);
    CHECK_FALSE(boilers.query(all).first());
}

TEST_CASE("min and max of a field whose hand-made column differs from the document throw DecodeError") {
    const std::string url = shared_server().create_database();
    by_hand(url,
            "CREATE TABLE boilers (id text COLLATE \"C\" PRIMARY KEY, data jsonb NOT NULL, name text COLLATE \"C\", "
            "floor numeric, serviced timestamp)");
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Boiler> boilers{
        manager, plain.with_column(boiler::name).with_column(boiler::floor).with_column(boiler::serviced)};
    const auto set = [&](const std::string& data) {
        by_hand(url, "DELETE FROM boilers; INSERT INTO boilers VALUES ('odd', '" + data + "', 'x', 3, '2026-01-01')");
    };
    const auto expect_decode_error = [&](const auto& field, const std::string& pointer) {
        for (const bool greatest : {false, true}) {
            const auto error = error_of<gs::DecodeError>([&] {
                (void)(greatest ? boilers.query().max(field).has_value() : boilers.query().min(field).has_value());
            });
            CHECK(error.id() == "odd");
            CHECK(error.pointer() == pointer);
            CHECK(std::string{error.what()}.find("verify_schema()") != std::string::npos);
        }
    };
    for (const char* data : {"{}", R"({"name": 1, "floor": "3", "serviced": "yesterday"})", "[]", "5"}) {
        INFO(data);
        set(data);
        expect_decode_error(boiler::name, "/name");
        expect_decode_error(boiler::floor, "/floor");
        expect_decode_error(boiler::serviced, "/serviced");
    }
    set(R"({"name": "y", "floor": 4})");
    CHECK(boilers.query().min(boiler::name) == "y");
    CHECK(boilers.query().max(boiler::floor) == 4);
}
