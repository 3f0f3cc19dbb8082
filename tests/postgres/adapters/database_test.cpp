// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

const auto widget_name = gs::field<&Widget::name>;
const auto widgets_table = gs::document_table<Widget>("widgets").unique(widget_name);

/// Each test runs on both.
std::string either_url() {
    return GENERATE(true, false) ? "memory:" : shared_server().create_database();
}

/// Hooks of a class that derives.
class AnyGadgets : public gs::AnyStorageBackend<Gadget, AnyGadgets> {
public:
    using AnyStorageBackend::AnyStorageBackend;
    nlohmann::json serialize(const Gadget& gadget) const { return GadgetCodec{}.serialize(gadget); }
    Gadget deserialize(const nlohmann::json& document, std::string_view id) const {
        return GadgetCodec{}.deserialize(document, id);
    }
};

}  // namespace

TEST_CASE("a url decides where the documents of a service are, and nothing else") {
    const gs::Database database = gs::open_database(either_url());
    gs::AnyStorageBackend<Widget> widgets = database.storage(widgets_table);
    database.ensure_schema();
    database.ensure_schema();  // harmless
    database.check();
    widgets.insert("a", {"bolt", 8});
    CHECK(widgets.read("a") == Widget{"bolt", 8});
    CHECK_THROWS_AS(widgets.insert("a", {"nut", 8}), gs::AlreadyExistsError);
    CHECK(error_of<gs::ConstraintError>([&] { widgets.insert("b", {"bolt", 9}); }).constraint() == "widgets_name_key");
    CHECK(database.storage(widgets_table).list_all() == std::vector<std::string>{"a"});
}

TEST_CASE("storages of one database share its transactions, and those of another do not") {
    const std::string url = either_url();
    const gs::Database database = gs::open_database(url);
    gs::AnyStorageBackend<Widget> widgets = database.storage(widgets_table);
    gs::AnyStorageBackend<Gadget, GadgetCodec> gadgets =
        database.storage<GadgetCodec>(gs::document_table<Gadget>("gadgets"));
    database.ensure_schema();
    CHECK_THROWS_AS(database.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 1});
        gadgets.in(tx).write("a", {"a", "label"});
        throw std::runtime_error{"no"};
    }),
                    std::runtime_error);
    CHECK(widgets.count() + gadgets.count() == 0);
    const int size = database.transaction({.read_only = false}, [&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 1});
        gadgets.in(tx).write("a", {"a", "label"});
        return widgets.in(tx).read("a").size;
    });
    CHECK(size == 1);
    CHECK(gadgets.read("a") == Gadget{"a", "label"});
    const gs::Database stranger = gs::open_database(url);
    const gs::AnyStorageBackend<Widget> of_stranger = stranger.storage(widgets_table);
    database.transaction(
        [&](gs::Transaction& tx) { CHECK_THROWS_AS((void)of_stranger.in(tx).read("a"), gs::UsageError); });
}

TEST_CASE("hooks are those that the storage is asked for with, of a struct or of a class that derives") {
    const gs::Database database = gs::open_database(either_url());
    const auto table = gs::document_table<Gadget>("gadgets");
    gs::AnyStorageBackend<Gadget, GadgetCodec> by_codec = database.storage<GadgetCodec>(table);
    AnyGadgets derived = database.storage<AnyGadgets>(table);
    database.ensure_schema();
    by_codec.write("a", {"a", "x"});
    derived.write("b", {"b", "y"});
    CHECK(derived.read_all() == std::vector{Gadget{"a", "x"}, Gadget{"b", "y"}});
    CHECK(derived.query().where(gs::path<std::string>("label") == "y").read() == Gadget{"b", "y"});
}

TEST_CASE("one table under two descriptions is a UsageError") {
    const gs::Database database = gs::open_database(either_url());
    (void)database.storage(widgets_table);
    (void)database.storage(widgets_table);
    const auto error = error_of<gs::UsageError>([&] { (void)database.storage(gs::document_table<Widget>("widgets")); });
    CHECK(error.table() == "widgets");
    CHECK_NOTHROW(database.storage(gs::document_table<Widget>({.table_name = "widgets", .schema_name = "other"})));
}

TEST_CASE("a storage goes on when the last handle to its database is gone") {
    gs::AnyStorageBackend<Widget> widgets = [] {
        const gs::Database database = gs::open_database(either_url());
        auto storage = database.storage(widgets_table);
        database.ensure_schema();
        return storage;
    }();
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.count() == 1);
}

