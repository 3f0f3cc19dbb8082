// SPDX-License-Identifier: MIT

#include "users/users.hpp"

#include "services/each_database.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using users::Role;
using users::User;
using users::UserStorage;

namespace {

std::vector<std::string> names(const gs::Page<User>& page) {
    std::vector<std::string> names;
    for (const auto& user : page.items) names.push_back(user.value.username);
    return names;
}

}  // namespace

TEST_CASE("a user is found by name and by id as created") {
    EachDatabase<UserStorage> db;
    const std::string id =
        db.storage.create({.username = "ada", .hashed_password = "h", .role = Role::editor, .email = "a@x.org"});
    const auto found = db.storage.by_name("ada");
    REQUIRE(found);
    CHECK(found->id == id);
    CHECK(found->value.hashed_password == "h");
    CHECK(db.storage.read(id).role == Role::editor);
    CHECK_FALSE(db.storage.by_name("Ada"));
}

TEST_CASE("a user name is there once, and the conflict names the rule") {
    EachDatabase<UserStorage> db;
    db.storage.create({.username = "ada"});
    CHECK(error_of<gs::ConstraintError>([&] { db.storage.create({.username = "ada"}); }).constraint() ==
          "users_username_key");
    CHECK(db.storage.list(10).items.size() == 1);
}

TEST_CASE("of threads that create the same user name exactly one wins") {
    EachDatabase<UserStorage> db;
    for (int round = 0; round < 10; ++round) {
        const std::string name = "user " + std::to_string(round);
        std::atomic<int> won = 0;
        std::atomic<int> refused = 0;
        at_once(4, [&](int) {
            try {
                db.storage.create({.username = name});
                ++won;
            } catch (const gs::ConstraintError& error) {
                if (error.constraint() == "users_username_key") ++refused;
            }
        });
        CHECK(won == 1);
        CHECK(refused == 3);
    }
    CHECK(db.storage.list(100).items.size() == 10);
}

TEST_CASE("the first user is created once, by whichever service starts first") {
    EachDatabase<UserStorage> db;
    CHECK(db.storage.is_empty());
    std::atomic<int> created = 0;
    at_once(4, [&](int service) {
        if (db.storage.create_first({.username = "admin " + std::to_string(service)})) ++created;
    });
    CHECK(created == 1);
    CHECK(db.storage.list(10).items.size() == 1);
    CHECK_FALSE(db.storage.is_empty());
    CHECK_FALSE(db.storage.create_first({.username = "another"}));
}

TEST_CASE("an update changes what is given and nothing else") {
    EachDatabase<UserStorage> db;
    const std::string id = db.storage.create({.username = "ada", .hashed_password = "h", .email = "a@x.org"});
    db.storage.update(id, {.role = Role::admin});
    db.storage.update(id, {});
    const User user = db.storage.read(id);
    CHECK(user.role == Role::admin);
    CHECK(user.email == "a@x.org");
    CHECK(user.username == "ada");
    CHECK(user.hashed_password == "h");
}

TEST_CASE("an update to a name that is taken is refused as a whole") {
    EachDatabase<UserStorage> db;
    db.storage.create({.username = "ada"});
    const std::string id = db.storage.create({.username = "bob"});
    CHECK(error_of<gs::ConstraintError>([&] {
              db.storage.update(id, {.username = "ada", .email = "new@x.org"});
          }).constraint() == "users_username_key");
    CHECK(db.storage.read(id).username == "bob");
    CHECK(db.storage.read(id).email.empty());
    CHECK_THROWS_AS(db.storage.update("nobody", {.email = "x"}), gs::NotFoundError);
}

TEST_CASE("a new password ends the duty to change it") {
    EachDatabase<UserStorage> db;
    const std::string id =
        db.storage.create({.username = "ada", .hashed_password = "old", .must_change_password = true});
    db.storage.set_password(id, "new");
    CHECK(db.storage.read(id).hashed_password == "new");
    CHECK_FALSE(db.storage.read(id).must_change_password);
}

TEST_CASE("a user who is blocked while the profile changes stays blocked") {
    EachDatabase<UserStorage> db;
    const std::string id = db.storage.create({.username = "ada"});
    for (int round = 0; round < 50; ++round) {
        const bool blocked = round % 2 == 0;
        const std::string email = std::to_string(round) + "@x.org";
        at_once(2, [&](int thread) {
            if (thread == 0) {
                db.storage.set_blocked(id, blocked);
            } else {
                db.storage.update(id, {.email = email});
            }
        });
        const User user = db.storage.read(id);
        REQUIRE(user.is_blocked == blocked);
        REQUIRE(user.email == email);
    }
}

TEST_CASE("users are listed by name, page by page, whoever comes meanwhile") {
    EachDatabase<UserStorage> db;
    for (const char* name : {"dan", "Bea", "ada", "eve", "cid"}) db.storage.create({.username = name});
    const auto first = db.storage.list(2);
    CHECK(names(first) == std::vector<std::string>{"Bea", "ada"});
    REQUIRE(first.next);
    db.storage.create({.username = "abe"});
    const auto second = db.storage.list(2, gs::Cursor::from_text(first.next->text()));
    CHECK(names(second) == std::vector<std::string>{"cid", "dan"});
    const auto third = db.storage.list(2, second.next);
    CHECK(names(third) == std::vector<std::string>{"eve"});
    CHECK_FALSE(third.next);
}

TEST_CASE("users are counted by role") {
    EachDatabase<UserStorage> db;
    for (const char* name : {"a", "b", "c"}) db.storage.create({.username = name});
    db.storage.create({.username = "d", .role = Role::admin});
    auto counts = db.storage.count_by_role();
    CHECK(counts == std::vector<std::pair<std::optional<Role>, std::size_t>>{{Role::admin, 1}, {Role::viewer, 3}});
}

TEST_CASE("a user who is removed frees the name") {
    EachDatabase<UserStorage> db;
    CHECK(db.storage.remove(db.storage.create({.username = "ada"})));
    CHECK_FALSE(db.storage.remove("nobody"));
    CHECK_FALSE(db.storage.by_name("ada"));
    db.storage.create({.username = "ada"});
}
