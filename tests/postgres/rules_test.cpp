// SPDX-License-Identifier: MIT

#include "postgres/either_backend.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

struct User {
    std::string name;
    int number = 0;
    bool active = true;
    std::optional<std::string> boss{};
    std::string created{};
    friend bool operator==(const User&, const User&) = default;
};
void to_json(nlohmann::json& json, const User& user) {
    json = nlohmann::json::object();
    json["name"] = user.name;
    json["number"] = user.number;
    json["active"] = user.active;
    json["boss"] = nullptr;
    if (user.boss) json["boss"] = *user.boss;
    json["meta"]["created"] = user.created;
}
void from_json(const nlohmann::json& json, User& user) {
    json.at("name").get_to(user.name);
    json.at("number").get_to(user.number);
    json.at("active").get_to(user.active);
    user.boss.reset();
    if (json.contains("boss") && json["boss"].is_string()) user.boss = json["boss"].get<std::string>();
    if (json.contains("meta")) user.created = json["meta"].value("created", "");
}

namespace user {
constexpr auto name = gs::field<&User::name>;
constexpr auto number = gs::field<&User::number>;
constexpr auto active = gs::field<&User::active>;
constexpr auto boss = gs::field<&User::boss>;
const auto created = gs::path<std::string>("meta", "created");
}  // namespace user

using Table = gs::DocumentTable<User>;

using InMemory = gridone_tests::TablesInMemory<User>;
using InPostgres = gridone_tests::TablesInPostgres<User>;

const Table plain = gs::document_table<User>("users");

std::string rule_broken(auto&& call) {
    return error_of<gs::ConstraintError>(call).constraint();
}

}  // namespace

TEMPLATE_TEST_CASE("a unique rule refuses a second document with the same values, whatever writes it", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::name).unique(user::number, user::active));
    users.write("a", {"ann", 1});
    users.write("b", {"bob", 2});
    const std::string by_name = "users_name_key";
    CHECK(rule_broken([&] { users.write("c", {"ann", 3}); }) == by_name);
    CHECK(rule_broken([&] { users.insert("c", {"ann", 3}); }) == by_name);
    CHECK(rule_broken([&] { users.replace("b", {"ann", 3}); }) == by_name);
    CHECK(rule_broken([&] { users.patch("b", user::name.set("ann")); }) == by_name);
    CHECK(rule_broken([&] { users.edit("b", [](User& user) { user.name = "ann"; }); }) == by_name);
    CHECK(rule_broken([&] { users.write_many({{"c", {"cid", 3}}, {"d", {"ann", 4}}}); }) == by_name);
    CHECK(rule_broken([&] { users.insert_many({{"c", {"cid", 3}}, {"d", {"ann", 4}}}); }) == by_name);
    CHECK(rule_broken([&] { users.write("c", {"cid", 2}); }) == "users_number_active_key");
    CHECK_NOTHROW(users.write("c", {"cid", 2, false}));
    CHECK_NOTHROW(users.write("a", {"ann", 7}));
    CHECK(users.list_all() == std::vector<std::string>{"a", "b", "c"});
    CHECK_THROWS_AS(users.insert("a", {"ann", 7}), gs::AlreadyExistsError);
    CHECK(users.insert_missing({{"d", {"ann", 9}}, {"e", {"eve", 9}}, {"f", {"eve", 10}}}) ==
          std::vector<std::string>{"e"});
    CHECK_NOTHROW(users.remove("a"));
    CHECK_NOTHROW(users.insert("z", {"ann", 7}));
}

TEMPLATE_TEST_CASE("a unique rule with a condition is about the documents that meet it", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::name, where(user::active == true && user::boss.is_null())));
    users.write("a", {"ann", 1});
    CHECK_NOTHROW(users.write("b", {"ann", 1, false}));
    CHECK_NOTHROW(users.write("c", {"ann", 1, true, "a"}));
    CHECK(rule_broken([&] { users.write("d", {"ann", 1}); }) == "users_name_key");
    CHECK(rule_broken([&] { users.patch("b", user::active.set(true)); }) == "users_name_key");
    CHECK(rule_broken([&] { users.patch("c", user::boss.unset()); }) == "users_name_key");
}

