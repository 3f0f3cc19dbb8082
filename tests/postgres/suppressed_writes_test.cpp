// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

using Storage = gs::PostgresStorageBackend<Widget>;
using Coalescing = gs::CoalescingStorageBackend<Widget>;
using Pairs = std::vector<std::pair<std::string, Widget>>;

constexpr auto name = gs::field<&Widget::name>;
constexpr auto size = gs::field<&Widget::size>;

gs::DocumentTable<Widget> table() {
    return gs::document_table<Widget>("widgets").unique(name);
}

/// A model whose documents have versions; those of version 1 call the size "length".
void rename_length(nlohmann::json& document) {
    document["size"] = document.at("length");
    document.erase("length");
}
struct Sized {
    int size = 0;
    using document_versions = gs::DocumentVersions<gs::Upcaster<1, &rename_length>>;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sized, size)

/// A table with the documents a, b and c, and the statements that a test makes the server suppress.
struct Database {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    Storage widgets{manager, table()};

    Database() {
        gs::BaseSchemaManager{manager, {table()}}.ensure_schema();
        widgets.write_many(Pairs{{"a", {"bolt", 1}}, {"b", {"nut", 2}}, {"c", {"pin", 3}}});
        by_hand(url, "CREATE FUNCTION keep_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
    }

    /// @param when  a condition on OLD or NEW
    void suppress(const std::string& event, const std::string& when) const {
        by_hand(url, "CREATE TRIGGER suppress_" + event.substr(0, 6) + " BEFORE " + event +
                         " ON widgets FOR EACH ROW WHEN (" + when + ") EXECUTE FUNCTION keep_it()");
    }

    [[nodiscard]] std::string rows() const {
        return by_hand(url, "SELECT coalesce(string_agg(id || data, ' ' ORDER BY id), '') FROM widgets")[0][0]
            .as<std::string>();
    }

    /// The connection string of a role that the table's policies apply to.
    [[nodiscard]] std::string url_of_limited_role(const std::string& policies) const {
        by_hand(url,
                "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'limited') THEN CREATE ROLE limited "
                "LOGIN; END IF; END $$; GRANT ALL ON widgets TO limited; GRANT CREATE, TEMPORARY ON DATABASE " +
                    by_hand(url, "SELECT current_database()")[0][0].as<std::string>() +
                    " TO limited; ALTER TABLE widgets ENABLE ROW LEVEL SECURITY; " + policies);
        return url + "&user=limited";
    }
};

template <class S>
struct Operation {
    std::string_view name;
    std::string_view id;  // of the document that is not stored or not removed
    std::function<void(S&)> call;
};

/// What inserts x, among others.
template <class S>
std::vector<Operation<S>> inserts() {
    static const Pairs batch{{"w", {"w", 1}}, {"x", {"x", 2}}, {"y", {"y", 3}}};
    static const Pairs with_existing{{"a", {"a", 1}}, {"w", {"w", 1}}, {"x", {"x", 2}}, {"y", {"y", 3}}};
    static const Pairs not_in_order{{"x", {"x", 2}}, {"w", {"w", 1}}};
    return {
        {"write", "x", [](S& s) { s.write("x", {"x", 2}); }},
        {"insert", "x", [](S& s) { s.insert("x", {"x", 2}); }},
        {"insert_or_find", "x", [](S& s) { s.insert_or_find("x", {"x", 2}); }},
        {"upsert_by", "x", [](S& s) { s.upsert_by(name, "x", {"x", 2}); }},
        {"write_many", "x", [](S& s) { s.write_many(batch); }},
        {"write_many, all of them", "x", [](S& s) { s.write_many(Pairs{{"x", {"x", 2}}}); }},
        {"insert_many", "x", [](S& s) { s.insert_many(batch); }},
        {"insert_many, all of them", "x", [](S& s) { s.insert_many(Pairs{{"x", {"x", 2}}}); }},
        {"insert_missing", "x", [](S& s) { (void)s.insert_missing(with_existing); }},
        {"write_many with LoadOptions", "", [](S& s) { s.write_many(batch, gs::LoadOptions{}); }},
        {"write_many with LoadOptions, not in order", "", [](S& s) { s.write_many(not_in_order, gs::LoadOptions{}); }},
        {"insert_many with LoadOptions", "", [](S& s) { s.insert_many(batch, gs::LoadOptions{}); }},
    };
}

/// What changes b, among others.
template <class S>
std::vector<Operation<S>> updates() {
    return {
        {"replace", "b", [](S& s) { s.replace("b", {"b", 7}); }},
        {"replace under a version", "b",
         [](S& s) { s.replace("b", {"b", 7}, gs::if_version(s.read_document("b").version)); }},
        {"edit", "b", [](S& s) { s.edit("b", [](Widget& widget) { widget.size = 7; }); }},
        {"patch", "b", [](S& s) { s.patch("b", size.set(7)); }},
        {"patch under a version", "b",
         [](S& s) { s.patch("b", gs::if_version(s.read_document("b").version), size.set(7)); }},
        {"query.patch", "b", [](S& s) { s.query().patch(size.set(7)); }},
        {"query.patch of one", "b", [](S& s) { s.query(gs::query<Widget>().where(name == "nut")).patch(size.set(7)); }},
        {"query.patch_documents", "b", [](S& s) { (void)s.query().patch_documents(size.set(7)); }},
        {"query.patch with a limit", "b",
         [](S& s) { s.query(gs::query<Widget>().order_by(size).limit(2)).patch(size.set(7)); }},
    };
}
/// What stores b over what is there, among others.
template <class S>
std::vector<Operation<S>> overwrites() {
    static const Pairs batch{{"a", {"a", 7}}, {"b", {"b", 7}}, {"c", {"c", 7}}};
    return {
        {"write", "b", [](S& s) { s.write("b", {"b", 7}); }},
        {"upsert_by", "b", [](S& s) { s.upsert_by(name, "b", {"nut", 7}); }},
        {"upsert_by of another id", "x", [](S& s) { s.upsert_by(name, "x", {"nut", 7}); }},
        {"write_many", "b", [](S& s) { s.write_many(batch); }},
        {"write_many with LoadOptions", "", [](S& s) { s.write_many(batch, gs::LoadOptions{}); }},
    };
}

template <class S>
std::vector<Operation<S>> removals() {
    static const std::vector<std::string> ids{"a", "b", "c", "missing"};
    return {
        {"remove", "b", [](S& s) { s.remove("b"); }},
        {"remove under a version", "b", [](S& s) { s.remove("b", gs::if_version(s.read_document("b").version)); }},
        {"remove_many", "b", [](S& s) { s.remove_many(ids); }},
        {"remove_many of one", "b", [](S& s) { s.remove_many(std::vector<std::string>{"b"}); }},
        {"clear", "b", [](S& s) { s.clear(); }},
        {"query.remove", "b", [](S& s) { s.query().remove(); }},
        {"query.remove with a limit", "b", [](S& s) { s.query(gs::query<Widget>().order_by(size).limit(2)).remove(); }},
    };
}

/// Each operation throws the error, and the table is as it was.
template <class S>
void expect_suppressed(const Database& database, S& storage, const std::vector<Operation<S>>& operations) {
    const std::string before = database.rows();
    for (const Operation<S>& operation : operations) {
        INFO(operation.name);
        try {
            operation.call(storage);
            FAIL_CHECK("it succeeded");
        } catch (const gs::WriteSuppressedError& error) {
            CHECK(error.outcome() == gs::Outcome::not_applied);
            CHECK(error.retry() == gs::Retry::never);
            CHECK(error.id() == operation.id);
            CHECK(error.table() == "widgets");
        } catch (const gs::StorageError& error) {
            FAIL_CHECK("another error: " << error.what() << " " << error.details());
        }
        CHECK(database.rows() == before);
    }
}

/// The same in a transaction for each.
template <class S>
void expect_suppressed_in_transaction(const Database& database, S& storage, auto&& operations_of) {
    using View = decltype(storage.in(std::declval<const gs::Transaction&>()));
    const std::string before = database.rows();
    for (const Operation<View>& operation : operations_of.template operator()<View>()) {
        INFO(operation.name);
        try {
            storage.transaction([&](gs::Transaction& tx) {
                View view = storage.in(tx);
                operation.call(view);
            });
            FAIL_CHECK("it succeeded");
        } catch (const gs::WriteSuppressedError& error) {
            CHECK(error.outcome() == gs::Outcome::not_applied);
            CHECK(error.retry() == gs::Retry::never);
            CHECK(error.id() == operation.id);
        } catch (const gs::StorageError& error) {
            FAIL_CHECK("another error: " << error.what() << " " << error.details());
        }
        CHECK(database.rows() == before);
        // A body that goes on after the error of a batch commits no part of the batch.
        try {
            storage.transaction([&](gs::Transaction& tx) {
                View view = storage.in(tx);
                CHECK_THROWS_AS(operation.call(view), gs::WriteSuppressedError);
            });
        } catch (const gs::UsageError&) {
        }
        CHECK(database.rows() == before);
    }
}

constexpr auto all_inserts = []<class S>() { return inserts<S>(); };
constexpr auto all_updates = []<class S>() { return updates<S>(); };
constexpr auto all_overwrites = []<class S>() { return overwrites<S>(); };
constexpr auto all_removals = []<class S>() { return removals<S>(); };

}  // namespace

