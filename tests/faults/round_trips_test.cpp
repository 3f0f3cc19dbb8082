// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <pqxx/nontransaction>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

namespace gs = gridone::storage;
using namespace std::chrono_literals;
using Storage = gs::PostgresStorageBackend<Widget>;

namespace {

constexpr auto size = gs::field<&Widget::size>;

gs::Version version_of(Storage& storage, std::string_view id) {
    return storage.read_document(id).version;
}

const gs::Query<Widget> warm = gs::query<Widget>().where(size > 0);
const gs::Query<Widget> only_a = gs::query<Widget>().where(gs::id_field == "a");

struct Name {
    std::string name;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Name, name)

struct Operation {
    std::string_view name;
    std::size_t round_trips;
    std::function<void(Storage&)> call;
};

/// The table in the documentation of `PostgresStorageBackend`.
const std::array operations{
    Operation{"read", 1, [](Storage& s) { (void)s.read("a"); }},
    Operation{"read, with a longer limit than the pool's", 1, [](Storage& s) { (void)s.within(1h).read("a"); }},
    Operation{"query, with a longer limit", 1, [](Storage& s) { (void)s.within(1h).query(warm).all(); }},
    Operation{"find", 1, [](Storage& s) { (void)s.find("missing"); }},
    Operation{"read_document", 1, [](Storage& s) { (void)s.read_document("a"); }},
    Operation{"contains", 1, [](Storage& s) { (void)s.contains("a"); }},
    Operation{"count", 1, [](Storage& s) { (void)s.count(); }},
    Operation{"list_all", 1, [](Storage& s) { (void)s.list_all(); }},
    Operation{"read_all", 1, [](Storage& s) { (void)s.read_all(); }},
    Operation{"read_many", 1, [](Storage& s) { (void)s.read_many({"a", "b", "missing"}); }},
    Operation{"for_each, two chunks of which one is empty", 2, [](Storage& s) { s.for_each([](const auto&) {}); }},
    Operation{"write", 1, [](Storage& s) { s.write("a", {"bolt", 2}); }},
    Operation{"insert", 1, [](Storage& s) { s.insert("new", {"bolt", 2}); }},
    Operation{"insert, refused", 2, [](Storage& s) { CHECK_THROWS(s.insert("a", {"bolt", 2})); }},
    Operation{"replace", 1, [](Storage& s) { s.replace("a", {"bolt", 3}); }},
    Operation{"replace, refused", 2, [](Storage& s) { CHECK_THROWS(s.replace("missing", {"bolt", 3})); }},
    Operation{"read_document and replace under its version", 2,
              [](Storage& s) { s.replace("a", {"bolt", 4}, gs::if_version(version_of(s, "a"))); }},
    Operation{"read_document and replace under another version, refused", 3,
              [](Storage& s) { CHECK_THROWS(s.replace("b", {"bolt", 4}, gs::if_version(version_of(s, "a")))); }},
    Operation{"remove", 1, [](Storage& s) { s.remove("new"); }},
    Operation{"remove of what is not there", 2, [](Storage& s) { s.remove("new"); }},
    Operation{"read_document and remove under its version", 2,
              [](Storage& s) { s.remove("c", gs::if_version(version_of(s, "c"))); }},
    Operation{"insert_or_find, inserted", 1, [](Storage& s) { s.insert_or_find("new", {"bolt", 1}); }},
    Operation{"insert_or_find, found", 2, [](Storage& s) { s.insert_or_find("a", {"bolt", 1}); }},
    Operation{"patch", 1, [](Storage& s) { s.patch("a", size.increment(1)); }},
    Operation{"patch under a version", 2,
              [](Storage& s) { s.patch("a", gs::if_version(s.read_document("a").version), size.increment(1)); }},
    Operation{"patch under a version, refused", 3,
              [](Storage& s) {
                  const gs::Version seen = s.read_document("a").version;
                  CHECK_THROWS(s.patch("a", gs::if_version(seen), gs::path<int>("name").increment(1)));
              }},
    Operation{"patch, refused", 2, [](Storage& s) { CHECK_THROWS(s.patch("a", gs::path<int>("name").increment(1))); }},
    Operation{"edit, undisturbed", 2, [](Storage& s) { s.edit("a", [](Widget& widget) { ++widget.size; }); }},
    Operation{"edit that changes nothing", 1, [](Storage& s) { s.edit("a", [](Widget&) {}); }},
    Operation{"query, all", 1, [](Storage& s) { (void)s.query(warm).all(); }},
    Operation{"query, read_all", 1, [](Storage& s) { (void)s.query(warm).read_all(); }},
    Operation{"query, first", 1, [](Storage& s) { (void)s.query(warm).first(); }},
    Operation{"query, find", 1, [](Storage& s) { (void)s.query(warm).find(); }},
    Operation{"query, one", 1, [](Storage& s) { (void)s.query(only_a).one(); }},
    Operation{"query, read", 1, [](Storage& s) { (void)s.query(only_a).read(); }},
    Operation{"query, one of several, refused", 2, [](Storage& s) { CHECK_THROWS(s.query(warm).one()); }},
    Operation{"query, ids", 1, [](Storage& s) { (void)s.query(warm).ids(); }},
    Operation{"query, count", 1, [](Storage& s) { (void)s.query(warm).count(); }},
    Operation{"query, exists", 1, [](Storage& s) { (void)s.query(warm).exists(); }},
    Operation{"query, page", 1, [](Storage& s) { (void)s.query(warm).limit(1).page(); }},
    Operation{"query, page with total", 1, [](Storage& s) { (void)s.query(warm).limit(1).page(gs::with_total); }},
    Operation{"query, two pages with total", 2,
              [](Storage& s) {
                  const auto first = s.query(warm).limit(1).page(gs::with_total);
                  (void)s.query(warm).limit(1).page(first.next.value(), gs::with_total);
              }},
    Operation{"query, for_each", 1, [](Storage& s) { s.query(warm).for_each([](const auto&) {}); }},
    Operation{"query, select", 1, [](Storage& s) { (void)s.query(warm).select<Name>(); }},
    Operation{"query, page of summaries", 1,
              [](Storage& s) { (void)s.query(warm).limit(1).page<Name>(gs::with_total); }},
    Operation{"query, count_by", 1, [](Storage& s) { (void)s.query(warm).count_by(size); }},
    Operation{"query, sum", 1, [](Storage& s) { (void)s.query(warm).sum(size); }},
    Operation{"query, avg", 1, [](Storage& s) { (void)s.query(warm).avg(size); }},
    Operation{"query, min", 1, [](Storage& s) { (void)s.query(warm).min(size); }},
    Operation{"query, max", 1, [](Storage& s) { (void)s.query(warm).max(size); }},
    Operation{"query, patch", 1, [](Storage& s) { s.query(warm).patch(size.increment(1)); }},
    Operation{"query, patch_documents", 1, [](Storage& s) { (void)s.query(warm).patch_documents(size.increment(1)); }},
    Operation{"query, remove", 1, [](Storage& s) { s.query(only_a).remove(); }},
    Operation{"write again", 1, [](Storage& s) { s.write("a", {"bolt", 5}); }},
    Operation{"write_many", 1, [](Storage& s) { s.write_many({{"a", {"bolt", 1}}, {"d", {"bolt", 1}}}); }},
    Operation{"write_many of a range that is walked once, in order of ids", 6,
              [](Storage& s) {
                  s.write_many(std::views::iota(100, 200) | std::views::transform([](int number) {
                                   return std::pair{"h" + std::to_string(number), Widget{"bolt", number}};
                               }));
              }},
    Operation{"write_many of a range that is walked once, of what is there", 10,
              [](Storage& s) {
                  s.write_many(std::views::iota(100, 200) | std::views::transform([](int number) {
                                   return std::pair{"h" + std::to_string(number), Widget{"bolt", number}};
                               }));
              }},
    Operation{"insert_many of a range that is walked once", 4,
              [](Storage& s) {
                  static int next = 0;
                  s.insert_many(std::views::iota(next, next + 100) | std::views::transform([](int number) {
                                    return std::pair{"i" + std::to_string(number), Widget{"bolt", number}};
                                }));
                  next += 100;
              }},
    Operation{"insert_many", 1, [](Storage& s) { s.insert_many({{"e", {"bolt", 1}}, {"f", {"bolt", 1}}}); }},
    Operation{"insert_many, refused", 2,
              [](Storage& s) { CHECK_THROWS(s.insert_many({{"a", {"bolt", 1}}, {"g", {"bolt", 1}}})); }},
    Operation{"insert_missing", 1, [](Storage& s) { s.insert_missing({{"a", {"bolt", 1}}, {"g", {"bolt", 1}}}); }},
    Operation{"remove_many", 1, [](Storage& s) { s.remove_many({"d", "e", "f", "g"}); }},
    Operation{"remove_many of what is not there", 1, [](Storage& s) { s.remove_many({"d", "e"}); }},
    Operation{"transaction of one write", 3,
              [](Storage& s) { s.transaction([&](gs::Transaction& tx) { s.in(tx).write("a", {"bolt", 5}); }); }},
    Operation{
        "transaction of one write, with a longer limit", 3,
        [](Storage& s) { s.within(1h).transaction([&](gs::Transaction& tx) { s.in(tx).write("a", {"bolt", 5}); }); }},
    Operation{"clear", 1, [](Storage& s) { s.clear(); }},
    Operation{"clear of an empty table", 2, [](Storage& s) { s.clear(); }},
};

}  // namespace