TEMPLATE_TEST_CASE("documents without a value never collide", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::boss).unique(gs::path<int>("missing")));
    users.write("a", {"ann", 1});
    CHECK_NOTHROW(users.write("b", {"bob", 1}));
    users.write("c", {"cid", 1, true, "x"});
    CHECK(rule_broken([&] { users.write("d", {"dan", 1, true, "x"}); }) == "users_boss_key");
}

TEMPLATE_TEST_CASE("insert_or_find finds by id and by unique rule", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::name));
    CHECK(users.insert_or_find("a", {"ann", 1}).inserted);
    const auto by_id = users.insert_or_find("a", {"bob", 2});
    CHECK_FALSE(by_id.inserted);
    CHECK(by_id.document.value == User{"ann", 1});
    const auto by_name = users.insert_or_find("b", {"ann", 2});
    CHECK_FALSE(by_name.inserted);
    CHECK(by_name.document.id == "a");
    CHECK(by_name.document.value == User{"ann", 1});
    CHECK(by_name.document.version == users.read_document("a").version);
    CHECK(users.count() == 1);
}

TEMPLATE_TEST_CASE("upsert_by writes over the document with the same value, or makes one", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::name).insert_only(user::created));
    const auto made = users.upsert_by(user::name, "a", {"ann", 1, true, {}, "monday"});
    CHECK(made.inserted);
    CHECK(made.document.id == "a");
    const auto written = users.upsert_by(user::name, "b", {"ann", 2, true, {}, "tuesday"});
    CHECK_FALSE(written.inserted);
    CHECK(written.document.id == "a");
    CHECK(written.document.value == User{"ann", 2, true, {}, "monday"});
    CHECK(written.document.version == users.read_document("a").version);
    CHECK(users.read("a") == User{"ann", 2, true, {}, "monday"});
    CHECK_THROWS_AS(users.upsert_by(user::name, "a", {"bob", 3}), gs::AlreadyExistsError);
    CHECK_NOTHROW(users.upsert_by(user::name, "a", {"ann", 3}));
    CHECK_THROWS_AS(users.upsert_by(user::number, "c", {"cid", 3}), gs::UsageError);
    CHECK(users.list_all() == std::vector<std::string>{"a"});
}

TEMPLATE_TEST_CASE("a reference to nothing is refused", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.references(user::boss, "users", gs::on_delete::refuse));
    users.write("a", {"ann", 1});
    CHECK_NOTHROW(users.write("b", {"bob", 1, true, "a"}));
    const std::string rule = "users_boss_fkey";
    CHECK(rule_broken([&] { users.write("c", {"cid", 1, true, "x"}); }) == rule);
    CHECK(rule_broken([&] { users.patch("b", user::boss.set("x")); }) == rule);
    CHECK(rule_broken([&] { users.insert_many({{"c", {"cid", 1}}, {"d", {"dan", 1, true, "x"}}}); }) == rule);
    CHECK_NOTHROW(users.insert_many({{"c", {"cid", 1, true, "d"}}, {"d", {"dan", 1, true, "d"}}}));
    CHECK(rule_broken([&] { users.remove("a"); }) == rule);
    CHECK_NOTHROW(users.patch("b", user::boss.set(std::nullopt)));
    CHECK(users.remove("a"));
    CHECK(users.remove_many({"c", "d"}) == 2);
}

TEMPLATE_TEST_CASE("what refers to a removed document goes with it, or forgets it", "", InMemory, InPostgres) {
    TestType backend;
    auto bosses = backend.storage(gs::document_table<User>("bosses"));
    auto cascading = backend.storage(
        gs::document_table<User>("cascading").references(user::boss, bosses.table(), gs::on_delete::cascade));
    auto forgetting = backend.storage(gs::document_table<User>("forgetting")
                                          .references(user::boss, bosses.table(), gs::on_delete::set_null)
                                          .with_revision_column());
    bosses.write_many({{"x", {"x", 1}}, {"y", {"y", 1}}});
    cascading.write_many({{"1", {"ann", 1, true, "x"}}, {"2", {"bob", 1, true, "y"}}, {"3", {"cid", 1}}});
    const auto versions =
        forgetting.write_many({{"1", {"ann", 1, true, "x"}}, {"2", {"bob", 1, true, "y"}}, {"3", {"cid", 1}}});
    CHECK(bosses.remove("x"));
    CHECK(cascading.list_all() == std::vector<std::string>{"2", "3"});
    CHECK(forgetting.read("1") == User{"ann", 1});
    CHECK(forgetting.read_document("1").version != versions[0]);
    CHECK(forgetting.read("2") == User{"bob", 1, true, "y"});
    CHECK(forgetting.read_document("2").version == versions[1]);
    CHECK(bosses.clear() == 1);
    CHECK(cascading.list_all() == std::vector<std::string>{"3"});
    CHECK_FALSE(forgetting.read("2").boss);
}