TEST_CASE("an insert that a trigger suppresses throws WriteSuppressedError, and a batch stores nothing") {
    const Database database;
    database.suppress("INSERT", "NEW.id = 'x'");
    Storage widgets = database.widgets;
    expect_suppressed(database, widgets, inserts<Storage>());
    expect_suppressed_in_transaction(database, widgets, all_inserts);
    Coalescing coalescing{database.widgets};
    expect_suppressed(database, coalescing, inserts<Coalescing>());
}

TEST_CASE("an update that a trigger suppresses throws WriteSuppressedError, and a batch changes nothing") {
    const Database database;
    database.suppress("UPDATE", "OLD.id = 'b'");
    Storage widgets = database.widgets;
    Coalescing coalescing{database.widgets};
    expect_suppressed(database, widgets, updates<Storage>());
    expect_suppressed(database, widgets, overwrites<Storage>());
    expect_suppressed_in_transaction(database, widgets, all_updates);
    expect_suppressed_in_transaction(database, widgets, all_overwrites);
    expect_suppressed(database, coalescing, updates<Coalescing>());
    expect_suppressed(database, coalescing, overwrites<Coalescing>());
}

TEST_CASE("a removal that a trigger suppresses throws WriteSuppressedError, and a batch removes nothing") {
    const Database database;
    database.suppress("DELETE", "OLD.id = 'b'");
    Storage widgets = database.widgets;
    Coalescing coalescing{database.widgets};
    expect_suppressed(database, widgets, removals<Storage>());
    expect_suppressed_in_transaction(database, widgets, all_removals);
    expect_suppressed(database, coalescing, removals<Coalescing>());
    CHECK_FALSE(widgets.remove("missing"));
    CHECK(widgets.remove_many(std::vector<std::string>{"a", "missing"}) == 1);
}

