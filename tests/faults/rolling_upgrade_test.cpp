// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "faults/guards.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <exception>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Json = nlohmann::json;

/// A program of its own that runs `work`; its exit status is 0 unless that throws.
pid_t start(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
        work();
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        ::_exit(1);
    }
    ::_exit(0);
}

int ended(pid_t child) {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

long long number(const std::string& url, const std::string& sql) {
    return by_hand(url, sql)[0][0].as<long long>(0);
}

/// What release N-1 knows of a device.
struct OldDevice {
    std::string name{};
    int changes = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(OldDevice, name, changes)
};
/// What release N does: a field more, with a column, an index and times.
struct NewDevice {
    std::string name{};
    int changes = 0;
    int changes_of_new = 0;
    std::string site{};
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(NewDevice, name, changes, changes_of_new, site)
};
const auto old_table = gs::document_table<OldDevice>("devices");
const auto new_table = gs::document_table<NewDevice>("devices")
                           .with_column(gs::field<&NewDevice::site>)
                           .index(gs::field<&NewDevice::site>, gs::id_field)
                           .with_revision_column()
                           .with_timestamps();

constexpr int devices = 20;

/// Writes and reads as a service does, in every way that leaves alone what others know.
template <class Device, class Change>
void serve(gs::PostgresStorageBackend<Device> storage, int rounds, Change change) {
    std::mt19937 random{static_cast<unsigned>(::getpid())};
    const auto changes = gs::field<&Device::changes>;
    for (int round = 0; round < rounds; ++round) {
        const std::string id = "d" + std::to_string(random() % devices);
        switch (random() % 3) {
            case 0:
                change(storage, id);
                break;
            case 1:
                storage.transaction([&](gs::Transaction& tx) { change(storage.in(tx), id); });
                break;
            default:
                change(storage, id);
                (void)storage.query(gs::query<Device>().where(changes > 3).order_by(changes).limit(5)).all();
        }
        if (storage.read_all().size() != devices) throw std::runtime_error{"a device is missing"};
    }
}

/// Two of its names become one field.
void join_names(Json& person) {
    person["name"] = person.at("first").get<std::string>() + " " + person.at("last").get<std::string>();
    person.erase("first");
    person.erase("last");
}

struct Person {
    std::string name{};
    int visits = 0;
    using document_versions = gs::DocumentVersions<gs::Upcaster<1, &join_names>>;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Person, name, visits)
};
const auto people_table = gs::document_table<Person>("people");

}  // namespace

TEST_CASE("the releases N-1 and N work on a table together while it moves from one shape to the next") {
    const std::string url = tcp_server().create_database();
    const int rounds = full_run() ? 2000 : 150;
    {
        gs::PostgresConnectionManager manager{url};
        gs::BaseSchemaManager{manager, {old_table}}.ensure_schema();
        gs::PostgresStorageBackend<OldDevice> storage{manager, old_table};
        for (int device = 0; device < devices; ++device) storage.write("d" + std::to_string(device), {"device"});
    }
    const auto old_release = [&] {
        gs::PostgresConnectionManager manager{url};
        serve<OldDevice>({manager, old_table}, rounds, [](auto&& storage, const std::string& id) {
            storage.edit(id, [](OldDevice& device) { ++device.changes; });
        });
    };
    const auto new_release = [&] {
        gs::PostgresConnectionManager manager{url};
        gs::BaseSchemaManager{manager, {new_table}}.ensure_schema();
        serve<NewDevice>({manager, new_table}, rounds, [](auto&& storage, const std::string& id) {
            storage.edit(id, [](NewDevice& device) {
                ++device.changes;
                ++device.changes_of_new;
                device.site = "lyon";
            });
        });
    };
    const auto changes = [&] { return number(url, "SELECT sum((data->>'changes')::int) FROM devices"); };
    std::vector<pid_t> programs{start(old_release), start(old_release)};
    await([&] { return changes() >= 20; });
    programs.push_back(start(new_release));
    programs.push_back(start(new_release));
    await([&] { return number(url, "SELECT sum((data->>'changes_of_new')::int) FROM devices") >= 20; });
    // What the release after next does before it starts.
    gs::PostgresConnectionManager manager{url};
    gs::Migrator migrator{manager};
    migrator
        .add(1, "by name", gs::outside_transaction("CREATE INDEX CONCURRENTLY by_name ON devices ((data ->> 'name'))"))
        .add(2, "another site index", "ALTER INDEX devices_site_id_idx RENAME TO devices_place_idx")
        .add(3, "rewritten", "ALTER TABLE devices ADD COLUMN note text GENERATED ALWAYS AS (data ->> 'note') STORED");
    CHECK(migrator.apply().size() == 3);
    int failed = 0;
    for (const pid_t program : programs) failed += ended(program) == 0 ? 0 : 1;
    const long long lost = 4LL * rounds - changes();
    const long long reverted = number(
        url, "SELECT count(*) FROM devices WHERE (data->>'changes_of_new')::int > 0 AND site IS DISTINCT FROM 'lyon'");
    publish("rolling_upgrade edits=" + std::to_string(4 * rounds) + " errors=" + std::to_string(failed) +
            " lost=" + std::to_string(lost) + " reverted=" + std::to_string(reverted));
    CHECK(failed == 0);
    CHECK(lost == 0);
    CHECK(reverted == 0);
}