TEMPLATE_TEST_CASE("documents that refer to others of their own table go along, or forget", "", InMemory, InPostgres) {
    TestType backend;
    const auto action = GENERATE(gs::on_delete::cascade, gs::on_delete::set_null);
    auto users = backend.storage(plain.references(user::boss, plain, action));
    users.insert_many(
        {{"a", {"ann", 1, true, "a"}}, {"b", {"bob", 1, true, "a"}}, {"c", {"cid", 1, true, "b"}}, {"d", {"dan", 1}}});
    CHECK(users.remove("a"));
    if (action == gs::OnDelete::cascade) {
        CHECK(users.list_all() == std::vector<std::string>{"d"});
    } else {
        CHECK(users.list_all() == std::vector<std::string>{"b", "c", "d"});
        CHECK_FALSE(users.read("b").boss);
        CHECK(users.read("c").boss == "b");
    }
    CHECK(users.clear() > 0);
    CHECK(users.count() == 0);
}

TEMPLATE_TEST_CASE("fields that only an insert sets are kept by later writes, and refused in a patch", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.insert_only(user::created, user::number));
    const User first{"ann", 1, true, {}, "monday"};
    const User second{"bob", 2, false, {}, "tuesday"};
    const User kept{"bob", 1, false, {}, "monday"};
    const auto check = [&](auto&& write) {
        users.write("a", first);
        write();
        CHECK(users.read("a") == kept);
        users.remove("a");
    };
    check([&] { users.write("a", second); });
    check([&] { users.replace("a", second); });
    check([&] { users.replace("a", second, gs::if_version(users.read_document("a").version)); });
    check([&] { users.write_many({{"a", second}, {"z", second}}); });
    check([&] { CHECK(users.edit("a", [&](User& user) { user = second; }).value == kept); });
    users.write("a", first);
    CHECK(error_of<gs::InvalidInputError>([&] { users.patch("a", user::created.set("x")); }).pointer() ==
          "/meta/created");
    CHECK_THROWS_AS(users.patch("a", gs::path<nlohmann::json>("meta").unset()), gs::InvalidInputError);
    CHECK_THROWS_AS(users.patch("a", gs::path<int>("meta", "created", "deeper").set(1)), gs::InvalidInputError);
    CHECK_NOTHROW(users.patch("a", user::name.set("bob")));
    CHECK(users.read("a").created == "monday");
    CHECK(users.read("z") == second);
}

TEMPLATE_TEST_CASE("with a revision column a write of equal content is another version", "", InMemory, InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.with_revision_column());
    const auto first = users.write("a", {"ann", 1});
    const auto second = users.write("a", {"ann", 1});
    CHECK(first != second);
    CHECK_THROWS_AS(users.replace("a", {"bob", 1}, gs::if_version(first)), gs::VersionConflictError);
    const auto third = users.replace("a", {"ann", 1}, gs::if_version(second));
    CHECK(users.patch("a", user::number.increment(0)) != third);
    users.remove("a");
    CHECK(users.insert("a", {"ann", 1}) != first);
    std::size_t seen = 0;
    users.for_each([&](const gs::Document<User>& document) {
        ++seen;
        CHECK(document.version == users.read_document("a").version);
    });
    CHECK(seen == 1);
}

TEST_CASE("in a table with a revision column a write past the library is noticed as well") {
    InPostgres backend;
    auto users = backend.storage(plain.with_revision_column());
    const auto seen = users.write("a", {"ann", 1});
    by_hand(backend.url, R"(UPDATE users SET data = jsonb_set(data, '{name}', '"bob"'))");
    CHECK_THROWS_AS(users.replace("a", {"cid", 1}, gs::if_version(seen)), gs::VersionConflictError);
}