TEST_CASE("a table whose trigger suppresses nothing answers as one without a trigger") {
    const Database database;
    database.suppress("INSERT OR UPDATE", "NEW.id = 'never'");
    by_hand(database.url,
            "CREATE TRIGGER no_delete BEFORE DELETE ON widgets FOR EACH ROW WHEN (OLD.id = 'never') EXECUTE FUNCTION "
            "keep_it()");
    Storage widgets = database.widgets;
    CHECK_THROWS_AS(widgets.insert("a", {"x", 1}), gs::AlreadyExistsError);
    CHECK_THROWS_AS(widgets.replace("missing", {"x", 1}), gs::NotFoundError);
    CHECK_FALSE(widgets.insert_or_find("a", {"x", 1}).inserted);
    CHECK(widgets.insert_or_find("x", {"bolt", 1}).document.id == "a");
    // In the way: an id, a value that is stored, and a value of the batch.
    CHECK(widgets.insert_missing(Pairs{{"a", {"q", 1}}, {"n", {"bolt", 1}}, {"o", {"new", 1}}, {"p", {"new", 1}}}) ==
          std::vector<std::string>{"o"});
    CHECK(widgets.write_many(Pairs{{"f", {"f", 1}}, {"e", {"e", 1}}, {"a", {"g", 1}}}, gs::LoadOptions{}) == 3);
    CHECK(widgets.remove_many(std::vector<std::string>{"f", "e", "missing"}) == 2);
    CHECK(widgets.query(gs::query<Widget>().where(name == "new")).remove() == 1);
    CHECK(widgets.clear() == 3);
    CHECK(widgets.clear() == 0);
}