TEST_CASE("documents are made current under load, by programs that are killed") {
    const std::string url = tcp_server().create_database();
    const int kills = full_run() ? 100 : 10;
    const int visits = full_run() ? 15'000 : 1'500;
    constexpr int people_count = 300;
    gs::PostgresConnectionManager manager{url};
    gs::BaseSchemaManager{manager, {people_table}}.ensure_schema();
    by_hand(url, "INSERT INTO people SELECT 'p' || n, '{\"visits\": 0}' FROM generate_series(1, " +
                     std::to_string(people_count) + ") AS n");
    // As a program of the release before would.
    const auto make_old = [&] {
        by_hand(url,
                "UPDATE people SET data = jsonb_build_object('first', 'Ada', 'last', 'Lovelace', 'visits', "
                "data->'visits')");
    };
    make_old();
    const auto visitor = [&] {
        gs::PostgresConnectionManager own{url};
        gs::PostgresStorageBackend<Person> people{own, people_table};
        std::mt19937 random{static_cast<unsigned>(::getpid())};
        for (int visit = 0; visit < visits; ++visit) {
            const std::string id = "p" + std::to_string(1 + random() % people_count);
            if (random() % 2 == 0) {
                people.edit(id, [](Person& person) { ++person.visits; });
            } else {
                people.patch(id, gs::field<&Person::visits>.increment(1));
            }
            if (people.read(id).name != "Ada Lovelace") throw std::runtime_error{"somebody has another name"};
        }
    };
    const std::vector<pid_t> visitors{start(visitor), start(visitor)};
    int killed = 0;
    for (int round = 0; round < kills; ++round) {
        make_old();
        std::array<int, 2> progress{};
        REQUIRE(::pipe(progress.data()) == 0);
        const pid_t child = start([&] {
            gs::PostgresConnectionManager own{url};
            const auto tell = [&](std::size_t) { (void)!::write(progress[1], "x", 1); };
            gs::PostgresStorageBackend<Person>{own, people_table}.upgrade_all({.batch = 20, .on_progress = tell});
        });
        ::close(progress[1]);
        char told = 0;
        const bool has_begun = ::read(progress[0], &told, 1) == 1;  // or it has ended
        ::kill(child, SIGKILL);
        (void)ended(child);
        ::close(progress[0]);
        if (has_begun) ++killed;
    }
    int failed = 0;
    for (const pid_t child : visitors) failed += ended(child) == 0 ? 0 : 1;
    gs::PostgresStorageBackend<Person>{manager, people_table}.upgrade_all();
    const long long old_left = number(url, "SELECT count(*) FROM people WHERE NOT data ? 'document_version'");
    const long long lost = 2LL * visits - number(url, "SELECT sum((data->>'visits')::int) FROM people");
    const long long wrong = number(
        url, "SELECT count(*) FROM people WHERE data->>'name' IS DISTINCT FROM 'Ada Lovelace' OR data ? 'first'");
    publish("upgrade_all kills=" + std::to_string(killed) + " errors=" + std::to_string(failed) + " old_left=" +
            std::to_string(old_left) + " lost=" + std::to_string(lost) + " wrong=" + std::to_string(wrong));
    CHECK(killed == kills);
    CHECK(failed == 0);
    CHECK(old_left == 0);
    CHECK(lost == 0);
    CHECK(wrong == 0);
}
