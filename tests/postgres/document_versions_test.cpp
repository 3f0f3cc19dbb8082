// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using Json = nlohmann::json;

namespace {

/// 1: {"name": "Ada Lovelace", "mail": …}. 2: first and last name apart. 3: the mail is called email, and may be missing.
void split_name(Json& user) {
    const std::string name = user.at("name").get<std::string>();
    const std::size_t space = name.find(' ');
    user["first"] = name.substr(0, space);
    user["last"] = space == std::string::npos ? "" : name.substr(space + 1);
    user.erase("name");
}
void rename_mail(Json& user) {
    user["email"] = user.value("mail", "");
    user.erase("mail");
}

struct User {
    std::string first;
    std::string last;
    std::string email;
    int logins = 0;
    using json_members = gs::JsonMembersWithDefaults<&User::first, &User::last, &User::email, &User::logins>;
    using document_versions = gs::DocumentVersions<gs::Upcaster<1, &split_name>, gs::Upcaster<2, &rename_mail>>;

    friend bool operator==(const User&, const User&) = default;
};
const User ada{"Ada", "Lovelace", "ada@example.org", 0};

struct First {
    int logins = 0;
    using document_versions = gs::DocumentVersions<>;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(First, logins)

/// The same by nlohmann's conversions, and by hooks.
struct TreeUser {
    std::string first;
    std::string email;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TreeUser, first, email)
struct PlainUser {
    std::string first;
};
struct PlainUserCodec {
    gs::RawJson serialize(const PlainUser& user) const { return {Json{{"first", user.first}}.dump()}; }
    PlainUser deserialize(gs::RawJsonView text) const { return {Json::parse(text.text).at("first")}; }
};

struct Summary {
    std::string email;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Summary, email)

/// Shows whatever it is given.
struct Part {
    nlohmann::json seen = {{"email", ""}};
};
void to_json(nlohmann::json& json, const Part& part) {
    json = part.seen;
}
void from_json(const nlohmann::json& json, Part& part) {
    part.seen = json;
}

namespace user {
constexpr auto email = gs::field<&User::email>;
constexpr auto logins = gs::field<&User::logins>;
}  // namespace user

const Json version_1{{"name", "Ada Lovelace"}, {"mail", "ada@example.org"}, {"note", "kept"}};
const Json version_2{{"first", "Ada"}, {"last", "Lovelace"}, {"mail", "ada@example.org"}, {"document_version", 2}};
const Json version_3{
    {"first", "Ada"}, {"last", "Lovelace"}, {"email", "ada@example.org"}, {"logins", 0}, {"document_version", 3}};

/// The same on both backends: users, and their documents as they are stored.
void on_both(auto&& f) {
    for (const std::string& url : {std::string{"memory:"}, shared_server().create_database()}) {
        INFO(url.substr(0, url.find(':')));
        const gs::Database database = gs::open_database(url);
        auto documents = database.storage(gs::document_table<Json>("users"));
        auto users = database.storage(gs::document_table<User>("users"));
        database.ensure_schema();
        f(users, documents, database);
    }
}

}  // namespace

template <>
struct gridone::storage::DocumentVersionsOf<TreeUser> {
    using type = User::document_versions;
};
template <>
struct gridone::storage::DocumentVersionsOf<PlainUser> {
    using type = User::document_versions;
};

TEST_CASE("documents of every version are read as those of the last, and stored as they are") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        documents.write_many({{"1", version_1}, {"2", version_2}, {"3", version_3}});
        for (const std::string id : {"1", "2", "3"}) {
            CHECK(users.read(id) == ada);
            CHECK(users.read_document(id).value == ada);
        }
        CHECK(users.read_all() == std::vector{ada, ada, ada});
        CHECK(users.read_many({"2", "1"}) == std::vector<std::optional<User>>{ada, ada});
        CHECK(users.query().all().size() == 3);
        CHECK(users.query().order_by(gs::id_field).first()->value == ada);
        for (const auto& summary : users.query().template select<Summary>()) CHECK(summary.value.email == ada.email);
        for (const auto& part : users.query().template select<Part>())
            CHECK(part.value.seen == nlohmann::json{{"email", ada.email}});
        for (const auto& part : users.query().limit(3).template page<Part>().items)
            CHECK(part.value.seen == nlohmann::json{{"email", ada.email}});
        users.for_each([](const gs::Document<User>& document) { CHECK(document.value == ada); });
        CHECK(documents.read("1") == version_1);
        CHECK(documents.read("2") == version_2);
    });
}