TEST_CASE("each operation takes the round trips that its documentation tells") {
    FaultyLine line{{.max_size = 1}};
    const auto fill = [&] {
        line.widgets.clear();
        for (const char* id : {"a", "b", "c"}) line.widgets.write(id, {"bolt", 1});
    };
    for (int time = 0; time < 2; ++time) {  // so that each is prepared, queries at their second time
        fill();
        for (const Operation& operation : operations) operation.call(line.widgets);
    }
    fill();
    for (const Operation& operation : operations) {
        const std::size_t before = line.proxy.round_trips();
        operation.call(line.widgets);
        INFO(operation.name);
        CHECK(line.proxy.round_trips() - before == operation.round_trips);
    }
}

TEST_CASE("a violation of a unique constraint is checked with one more statement, or three where it is not described") {
    FaultyLine line{{.max_size = 1}};
    (void)line.at_server("CREATE UNIQUE INDEX one_name ON widgets ((data->>'name'))");
    const auto described = gs::document_table<Widget>("described").unique(gs::field<&Widget::name>);
    gs::BaseSchemaManager{line.manager, {described}}.ensure_schema();
    const auto refused = [&](gs::PostgresStorageBackend<Widget> widgets, auto&& call) {
        if (!widgets.contains("a")) widgets.write("a", {"bolt", 1});
        for (int time = 0; time < 2; ++time) CHECK_THROWS_AS(call(widgets), gs::ConstraintError);  // prepares all
        const std::size_t before = line.proxy.round_trips();
        CHECK_THROWS_AS(call(widgets), gs::ConstraintError);
        return line.proxy.round_trips() - before;
    };
    const auto write = [](auto& widgets) { widgets.write("b", {"bolt", 1}); };
    const auto insert = [](auto& widgets) { widgets.insert("b", {"bolt", 1}); };
    const auto write_many = [](auto& widgets) { widgets.write_many({{"b", {"bolt", 1}}, {"c", {"nut", 1}}}); };
    const auto in_transaction = [](auto& widgets) {
        widgets.transaction([&](gs::Transaction& tx) { widgets.in(tx).write("b", {"bolt", 1}); });
    };
    const gs::PostgresStorageBackend<Widget> by_description{line.manager, described};
    CHECK(refused(line.widgets, write) == 4);
    CHECK(refused(line.widgets, insert) == 4);
    CHECK(refused(line.widgets, write_many) == 4);
    CHECK(refused(line.widgets, in_transaction) == 10);
    CHECK(refused(by_description, write) == 2);
    CHECK(refused(by_description, insert) == 2);
    CHECK(refused(by_description, write_many) == 2);
    CHECK(refused(by_description, in_transaction) == 5);
}

TEST_CASE("in a transaction the server's limit is asked for after connection(), in no round trip more") {
    FaultyLine line{{.max_size = 1}};
    line.widgets.write("a", {"bolt", 1});
    line.widgets.transaction([&](gs::Transaction& tx) {
        (void)line.widgets.in(tx).read("a");  // which prepares it
        pqxx::nontransaction{tx.connection()}.exec("SET LOCAL statement_timeout = 0");
        const std::size_t before = line.proxy.round_trips();
        (void)line.widgets.in(tx).read("a");
        (void)line.widgets.in(tx).read("a");
        CHECK(line.proxy.round_trips() - before == 2);
    });
}
