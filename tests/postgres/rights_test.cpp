// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Storage = gs::PostgresStorageBackend<Widget>;
using Pairs = std::vector<std::pair<std::string, Widget>>;

enum Right : unsigned { select_right = 1, insert_right = 2, update_right = 4, delete_right = 8 };
constexpr unsigned all_rights = 15;

struct Operation {
    std::string name;
    unsigned needs;
    std::function<void(Storage&)> call;
};

const Widget bolt{"bolt", 1};
const Pairs fresh{{"x", {"x", 1}}, {"y", {"y", 2}}};
const auto size_of = gs::path<int>("size");

/// The table "Rights" in the doc comment of `PostgresStorageBackend`, operation by operation.
std::vector<Operation> operations() {
    using S = Storage;
    constexpr unsigned reads = select_right;
    constexpr unsigned inserts = select_right | insert_right;
    constexpr unsigned updates = select_right | update_right;
    constexpr unsigned upserts = select_right | insert_right | update_right;
    constexpr unsigned deletes = select_right | delete_right;
    return {
        {"read", reads, [](S& s) { (void)s.read("a"); }},
        {"read_document", reads, [](S& s) { (void)s.read_document("a"); }},
        {"find", reads, [](S& s) { (void)s.find("a"); }},
        {"contains", reads, [](S& s) { (void)s.contains("a"); }},
        {"count", reads, [](S& s) { (void)s.count(); }},
        {"list_all", reads, [](S& s) { (void)s.list_all(); }},
        {"read_all", reads, [](S& s) { (void)s.read_all(); }},
        {"read_many", reads, [](S& s) { (void)s.read_many({"a", "b"}); }},
        {"for_each", reads, [](S& s) { s.for_each([](const auto&) {}); }},
        {"query.all", reads, [](S& s) { (void)s.query(gs::query<Widget>().where(size_of > 0)).all(); }},
        {"query.count", reads, [](S& s) { (void)s.query().count(); }},
        {"insert", inserts, [](S& s) { s.insert("x", bolt); }},
        {"insert_many", inserts, [](S& s) { s.insert_many(fresh); }},
        {"insert_missing", inserts, [](S& s) { s.insert_missing(fresh); }},
        {"insert_or_find", inserts, [](S& s) { (void)s.insert_or_find("x", bolt); }},
        {"insert_many of a load", insert_right, [](S& s) { s.insert_many(fresh, gs::LoadOptions{}); }},
        {"replace", updates, [](S& s) { s.replace("a", bolt); }},
        {"patch", updates, [](S& s) { s.patch("a", size_of.increment(1)); }},
        {"edit", updates, [](S& s) { s.edit("a", [](Widget& widget) { ++widget.size; }); }},
        {"read_for_update", updates,
         [](S& s) { s.transaction([&](gs::Transaction& tx) { (void)s.in(tx).read_for_update("a"); }); }},
        {"query.patch", updates,
         [](S& s) { (void)s.query(gs::query<Widget>().where(size_of > 0)).patch(size_of.set(5)); }},
        {"write", upserts, [](S& s) { s.write("a", bolt); }},
        {"write_many", upserts, [](S& s) { s.write_many(fresh); }},
        {"write_many of a load", upserts,
         [](S& s) { s.write_many(Pairs{{"y", bolt}, {"a", bolt}}, gs::LoadOptions{}); }},
        {"remove", deletes, [](S& s) { (void)s.remove("a"); }},
        {"remove_many", deletes | update_right, [](S& s) { (void)s.remove_many({"a", "b"}); }},
        {"query.remove", deletes | update_right,
         [](S& s) { (void)s.query(gs::query<Widget>().where(size_of > 0)).remove(); }},
        {"clear", delete_right, [](S& s) { (void)s.clear(); }},
    };
}

class Roles {
public:
    Roles() {
        gs::BaseSchemaManager{manager_, {gs::document_table<Widget>("widgets")}}.ensure_schema();
        for (unsigned rights = 0; rights <= all_rights; ++rights) {
            std::string grants;
            for (const auto& [right, name] : names_) {
                if ((rights & right) != 0) grants += (grants.empty() ? "" : ", ") + std::string{name};
            }
            by_hand(url_, "CREATE ROLE " + role(rights) +
                              (grants.empty() ? "" : "; GRANT " + grants + " ON widgets TO " + role(rights)));
        }
    }
    Roles(const Roles&) = delete;
    Roles& operator=(const Roles&) = delete;
    Roles(Roles&&) = delete;
    Roles& operator=(Roles&&) = delete;
    ~Roles() {
        for (unsigned rights = 0; rights <= all_rights; ++rights) {
            by_hand(url_, "DROP OWNED BY " + role(rights) + "; DROP ROLE " + role(rights));
        }
    }

    /// Calls the operation as a role with these rights and no others. @returns whether it was permitted
    bool permits(unsigned rights, const Operation& operation) {
        Storage owner{manager_, "widgets"};
        owner.clear();
        owner.write_many(Pairs{{"a", {"a", 1}}, {"b", {"b", 2}}});
        const gs::PostgresConnectionManager manager{url_ + "&options=-crole%3D" + role(rights)};
        Storage storage{manager, "widgets"};
        try {
            operation.call(storage);
            return true;
        } catch (const gs::PermissionError& error) {
            CHECK(error.sqlstate() == "42501");
            CHECK(error.details().find("widgets") != std::string::npos);
            CHECK(error.outcome() == gs::Outcome::not_applied);
            return false;
        }
    }

private:
    static std::string role(unsigned rights) { return "rights_" + std::to_string(rights); }

    const std::vector<std::pair<unsigned, const char*>> names_{
        {select_right, "SELECT"}, {insert_right, "INSERT"}, {update_right, "UPDATE"}, {delete_right, "DELETE"}};
    std::string url_ = shared_server().create_database();
    gs::PostgresConnectionManager manager_{url_};
};

}  // namespace

TEST_CASE("each operation works with the rights that its documentation lists, and not with fewer") {
    Roles roles;
    for (const Operation& operation : operations()) {
        CAPTURE(operation.name);
        CHECK(roles.permits(operation.needs, operation));
        for (const unsigned right : {select_right, insert_right, update_right, delete_right}) {
            if ((operation.needs & right) == 0) continue;
            CAPTURE(right);
            CHECK_FALSE(roles.permits(operation.needs & ~right, operation));
        }
    }
}
