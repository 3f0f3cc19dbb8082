// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Storage = gs::PostgresStorageBackend<Widget>;
constexpr auto name = gs::field<&Widget::name>;
constexpr auto size = gs::field<&Widget::size>;

/// Widgets with a unique constraint on `name`, which is part of the storage's description or was made by others.
struct Widgets {
    bool is_described;
    gs::DocumentTable<Widget> table =
        is_described ? gs::document_table<Widget>("widgets").unique(name) : gs::document_table<Widget>("widgets");
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 8}};
    Storage widgets{manager, table};

    explicit Widgets(bool describes) : is_described{describes} {
        by_hand(url, "ALTER DATABASE " + database() + " SET deadlock_timeout = '20ms'");
        make_constraint();
    }

    [[nodiscard]] std::string database() const { return by_hand(url, "SELECT current_database()")[0][0].c_str(); }
    void make_constraint() {
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        if (!is_described) by_hand(url, "CREATE UNIQUE INDEX widgets_name_key ON widgets ((data ->> 'name'))");
    }

    /// What the calls of 8 threads end with, other than success.
    template <class Call>
    std::vector<std::string> errors_of(int calls, Call&& call) {
        std::vector<std::string> errors;
        std::mutex mutex;
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < calls; ++i) {
                    try {
                        call(thread, i);
                    } catch (const gs::StorageError& error) {
                        const std::lock_guard lock{mutex};
                        errors.emplace_back(error.what());
                    }
                }
            });
        }
        threads.clear();
        return errors;
    }
};

/// A session with an open snapshot, so that the server preserves every old row version and index entry, as it does during
/// a backup.
class OpenSnapshot {
public:
    explicit OpenSnapshot(const std::string& url) : connection_{url} {
        work_.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
        work_.exec("SELECT count(*) FROM widgets");
    }

private:
    pqxx::connection connection_;
    pqxx::nontransaction work_{connection_};
};

/// Stops the library's INSERT of a row at two places: `before` ON CONFLICT looks for the id, and `between` that and the
/// insertion into the index of the ids.
class Gates {
public:
    static constexpr int before = 1;
    static constexpr int between = 2;

    explicit Gates(Widgets& widgets) : url_{widgets.url}, connection_{url_} {
        // The server goes through the indexes of a table in the order in which they were made.
        by_hand(url_,
                "CREATE FUNCTION gate(which int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
                "  IF current_setting('application_name') = 'gridone_storage' THEN"
                "    PERFORM pg_advisory_lock_shared(which); PERFORM pg_advisory_unlock_shared(which); END IF; END $$;"
                "CREATE FUNCTION gated(id text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
                "  PERFORM gate(2); RETURN id; END $$;"
                "CREATE FUNCTION first_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  PERFORM gate(1); RETURN NEW; END $$;"
                "CREATE TRIGGER first_gate BEFORE INSERT ON widgets FOR EACH ROW EXECUTE FUNCTION first_gate();"
                "ALTER TABLE widgets DROP CONSTRAINT widgets_pkey; DROP INDEX widgets_name_key;"
                "CREATE INDEX gated ON widgets (gated(id));"
                "ALTER TABLE widgets ADD PRIMARY KEY (id)");
        widgets.make_constraint();
        close(before);
        close(between);
    }

    void open(int gate) { work_.exec("SELECT pg_advisory_unlock(" + std::to_string(gate) + ")"); }
    void close(int gate) { work_.exec("SELECT pg_advisory_lock(" + std::to_string(gate) + ")"); }
    void await_insert_at(int gate) const {
        const std::string waiting =
            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = " + std::to_string(gate);
        await([&] { return !by_hand(url_, waiting).empty(); });
    }

    /// The library's INSERT of "a" finds no document, and then another session stores the same one.
    void refuse_once() {
        await_insert_at(before);
        open(before);
        await_insert_at(between);
        close(before);
        by_hand(url_, R"(INSERT INTO widgets VALUES ('a', '{"name": "ann", "size": 1}'))");
        open(between);
        await([&] {
            return by_hand(url_,
                           "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 2 AND "
                           "NOT granted")
                .empty();
        });
        close(between);
    }
    /// False, where the library's INSERT has locked it already.
    [[nodiscard]] bool remove_document() const {
        try {
            by_hand(url_, "BEGIN; SELECT FROM widgets FOR UPDATE NOWAIT; DELETE FROM widgets; COMMIT");
            return true;
        } catch (const pqxx::sql_error&) {
            return false;
        }
    }
    void open_all() {
        open(before);
        open(between);
    }

private:
    std::string url_;
    pqxx::connection connection_;
    pqxx::nontransaction work_{connection_};
};

}  // namespace