TEST_CASE("a row that a policy shows and does not let the role change or remove is a suppressed write") {
    const Database database;
    gs::PostgresConnectionManager manager{database.url_of_limited_role(
        "CREATE POLICY sees ON widgets FOR SELECT USING (true); CREATE POLICY adds ON widgets FOR INSERT WITH CHECK "
        "(true); CREATE POLICY changes ON widgets FOR UPDATE USING (id <> 'b') WITH CHECK (true); CREATE POLICY "
        "removes ON widgets FOR DELETE USING (id <> 'b')")};
    Storage widgets{manager, table()};
    expect_suppressed(database, widgets, updates<Storage>());
    expect_suppressed(database, widgets, removals<Storage>());
    expect_suppressed_in_transaction(database, widgets, all_updates);
    expect_suppressed_in_transaction(database, widgets, all_removals);
    Coalescing coalescing{widgets};
    expect_suppressed(database, coalescing, updates<Coalescing>());
    expect_suppressed(database, coalescing, removals<Coalescing>());
    widgets.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS(widgets.in(tx).read_for_update("b"), gs::WriteSuppressedError);
        CHECK(widgets.in(tx).read_for_update("a").size == 1);
    });
    CHECK_THROWS_AS(widgets.write("b", {"b", 7}), gs::PermissionError);
    widgets.patch("a", size.set(5));
    CHECK(widgets.remove_many(std::vector<std::string>{"a", "missing"}) == 1);
}

TEST_CASE("an id that a policy hides is taken, for insert and for insert_many") {
    const Database database;
    gs::PostgresConnectionManager manager{
        database.url_of_limited_role("CREATE POLICY sees ON widgets USING (data->>'name' <> 'nut') WITH CHECK (true)")};
    Storage widgets{manager, table()};
    Coalescing coalescing{widgets};
    const auto expect_taken = [](auto&& storage) {
        CHECK_THROWS_AS(storage.insert("b", {"new", 7}), gs::AlreadyExistsError);
        CHECK_THROWS_AS(storage.insert_or_find("b", {"new", 7}), gs::AlreadyExistsError);
        CHECK(storage.insert_missing(Pairs{{"b", {"new", 7}}, {"d", {"d", 7}}}) == std::vector<std::string>{"d"});
        CHECK(storage.remove("d"));
        CHECK_FALSE(storage.remove("b"));
        CHECK_THROWS_AS(storage.replace("b", {"new", 7}), gs::NotFoundError);
    };
    const auto expect_batch_refused = [](auto&& storage) {
        const Pairs batch{{"b", {"new", 7}}, {"d", {"d", 7}}};
        CHECK(error_of<gs::AlreadyExistsError>([&] { storage.insert_many(batch); }).id() == "b");
        CHECK_FALSE(storage.contains("d"));
        // Of another document the policy hides the value of a unique field.
        CHECK_THROWS_AS(storage.insert_many(Pairs{{"e", {"nut", 7}}}), gs::PermissionError);
        CHECK_THROWS_AS(storage.insert_many(Pairs{{"e", {"bolt", 7}}}), gs::ConstraintError);
    };
    expect_taken(widgets);
    expect_taken(coalescing);
    expect_batch_refused(widgets);
    expect_batch_refused(coalescing);
    widgets.transaction([&](gs::Transaction& tx) { expect_taken(widgets.in(tx)); });
}

TEST_CASE("a suppressed write of a document with a version ends after a few statements") {
    const Database database;
    gs::PostgresStorageBackend<Sized> sized{database.manager, "widgets"};
    constexpr auto of = gs::field<&Sized::size>;
    by_hand(database.url, R"(DELETE FROM widgets; INSERT INTO widgets VALUES ('old', '{"length": 1}'))");
    sized.write("new", {1});
    by_hand(database.url,
            "CREATE SEQUENCE updates; CREATE OR REPLACE FUNCTION keep_it() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM nextval(''updates''); RETURN NULL; END'");
    database.suppress("UPDATE", "true");
    const std::string before = database.rows();
    const auto expect_few = [&](auto&& call) {
        by_hand(database.url, "SELECT setval('updates', 1)");
        CHECK_THROWS_AS(call(), gs::WriteSuppressedError);
        CHECK(by_hand(database.url, "SELECT last_value FROM updates")[0][0].as<int>() <= 5);
        CHECK(database.rows() == before);
    };
    for (const std::string id : {"new", "old"}) {
        INFO(id);
        expect_few([&] { sized.within(5s).patch(id, of.set(2)); });
        expect_few([&] { sized.within(5s).edit(id, [](Sized& value) { value.size = 2; }); });
        expect_few([&] { sized.within(5s).patch(id, gs::if_version(sized.read_document(id).version), of.set(2)); });
        expect_few([&] { sized.within(5s).query().patch(of.set(2)); });
        expect_few(
            [&] { sized.within(5s).transaction([&](gs::Transaction& tx) { sized.in(tx).patch(id, of.set(2)); }); });
        expect_few([&] {
            sized.within(5s).transaction(
                [&](gs::Transaction& tx) { sized.in(tx).edit(id, [](Sized& value) { value.size = 2; }); });
        });
    }
    expect_few([&] { sized.within(5s).upgrade_all(); });
}