TEST_CASE("what is written is of the last version") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        users.write("a", ada);
        users.insert("b", ada);
        users.write_many({{"c", ada}});
        users.replace("a", ada);
        for (const std::string id : {"a", "b", "c"}) {
            CHECK(documents.read(id) == version_3);
            CHECK(users.read(id) == ada);
        }
    });
}

TEST_CASE("an edit of an old document stores it as one of the last version, and keeps what the model does not know") {
    on_both([](auto& users, auto& documents, const gs::Database& database) {
        documents.write("1", version_1);
        CHECK(users.edit("1", [](User&) {}).value == ada);
        CHECK(documents.read("1") == version_1);
        users.edit("1", [](User& it) { ++it.logins; });
        Json expected = version_3;
        expected["logins"] = 1;
        expected["note"] = "kept";
        CHECK(documents.read("1") == expected);
        users.edit("1", [](User& it) { ++it.logins; });
        documents.write("2", version_2);
        database.transaction([&](gs::Transaction& tx) { users.in(tx).edit("2", [](User& it) { it.logins = 7; }); });
        CHECK(users.read("1").logins == 2);
        CHECK(users.read("2").logins == 7);
        CHECK(documents.read("2")["document_version"] == 3);
    });
}

TEST_CASE("a patch is of the fields of the last version, whatever is stored") {
    on_both([](auto& users, auto& documents, const gs::Database& database) {
        documents.write_many({{"1", version_1}, {"2", version_2}, {"3", version_3}});
        for (const std::string id : {"1", "2", "3"}) {
            const gs::Version version = users.patch(id, user::email.set("lady@example.org"), user::logins.increment(1));
            CHECK(users.read_document(id).version == version);
            CHECK(users.read(id) == User{"Ada", "Lovelace", "lady@example.org", 1});
            CHECK(documents.read(id)["document_version"] == 3);
        }
        CHECK(documents.read("1")["note"] == "kept");
        CHECK_THROWS_AS(users.patch("none", user::logins.set(1)), gs::NotFoundError);
        CHECK_THROWS_AS(users.patch("1", user::email.unset(), user::logins.increment(std::int64_t{1} << 62U)),
                        gs::InvalidInputError);
        documents.write("1", version_1);
        database.transaction([&](gs::Transaction& tx) { users.in(tx).patch("1", user::logins.set(3)); });
        CHECK(users.read("1").logins == 3);
    });
}

TEST_CASE("a patch under a version is of the document as it is stored, of whatever version of the model") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        documents.write_many({{"1", version_1}, {"2", version_2}, {"3", version_3}});
        for (const std::string id : {"1", "2", "3"}) {
            const gs::Version seen = users.read_document(id).version;
            const gs::Version now = users.patch(id, gs::if_version(seen), user::logins.increment(1));
            CHECK(users.read_document(id).version == now);
            CHECK(users.read(id).logins == ada.logins + 1);
            CHECK(documents.read(id).at("document_version") == 3);
            CHECK_THROWS_AS(users.patch(id, gs::if_version(seen), user::logins.set(0)), gs::VersionConflictError);
            CHECK_THROWS_AS(users.patch(id, gs::if_version(now), user::logins.increment(std::int64_t{1} << 62U)),
                            gs::InvalidInputError);
            CHECK(users.read(id).logins == ada.logins + 1);
        }
        const gs::Version any = users.read_document("1").version;
        CHECK_THROWS_AS(users.patch("none", gs::if_version(any), user::logins.set(1)), gs::NotFoundError);
    });
}

TEST_CASE("a patch over a query makes current what the query finds") {
    on_both([](auto& users, auto& documents, const gs::Database& database) {
        documents.write_many({{"1", version_1}, {"2", version_2}, {"3", version_3}});
        CHECK(users.query().patch(user::email.set("x")) == 3);
        for (const std::string id : {"1", "2", "3"}) CHECK(users.read(id).email == "x");
        documents.write_many({{"1", version_1}, {"2", version_2}});
        const auto patched = users.query()
                                 .where(gs::id_field < "3")
                                 .order_by(gs::id_field)
                                 .limit(1)
                                 .patch_documents(user::logins.set(5));
        REQUIRE(patched.size() == 1);
        CHECK(patched[0].value == User{"Ada", "Lovelace", "ada@example.org", 5});
        CHECK(documents.read("2") == version_2);
        database.transaction([&](gs::Transaction& tx) { users.in(tx).query().patch(user::logins.set(9)); });
        for (const std::string id : {"1", "2", "3"}) CHECK(users.read(id).logins == 9);
    });
}