TEST_CASE("a unique rule over documents that already break it is a SchemaError, and nothing is done") {
    InPostgres backend;
    auto users = backend.storage(plain);
    users.write_many({{"a", {"ann", 1}}, {"b", {"ann", 2}}});
    const auto error = error_of<gs::SchemaError>([&] {
        gs::BaseSchemaManager{backend.database, {plain.unique(user::number).unique(user::name)}}.ensure_schema();
    });
    CHECK(error.sqlstate() == "23505");
    CHECK(std::string{error.what()}.find(
              "statement 3 of 3 (unique index users_name_key of table public.users) failed") != std::string::npos);
    CHECK(by_hand(backend.url, "SELECT count(*) FROM pg_indexes WHERE tablename = 'users'")[0][0].as<int>() == 1);
    users.remove("b");
    CHECK_NOTHROW(gs::BaseSchemaManager{backend.database, {plain.unique(user::name)}}.ensure_schema());
    auto ruled = gs::PostgresStorageBackend<User>{backend.database, plain.unique(user::name)};
    CHECK(rule_broken([&] { ruled.write("c", {"ann", 1}); }) == "users_name_key");
}

TEST_CASE("a database in memory has one description of each table") {
    InMemory backend;
    auto users = backend.storage(plain.unique(user::name));
    CHECK_NOTHROW(backend.storage(plain.unique(user::name)));
    CHECK_THROWS_AS(backend.storage(plain), gs::UsageError);
}

TEMPLATE_TEST_CASE("fields and tables of any name have rules", "", InMemory, InPostgres) {
    TestType backend;
    const auto hostile = [](const char* key) { return gs::path<std::string>("o'brien \"\\\" $1 {,}", key); };
    Table table =
        gs::document_table<User>({.table_name = "it's; a \"table\" with a long name, longer than most of them"});
    table = table.unique(hostile("0"))
                .unique(hostile("e\u0301"))
                .references(hostile("boss"), table, gs::on_delete::set_null)
                .insert_only(hostile("\\"));
    auto users = backend.storage(table);
    users.write("a", {"ann", 1});
    users.patch("a", hostile("0").set("x"), hostile("boss").set("a"), hostile("e\u0301").set("it's"));
    users.write("b", {"bob", 1});
    CHECK(rule_broken([&] { users.patch("b", hostile("0").set("x")); }) == table.rules().unique[0].name);
    CHECK(rule_broken([&] { users.patch("b", hostile("e\u0301").set("it's")); }) == table.rules().unique[1].name);
    CHECK_NOTHROW(users.patch("b", hostile("\u00e9").set("it's"), hostile("boss").set("a")));
    CHECK(rule_broken([&] { users.patch("b", hostile("boss").set("c")); }) == table.rules().references[0].name);
    CHECK(users.remove("a"));
    CHECK_NOTHROW(users.patch("b", hostile("0").set("x")));
    CHECK_THROWS_AS(users.patch("b", hostile("\\").set("x")), gs::InvalidInputError);
}

TEMPLATE_TEST_CASE("callers who write one new document at once are not in the way of each other", "", InMemory,
                   InPostgres) {
    TestType backend;
    auto users = backend.storage(plain.unique(user::name).unique(user::number));
    constexpr std::size_t callers = 4;
    constexpr int rounds = 300;
    std::atomic<int> refused = 0;
    std::atomic<int> inserted = 0;
    std::barrier start{std::ptrdiff_t{callers}};
    {
        std::vector<std::jthread> threads;
        for (std::size_t caller = 0; caller < callers; ++caller) {
            threads.emplace_back([&, caller] {
                for (int round = 0; round < rounds; ++round) {
                    const std::string id = std::to_string(round);
                    start.arrive_and_wait();
                    try {
                        users.upsert_by(user::name, "u" + id + "of" + std::to_string(caller), {"u" + id, 3 * round});
                        users.write("w" + id, {"w" + id, 3 * round + 1});
                        users.insert("i" + id, {"i" + id, 3 * round + 2});
                        ++inserted;
                    } catch (const gs::AlreadyExistsError&) {
                    } catch (const gs::ConstraintError&) {
                        ++refused;
                    }
                }
            });
        }
    }
    CHECK(refused == 0);
    CHECK(inserted == rounds);
}