TEST_CASE("a trigger that makes a document old again ends a patch after a few statements") {
    const Database database;
    gs::PostgresStorageBackend<Sized> sized{database.manager, "widgets"};
    constexpr auto of = gs::field<&Sized::size>;
    by_hand(database.url, R"(DELETE FROM widgets; INSERT INTO widgets VALUES ('old', '{"length": 1}');
        CREATE FUNCTION make_old() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.data := OLD.data || jsonb_build_object(''length'', (OLD.data->>''length'')::int + 1); RETURN NEW; END';
        CREATE TRIGGER make_old BEFORE UPDATE ON widgets FOR EACH ROW EXECUTE FUNCTION make_old())");
    CHECK_THROWS_AS(sized.within(5s).patch("old", of.set(9)), gs::WriteSuppressedError);
    CHECK(by_hand(database.url, "SELECT (data->>'length')::int FROM widgets")[0][0].as<int>() <= 30);
    CHECK_THROWS_AS(sized.within(5s).query().patch(of.set(9)), gs::WriteSuppressedError);
}

TEST_CASE("the transaction stays usable after a suppressed write of one document") {
    const Database database;
    database.suppress("UPDATE", "OLD.id = 'b'");
    Storage widgets = database.widgets;
    widgets.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS(widgets.in(tx).replace("b", {"b", 7}), gs::WriteSuppressedError);
        widgets.in(tx).replace("a", {"a", 7});
    });
    CHECK(widgets.read("a").size == 7);
}

TEST_CASE("a statement that the server can never run on a table with rules is a SchemaError at once") {
    const Database database;
    by_hand(database.url,
            "CREATE RULE kept AS ON UPDATE TO widgets DO INSTEAD NOTHING; CREATE RULE stays AS ON DELETE TO "
            "widgets DO INSTEAD NOTHING");
    gs::PostgresConnectionManager manager{database.url};
    Storage widgets{manager, table()};
    const auto expect_schema_error = [&](auto&& call) {
        for (int time = 0; time < 2; ++time) {
            const auto error = error_of<gs::StorageError>([&] { call(widgets); });
            CHECK(error.sqlstate() == "0A000");
            CHECK(error.retry() == gs::Retry::never);
            CHECK_THROWS_AS(call(widgets), gs::SchemaError);
            int runs = 0;
            CHECK_THROWS_AS(widgets.transaction([&](gs::Transaction& tx) {
                auto view = widgets.in(tx);
                ++runs;
                call(view);
            }),
                            gs::SchemaError);
            CHECK(runs == 1);
        }
    };
    expect_schema_error([](auto& s) { s.write("a", {"x", 1}); });
    expect_schema_error([](auto& s) { s.replace("a", {"x", 1}); });
    expect_schema_error([](auto& s) { s.write_many(Pairs{{"a", {"x", 1}}}); });
    expect_schema_error([](auto& s) { s.patch("a", size.set(1)); });
    expect_schema_error([](auto& s) { s.remove("a"); });
    expect_schema_error([](auto& s) { s.remove_many(std::vector<std::string>{"a"}); });
    expect_schema_error([](auto& s) { s.clear(); });
    expect_schema_error([](auto& s) { s.query().remove(); });
    CHECK(manager.pool()->stats().retirements.all() == 0);
    CHECK(database.rows() == R"(a{"name": "bolt", "size": 1} b{"name": "nut", "size": 2} c{"name": "pin", "size": 3})");
}