TEST_CASE("upgrade_all makes every old document current, in batches, and reports its progress") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        for (int i = 0; i < 25; ++i) {
            documents.write("a" + std::to_string(100 + i), i % 3 == 0 ? version_1 : i % 3 == 1 ? version_2 : version_3);
        }
        std::vector<std::size_t> progress;
        CHECK(users.upgrade_all({.batch = 10, .on_progress = [&](std::size_t n) { progress.push_back(n); }}) == 17);
        CHECK(progress == std::vector<std::size_t>{10, 17});
        for (const auto& document : documents.read_all()) CHECK(document["document_version"] == 3);
        CHECK(users.read_all() == std::vector<User>(25, ada));
        CHECK(users.upgrade_all() == 0);
        CHECK_THROWS_AS(users.upgrade_all({.batch = 0}), gs::InvalidInputError);
        documents.write("a100", version_1);
        CHECK_THROWS_AS(users.upgrade_all({.on_progress = [](std::size_t) { throw std::logic_error{"mine"}; }}),
                        std::logic_error);
        CHECK(documents.read("a100")["document_version"] == 3);
    });
}

TEST_CASE("a document of the future, or of no version, is told as such, and left alone") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        Json future = version_3;
        future["document_version"] = 4;
        Json none = version_3;
        none["document_version"] = "three";
        Json broken = version_1;
        broken["name"] = 7;
        documents.write_many({{"broken", broken}, {"future", future}, {"none", none}, {"ok", version_1}});
        const auto error = error_of<gs::DecodeError>([&] { (void)users.read("future"); });
        CHECK(error.pointer() == "/document_version");
        CHECK(std::string{error.what()}.find("is of version 4, which a newer program wrote") != std::string::npos);
        CHECK(error_of<gs::DecodeError>([&] { (void)users.read("none"); }).pointer() == "/document_version");
        CHECK(std::string{error_of<gs::DecodeError>([&] { (void)users.read("broken"); }).what()}.find("of version 1") !=
              std::string::npos);
        CHECK_THROWS_AS(users.edit("future", [](User&) {}), gs::DecodeError);
        CHECK_THROWS_AS(users.patch("future", user::logins.set(1)), gs::DecodeError);
        for (const std::string id : {"future", "none"}) {
            const auto one = users.query().where(gs::id_field == id);
            CHECK(error_of<gs::DecodeError>([&] { one.patch(user::logins.set(1)); }).id() == id);
        }
        CHECK_THROWS_AS(users.query().patch(user::logins.set(1)), gs::DecodeError);
        CHECK(documents.read("ok") == version_1);
        CHECK_THROWS_AS(users.upgrade_all(), gs::DecodeError);
        std::vector<gs::DecodeError> reports;
        CHECK(users.upgrade_all({}, gs::collect_broken(reports)) == 1);
        CHECK(reports.size() == 2);  // one of the future is none of its business
        CHECK(documents.read("future") == future);
        CHECK(documents.read("broken") == broken);
        CHECK(users.read("ok") == ada);
    });
}

TEST_CASE("what is no object is no document of a model with versions, and no call asks for it for ever") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        documents.write("a", Json::array({1}));
        CHECK_THROWS_AS(users.read("a"), gs::DecodeError);
        CHECK_THROWS_AS(users.patch("a", user::logins.set(1)), gs::DecodeError);
        CHECK_THROWS_AS(users.query().patch(user::logins.set(1)), gs::DecodeError);
        CHECK_THROWS_AS(users.edit("a", [](User&) {}), gs::DecodeError);
        CHECK(documents.read("a") == Json::array({1}));
    });
}

TEST_CASE("what an upcaster makes and cannot be stored is broken, and what comes after it is made current") {
    on_both([](auto& users, auto& documents, const gs::Database& database) {
        Json large = version_1;
        large["name"] = "Ada " + std::string(2000, 'x');
        documents.write_many({{"a", version_1}, {"b", large}, {"c", version_1}});
        auto limited = database.storage(gs::document_table<User>("users").with_limits({.max_bytes = 2000}));
        std::vector<gs::DecodeError> reports;
        CHECK(limited.upgrade_all({.batch = 1}, gs::collect_broken(reports)) == 2);
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].id() == "b");
        CHECK(users.upgrade_all() == 1);
    });
}