TEST_CASE("after close, every handle and every storage of the database gets PoolClosedError") {
    const gs::Database database = gs::open_database(either_url());
    gs::AnyStorageBackend<Widget> widgets = database.storage(widgets_table);
    database.ensure_schema();
    const gs::Database handle = database;
    database.close();
    database.close();
    CHECK_THROWS_AS(widgets.write("a", {"bolt", 1}), gs::PoolClosedError);
    CHECK_THROWS_AS(handle.check(), gs::PoolClosedError);
    CHECK_THROWS_AS(handle.ensure_schema(), gs::PoolClosedError);
    CHECK_THROWS_AS(handle.transaction([](gs::Transaction&) {}), gs::PoolClosedError);
}

TEST_CASE("ensure_schema makes schemas that are missing, and tables that refer to each other in any order") {
    const std::string url = shared_server().create_database();
    const gs::Database database = gs::open_database(url);
    const auto names = [](std::string table) {
        return gs::TableNames{.table_name = std::move(table), .schema_name = "it's \"plant\""};
    };
    // Each refers to the other, so neither can be the first.
    gs::AnyStorageBackend<Widget> first = database.storage(
        gs::document_table<Widget>(names("first")).references(widget_name, names("second"), gs::on_delete::cascade));
    gs::AnyStorageBackend<Widget> second = database.storage(
        gs::document_table<Widget>(names("second")).references(widget_name, names("first"), gs::on_delete::set_null));
    database.ensure_schema();
    CHECK_THROWS_AS(first.write("a", {"b", 1}), gs::ConstraintError);
    by_hand(url, "INSERT INTO \"it's \"\"plant\"\"\".second VALUES ('b', '{\"size\": 1}')");
    first.write("a", {"b", 1});
    second.remove("b");
    CHECK(first.count() == 0);
}

TEST_CASE("a role that may make tables but no schema uses a schema that is there") {
    const std::string url = shared_server().create_database();
    by_hand(url,
            "CREATE ROLE tenant LOGIN; CREATE SCHEMA of_tenant AUTHORIZATION tenant; "
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    const gs::Database database = gs::open_database(url + "&options=-crole%3Dtenant");
    auto widgets = database.storage(gs::document_table<Widget>({.table_name = "widgets", .schema_name = "of_tenant"}));
    database.ensure_schema();
    CHECK_NOTHROW(widgets.write("a", {"bolt", 1}));
    (void)database.storage(gs::document_table<Widget>({.table_name = "widgets", .schema_name = "of_nobody"}));
    CHECK(error_of<gs::SchemaError>([&] { database.ensure_schema(); }).sqlstate() == "42501");
    by_hand(url, "DROP SCHEMA of_tenant CASCADE; DROP ROLE tenant");
}

TEST_CASE("any other url is refused, and nothing but its scheme is told") {
    struct Refused {
        std::string_view url;
        std::string_view told;
    };
    constexpr std::array urls{Refused{"mysql://root:canary@host/db", ", not with mysql://"},
                              Refused{"canary", ""},
                              Refused{"", ""},
                              Refused{"memory", ""},
                              Refused{"memory:canary", ""},
                              Refused{"MEMORY:", ""},
                              Refused{"canary://", ", not with canary://"},
                              Refused{"can4ry://x", ""},
                              Refused{"host=localhost password=canary", ""},
                              Refused{"://canary", ""},
                              Refused{"user:canary@host/x://", ""}};
    for (const auto& [url, told] : urls) {
        CAPTURE(url);
        const auto error = error_of<gs::InvalidInputError>([&] { (void)gs::open_database(url); });
        CHECK(error.what() ==
              "open_database: a url of a database begins with memory: or postgresql://" + std::string{told});
    }
    const auto unreadable =
        error_of<gs::InvalidInputError>([] { (void)gs::open_database("postgresql://u:canary@h:x/%zz"); });
    CHECK(std::string_view{unreadable.what()}.find("canary") == std::string_view::npos);
    CHECK(unreadable.details().find("canary") == std::string::npos);
}

TEST_CASE("a server that cannot be reached is told by check and by the first use, not by opening") {
    const gs::Database database = gs::open_database("postgresql://nobody@127.0.0.1:1/none", {.acquire_timeout = 200ms});
    gs::AnyStorageBackend<Widget> widgets = database.storage(widgets_table);
    CHECK_THROWS_AS(database.check(), gs::StorageError);
    CHECK(error_of<gs::ConnectionError>([&] { (void)widgets.find("a"); }).cause() == gs::ConnectFailure::refused);
}

TEST_CASE("the connections are there for what the library does not do; in memory there are none") {
    const gs::Database database = gs::open_database(shared_server().create_database(), {.max_size = 2});
    CHECK(database.manager().stats().max_size == 2);
    CHECK_THROWS_AS((void)gs::open_database("memory:").manager(), gs::UsageError);
}