TEST_CASE("a rule that is made after a statement was prepared makes it a SchemaError, also in a transaction") {
    const Database database;
    Storage widgets = database.widgets;
    for (int time = 0; time < 2; ++time) widgets.write("a", {"bolt", 1});
    by_hand(database.url, "CREATE RULE kept AS ON UPDATE TO widgets DO INSTEAD NOTHING");
    int runs = 0;
    CHECK_THROWS_AS(widgets.transaction([&](gs::Transaction& tx) {
        ++runs;
        widgets.in(tx).write("a", {"bolt", 2});
    }),
                    gs::SchemaError);
    CHECK(runs == 2);
    CHECK_THROWS_AS(widgets.write("a", {"bolt", 2}), gs::SchemaError);
    CHECK_THROWS_AS(widgets.write("a", {"bolt", 2}), gs::SchemaError);
    by_hand(database.url, "DROP RULE kept ON widgets");
    widgets.write("a", {"bolt", 2});
    CHECK(widgets.read("a").size == 2);
}

TEST_CASE("a trigger that changes the id of a batch's document is a SchemaError") {
    const Database database;
    by_hand(database.url, R"(
        CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := NEW.id || ''!''; RETURN NEW; END';
        CREATE TRIGGER rename BEFORE INSERT ON widgets FOR EACH ROW WHEN (NEW.id LIKE '%x') EXECUTE FUNCTION rename())");
    Storage widgets = database.widgets;
    const auto expect_refused = [&](auto&& call) {
        const auto refused = error_of<gs::SchemaError>([&] { call(widgets); });
        CHECK(refused.outcome() == gs::Outcome::applied);
        by_hand(database.url, "DELETE FROM widgets WHERE id NOT IN ('a', 'b', 'c')");
        const std::string before = database.rows();
        CHECK_THROWS_AS(widgets.transaction([&](gs::Transaction& tx) {
            auto view = widgets.in(tx);
            CHECK_THROWS_AS(call(view), gs::SchemaError);
        }),
                        gs::UsageError);
        CHECK(database.rows() == before);
    };
    expect_refused([](auto& s) { s.write_many(Pairs{{"w", {"w", 1}}, {"x", {"x", 1}}}); });
    expect_refused([](auto& s) { s.insert_many(Pairs{{"zx", {"zx", 1}}, {"zy", {"zy", 1}}}); });
}

TEST_CASE("a table that pads its ids is refused by batches, without a look beyond their end") {
    const Database database;
    by_hand(database.url, "CREATE TABLE padded (id char(10) PRIMARY KEY, data jsonb NOT NULL)");
    Storage padded{database.manager, "padded"};
    CHECK_THROWS_AS(padded.insert_many(Pairs{{"zzz", {"z", 1}}}), gs::SchemaError);
    CHECK_THROWS_AS(padded.insert_many(Pairs{{"zzz", {"z", 1}}}), gs::StorageError);
    CHECK_THROWS_AS(padded.write_many(Pairs{{"zzz", {"z", 1}}}), gs::SchemaError);
}

TEST_CASE("removals and inserts that race are not taken for suppressed writes") {
    const Database database;
    Storage widgets = database.widgets;
    std::atomic<bool> stop{false};
    std::vector<std::thread> others;
    for (int other = 0; other < 3; ++other) {
        others.emplace_back([&, other] {
            Storage own = database.widgets;
            while (!stop) {
                try {
                    own.insert("race", {"race " + std::to_string(other), 1});
                    own.remove("race");
                } catch (const gs::AlreadyExistsError&) {
                }
            }
        });
    }
    const auto tolerated = [](auto&& call) {
        try {
            call();
        } catch (const gs::AlreadyExistsError&) {
        } catch (const gs::NotFoundError&) {
        }
    };
    std::string failed;
    try {
        for (int time = 0; time < 150; ++time) {
            tolerated([&] { widgets.remove("race"); });
            tolerated([&] { widgets.insert("race", {"mine", 1}); });
            tolerated([&] { widgets.replace("race", {"mine", 2}); });
            tolerated([&] { widgets.patch("race", size.increment(1)); });
            tolerated([&] { widgets.insert_or_find("race", {"mine", 3}); });
            tolerated([&] { widgets.remove_many(std::vector<std::string>{"race"}); });
        }
    } catch (const std::exception& error) {
        failed = error.what();
    }
    stop = true;
    for (std::thread& other : others) other.join();
    CHECK(failed.empty());
}