TEST_CASE("a broken document whose id is empty is passed once") {
    const std::string url = shared_server().create_database();
    const gs::Database database = gs::open_database(url);
    auto users = database.storage(gs::document_table<User>("users"));
    database.ensure_schema();
    by_hand(url, "INSERT INTO users VALUES ('', '{\"document_version\": \"x\"}'), ('a', '{\"name\": \"Ada\"}')");
    std::size_t reports = 0;
    CHECK(users.within(std::chrono::seconds{20}).upgrade_all({.batch = 1}, [&](const gs::DecodeError&) {
        ++reports;
    }) == 1);
    CHECK(reports == 1);
}

TEST_CASE("a model may begin with a list of no upcasters") {
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Json> documents{database, "firsts"};
    gs::MemoryStorageBackend<First> firsts{database, "firsts"};
    documents.write_many({{"a", {{"logins", 1}}}, {"b", {{"logins", 1}}}});
    firsts.patch("a", gs::field<&First::logins>.increment(1));
    CHECK(documents.read("a") == Json{{"logins", 2}, {"document_version", 1}});
    firsts.write("c", {5});
    CHECK(firsts.upgrade_all() == 1);
    CHECK(documents.read("b") == Json{{"logins", 1}, {"document_version", 1}});
}

TEST_CASE("a stop ends the rest between two batches") {
    on_both([](auto& users, auto& documents, const gs::Database&) {
        documents.write_many({{"1", version_1}, {"2", version_1}});
        std::stop_source stop;
        const gs::UpgradeOptions slowly{
            .batch = 1, .pause = std::chrono::hours{1}, .on_progress = [&](std::size_t) { stop.request_stop(); }};
        CHECK_THROWS_AS(users.within(stop.get_token()).upgrade_all(slowly), gs::CancelledError);
        CHECK(documents.read("1")["document_version"] == 3);
        CHECK(documents.read("2") == version_1);
    });
}

TEST_CASE("the versions of a struct that lists none stand beside it, with any kind of conversion") {
    const gs::Database database = gs::open_database("memory:");
    auto documents = database.storage(gs::document_table<Json>("users"));
    const auto trees = gs::document_table<TreeUser>("users");
    auto tree = database.storage(trees);
    gs::MemoryStorageBackend<PlainUser, PlainUserCodec> plain;
    plain.write("a", {"Ada"});
    CHECK(plain.read("a").first == "Ada");
    plain.edit("a", [](PlainUser& it) { it.first = "Augusta"; });
    CHECK(plain.read("a").first == "Augusta");
    documents.write("1", version_1);
    CHECK(tree.read("1").email == ada.email);
    tree.write("1", {"Ada", "x"});
    CHECK(documents.read("1") == Json{{"first", "Ada"}, {"email", "x"}, {"document_version", 3}});
}

TEST_CASE(
    "what only an insert sets is kept under its keys, and what had another name in older versions by edit alone") {
    for (const std::string& url : {std::string{"memory:"}, shared_server().create_database()}) {
        INFO(url.substr(0, url.find(':')));
        const gs::Database database = gs::open_database(url);
        auto users = database.storage(gs::document_table<User>("users").insert_only(user::email));
        auto documents =
            database.storage(gs::document_table<Json>("users").insert_only(gs::path<std::string>("email")));
        database.ensure_schema();
        const User other{"Ada", "King", "other@example.org", 1};
        users.write("current", ada);
        users.write("current", other);
        CHECK(users.read("current").email == ada.email);
        users.edit("current", [&](User& changed) { changed = other; });
        CHECK(users.read("current").email == ada.email);

        documents.write("edited", version_1);
        users.edit("edited", [&](User& changed) { changed = other; });
        CHECK(users.read("edited").email == ada.email);
        documents.write("written", version_1);
        users.write("written", other);
        CHECK(users.read("written").email.empty());
        documents.write("patched", version_1);
        users.patch("patched", user::logins.set(2));
        CHECK(users.read("patched") == User{"Ada", "Lovelace", ada.email, 2});
        documents.write("found and patched", version_1);
        users.query().where(gs::id_field == "found and patched").patch(user::logins.set(2));
        CHECK(users.read("found and patched") == User{"Ada", "Lovelace", ada.email, 2});
        documents.write("upgraded", version_1);
        users.upgrade_all();
        CHECK(users.read("upgraded") == ada);
    }
}