TEST_CASE("writes of one document never conflict with each other under a unique constraint while a snapshot is open") {
    Widgets place{true};
    place.widgets.write("a", {"ann", 0});
    const OpenSnapshot backup{place.url};
    CHECK(place
              .errors_of(50,
                         [&](int thread, int i) {
                             switch ((thread + i) % 7) {
                                 case 0:
                                     return (void)place.widgets.write_many(
                                         {{"a", Widget{"ann", i}}, {"b", Widget{"bob", i}}});
                                 case 1:
                                     return (void)place.widgets.upsert_by(name, "a", {"ann", i});
                                 case 2:
                                     return (void)place.widgets.patch("a", size.set(i));
                                 case 3:
                                     return (void)place.widgets.replace("a", {"ann", i});
                                 case 4:
                                     return place.manager.transaction([&](gs::Transaction& tx) {
                                         place.widgets.in(tx).write("a", {"ann", 100 * thread + i});
                                     });
                                 default:
                                     return (void)place.widgets.write("a", {"ann", 100 * thread + i});
                             }
                         })
              .empty());
    CHECK(place.manager.stats().retries <= 8);  // of the first writes of "b"; 0 deadlocks afterwards
}

TEST_CASE("writes, inserts and removals of one document never end in a violation while a snapshot is open") {
    const bool is_described = GENERATE(true, false);
    Widgets place{is_described};
    const OpenSnapshot backup{place.url};
    CHECK(place
              .errors_of(50,
                         [&](int thread, int i) {
                             switch ((thread + i) % 5) {
                                 case 0:
                                     return (void)place.widgets.remove("a");
                                 case 1:
                                     return place.manager.transaction([&](gs::Transaction& tx) {
                                         place.widgets.in(tx).write("a", {"ann", 100 * thread + i});
                                     });
                                 case 2:
                                     return (void)place.widgets.insert_or_find("a", {"ann", 100 * thread + i});
                                 case 3:
                                     try {
                                         (void)place.widgets.insert("a", {"ann", 100 * thread + i});
                                     } catch (const gs::AlreadyExistsError&) {
                                     }
                                     return;
                                 default:
                                     return (void)place.widgets.write("a", {"ann", 100 * thread + i});
                             }
                         })
              .empty());
}

TEST_CASE("a write that is refused for the same document of another session is stored in the end") {
    const bool is_described = GENERATE(true, false);
    Widgets place{is_described};
    Gates gates{place};
    const auto write = [&] { place.widgets.write("a", {"ann", 7}); };
    const auto write_many = [&] { place.widgets.write_many({{"a", Widget{"ann", 7}}}); };
    const auto in_transaction = [&] {
        place.manager.transaction([&](gs::Transaction& tx) { place.widgets.in(tx).write("a", {"ann", 7}); });
    };
    const int way = GENERATE(0, 1, 2);
    auto writing = std::async(std::launch::async, [&] {
        way == 0 ? write() : way == 1 ? write_many() : in_transaction();
    });
    gates.refuse_once();
    gates.await_insert_at(Gates::before);
    if (gates.remove_document()) gates.refuse_once();
    gates.open_all();
    CHECK_NOTHROW(writing.get());
    CHECK(place.widgets.read("a") == Widget{"ann", 7});
}

TEST_CASE("an insert that is refused for the same document of another session throws AlreadyExistsError") {
    const bool is_described = GENERATE(true, false);
    Widgets place{is_described};
    Gates gates{place};
    const bool in_transaction = GENERATE(false, true);
    auto inserting = std::async(std::launch::async, [&] {
        if (!in_transaction) return (void)place.widgets.insert("a", {"ann", 7});
        place.manager.transaction([&](gs::Transaction& tx) { place.widgets.in(tx).insert("a", {"ann", 7}); });
    });
    gates.refuse_once();
    gates.open_all();
    CHECK_THROWS_AS(inserting.get(), gs::AlreadyExistsError);
    CHECK(place.widgets.read("a") == Widget{"ann", 1});
}

