// SPDX-License-Identifier: MIT

#include "apps/registrations.hpp"

#include "apps/apps.hpp"
#include "services/each_database.hpp"
#include "users/users.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <string>

namespace gs = gridone::storage;
using apps::RegistrationStatus;

namespace {

struct Storages {
    explicit Storages(const gs::Database& db) : users{db}, apps{db}, registrations{db} {}

    users::UserStorage users;
    apps::AppStorage apps;
    apps::RegistrationStorage registrations;
};

}  // namespace

TEST_CASE("an app that asks again renews its request, which keeps id and place") {
    EachDatabase<Storages> db;
    auto& registrations = db.storage.registrations;
    const std::string id = registrations.submit({.username = "weather", .hashed_password = "old"});
    const gs::Timestamp since = registrations.read(id).created_at;
    CHECK(registrations.submit({.username = "weather", .hashed_password = "new"}) == id);
    CHECK(registrations.pending().size() == 1);
    CHECK(registrations.read(id).hashed_password == "new");
    CHECK(registrations.read(id).created_at == since);
}

TEST_CASE("an app that asks from several threads has one request") {
    EachDatabase<Storages> db;
    for (int round = 0; round < 10; ++round) {
        const std::string name = std::to_string(round);
        at_once(4, [&](int) { db.storage.registrations.submit({.username = name}); });
    }
    CHECK(db.storage.registrations.pending().size() == 10);
}

TEST_CASE("a request that is accepted becomes an account and an app under it") {
    EachDatabase<Storages> db;
    auto& [users, apps, registrations] = db.storage;
    const std::string id = registrations.submit({.username = "weather-app", .hashed_password = "h"});
    const auto app = registrations.accept(id, {.name = "weather"});
    const auto account = users.by_name("weather-app");
    REQUIRE(account);
    CHECK(account->value.is_service_account);
    CHECK(account->value.hashed_password == "h");
    CHECK(apps.read(app.id).user_id == account->id);
    CHECK(registrations.read(id).status == RegistrationStatus::accepted);
    CHECK(registrations.pending().empty());
}

TEST_CASE("a request whose account name is taken stays pending, and nothing of it is stored") {
    EachDatabase<Storages> db;
    auto& [users, apps, registrations] = db.storage;
    users.create({.username = "weather-app"});
    const std::string id = registrations.submit({.username = "weather-app"});
    CHECK(error_of<gs::ConstraintError>([&] { registrations.accept(id, {.name = "weather"}); }).constraint() ==
          "users_username_key");
    CHECK(registrations.pending().size() == 1);
    CHECK(apps.list().empty());
}

TEST_CASE("a request for an app that is installed already leaves no account behind") {
    EachDatabase<Storages> db;
    auto& [users, apps, registrations] = db.storage;
    registrations.accept(registrations.submit({.username = "one"}), {.name = "weather"});
    const std::string id = registrations.submit({.username = "two"});
    CHECK_THROWS_AS(registrations.accept(id, {.name = "weather"}), gs::ConflictError);
    CHECK_FALSE(users.by_name("two"));
    CHECK(registrations.read(id).status == RegistrationStatus::pending);
}

TEST_CASE("a request is settled once, by one of two administrators") {
    EachDatabase<Storages> db;
    auto& [users, apps, registrations] = db.storage;
    for (int round = 0; round < 10; ++round) {
        const std::string name = "app " + std::to_string(round);
        const std::string id = registrations.submit({.username = name});
        std::atomic<int> settled = 0;
        std::atomic<int> late = 0;
        at_once(2, [&](int) {
            try {
                registrations.accept(id, {.name = name});
                ++settled;
            } catch (const gs::ConflictError&) {
                ++late;
            }
        });
        CHECK(settled == 1);
        CHECK(late == 1);
    }
    CHECK(apps.list().size() == 10);
}

TEST_CASE("a request that was discarded cannot be accepted, but asked again") {
    EachDatabase<Storages> db;
    auto& registrations = db.storage.registrations;
    const std::string id = registrations.submit({.username = "weather"});
    registrations.discard(id);
    CHECK_THROWS_AS(registrations.accept(id, {.name = "weather"}), gs::ConflictError);
    CHECK_THROWS_AS(registrations.discard("nothing"), gs::NotFoundError);
    CHECK(registrations.submit({.username = "weather"}) != id);
    CHECK(registrations.pending().size() == 1);
}
