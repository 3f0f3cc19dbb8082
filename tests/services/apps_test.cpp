// SPDX-License-Identifier: MIT

#include "apps/apps.hpp"

#include "services/each_database.hpp"
#include "users/users.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using apps::App;
using apps::AppStatus;
using apps::PushStatus;
using nlohmann::json;

namespace {

struct Storages {
    explicit Storages(const gs::Database& db) : users{db}, apps{db} {}

    std::string install(const std::string& name) {
        return apps.install({.name = name, .user_id = users.create({.username = name})}).document.id;
    }

    users::UserStorage users;
    apps::AppStorage apps;
};

}  // namespace

TEST_CASE("an app is installed once, and a second time finds the first") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string account = users.create({.username = "weather"});
    const auto first = apps.install({.name = "weather", .api_url = "http://one", .user_id = account});
    CHECK(first.inserted);
    const auto second = apps.install({.name = "weather", .api_url = "http://two", .user_id = account});
    CHECK_FALSE(second.inserted);
    CHECK(second.document.id == first.document.id);
    CHECK(second.document.value.api_url == "http://one");
}

TEST_CASE("of threads that install the same app one does, and all get it") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string account = users.create({.username = "weather"});
    for (int round = 0; round < 10; ++round) {
        const App app{.name = "app " + std::to_string(round), .user_id = account};
        std::vector<std::string> ids(4);
        std::atomic<int> installed = 0;
        at_once(4, [&](int thread) {
            const auto result = apps.install(app);
            if (result.inserted) ++installed;
            ids[static_cast<std::size_t>(thread)] = result.document.id;
        });
        CHECK(installed == 1);
        CHECK(ids == std::vector<std::string>(4, ids.front()));
    }
    CHECK(apps.list().size() == 10);
}

TEST_CASE("an app works under an account that there is") {
    EachDatabase<Storages> db;
    CHECK(error_of<gs::ConstraintError>([&] {
              db.storage.apps.install({.name = "weather", .user_id = "nobody"});
          }).constraint() == "apps_user_id_fkey");
}

TEST_CASE("an account under which an app works is not removed, and goes with the app") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string id = db.storage.install("weather");
    const std::string account = apps.read(id).user_id;
    CHECK(error_of<gs::ConstraintError>([&] { users.remove(account); }).constraint() == "apps_user_id_fkey");
    apps.uninstall(id);
    CHECK(apps.list().empty());
    CHECK(users.is_empty());
    CHECK_THROWS_AS(apps.uninstall(id), gs::NotFoundError);
}

TEST_CASE("an account of two apps keeps both from being uninstalled by halves") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string id = db.storage.install("weather");
    apps.install({.name = "second", .user_id = apps.read(id).user_id});
    CHECK_THROWS_AS(apps.uninstall(id), gs::ConstraintError);
    CHECK(apps.read(id).name == "weather");
}

TEST_CASE("a status that comes late does not revert a config stored meanwhile") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string id = db.storage.install("weather");
    for (int round = 1; round <= 100; ++round) {
        const AppStatus status = round % 2 == 0 ? AppStatus::healthy : AppStatus::unhealthy;
        at_once(2, [&](int thread) {
            if (thread == 0) {
                apps.set_status(id, status);
            } else {
                apps.set_config(id, {{"round", round}});
            }
        });
        const App app = apps.read(id);
        REQUIRE(app.status == status);
        REQUIRE(app.config == json{{"round", round}});
        REQUIRE(app.config_revision == round);
        REQUIRE(app.push_status == PushStatus::pending);
    }
}

TEST_CASE("a status for an app that has gone is no error, and brings nothing back") {
    EachDatabase<Storages> db;
    const std::string id = db.storage.install("weather");
    CHECK(db.storage.apps.set_status(id, AppStatus::healthy));
    db.storage.apps.uninstall(id);
    CHECK_FALSE(db.storage.apps.set_status(id, AppStatus::healthy));
    CHECK(db.storage.apps.list().empty());
}

TEST_CASE("a config that was sent is not taken for the one that came after it") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string id = db.storage.install("weather");
    CHECK(apps.waiting().empty());
    apps.set_config(id, {{"city", "Lyon"}});
    const int sent = apps.read(id).config_revision;
    apps.set_config(id, {{"city", "Paris"}});
    CHECK_FALSE(apps.set_push_status(id, sent, PushStatus::ok));
    CHECK(apps.waiting().size() == 1);
    CHECK(apps.set_push_status(id, apps.read(id).config_revision, PushStatus::ok));
    CHECK(apps.waiting().empty());
    CHECK(apps.read(id).push_status == PushStatus::ok);
}

TEST_CASE("apps are listed with the newest first") {
    EachDatabase<Storages> db;
    auto& [users, apps] = db.storage;
    const std::string account = users.create({.username = "account"});
    const gs::Timestamp noon = gs::from_iso("2024-06-01T12:00:00Z");
    for (const int minute : {2, 0, 1}) {
        apps.install({.name = std::to_string(minute),
                      .user_id = account,
                      .created_at = noon.time() + std::chrono::minutes{minute}});
    }
    std::string names;
    for (const auto& app : apps.list()) names += app.value.name;
    CHECK(names == "210");
}