TEST_CASE("a real violation in a transaction is a ConstraintError in the body, and the body runs once") {
    const bool is_described = GENERATE(true, false);
    const auto isolation = GENERATE(gs::Isolation::read_committed, gs::Isolation::repeatable_read);
    Widgets place{is_described};
    place.widgets.write("a", {"ann", 1});
    int runs = 0;
    std::string broken;
    place.manager.transaction({.isolation = isolation}, [&](gs::Transaction& tx) {
        ++runs;
        place.widgets.in(tx).write("x", {"xan", 1});
        try {
            tx.transaction([&](gs::Transaction& part) { place.widgets.in(part).write("b", {"ann", 2}); });
        } catch (const gs::ConstraintError& error) {
            broken = error.constraint();
        }
        place.widgets.in(tx).write("y", {"yan", 1});
    });
    CHECK(runs == 1);
    CHECK(broken == "widgets_name_key");
    CHECK(place.widgets.list_all() == std::vector<std::string>{"a", "x", "y"});
    const auto write = [&](gs::Transaction& tx) {
        ++runs;
        place.widgets.in(tx).write("b", {"ann", 2});
    };
    CHECK_THROWS_AS(place.manager.transaction({.isolation = isolation}, write), gs::ConstraintError);
    CHECK(runs == 2);
}

TEST_CASE(
    "two documents of one transaction that violate a constraint are a ConstraintError, whatever the body throws") {
    const bool is_described = GENERATE(true, false);
    Widgets place{is_described};
    struct NameTaken {};
    struct Unavailable {};
    const auto insert_both = [&](gs::Transaction& tx) {
        try {
            place.widgets.in(tx).write("a", {"ann", 1});
            place.widgets.in(tx).write("b", {"ann", 2});
        } catch (const gs::ConstraintError&) {
            throw NameTaken{};
        } catch (const gs::StorageError&) {
            throw Unavailable{};
        }
    };
    CHECK_THROWS_AS(place.manager.transaction(insert_both), NameTaken);
    CHECK(place.widgets.count() == 0);
    place.manager.transaction([&](gs::Transaction& tx) {
        place.widgets.in(tx).write("c", {"cid", 1});
        CHECK_THROWS(tx.transaction(insert_both));
    });
    CHECK(place.widgets.list_all() == std::vector<std::string>{"c"});
}

TEST_CASE("batches report a real violation, whether it is with a stored document or among the batch") {
    const bool is_described = GENERATE(true, false);
    Widgets place{is_described};
    place.widgets.write("a", {"ann", 1});
    const auto broken = [&](auto&& call) { return error_of<gs::ConstraintError>(call).constraint(); };
    const std::vector<std::pair<std::string, Widget>> with_stored{{"b", {"bob", 1}}, {"c", {"ann", 1}}};
    const std::vector<std::pair<std::string, Widget>> among{{"b", {"bob", 1}}, {"c", {"bob", 1}}};
    for (const auto& batch : {with_stored, among}) {
        CHECK(broken([&] { place.widgets.write_many(batch); }) == "widgets_name_key");
        CHECK(broken([&] { place.widgets.insert_many(batch); }) == "widgets_name_key");
        CHECK(broken([&] { place.widgets.write_many(batch, gs::LoadOptions{}); }) == "widgets_name_key");
    }
    CHECK(place.widgets.count() == 1);
}

TEST_CASE("a written field that only an insert sets takes no part in the proof of a violation") {
    const auto table = gs::document_table<Widget>("widgets").unique(name).insert_only(name);
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::BaseSchemaManager{manager, {table}}.ensure_schema();
    Storage widgets{manager, table};
    widgets.write("a", {"ann", 1});
    widgets.write("b", {"bob", 1});
    CHECK_NOTHROW(widgets.write("a", {"bob", 2}));  // which keeps its name
    CHECK(widgets.read("a") == Widget{"ann", 2});
    CHECK_THROWS_AS(widgets.write("c", {"bob", 2}), gs::ConstraintError);
}
