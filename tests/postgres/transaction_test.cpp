// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <chrono>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

struct Shop {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 2, .operation_timeout = 10min}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    gs::PostgresStorageBackend<Widget> orders{manager, "orders"};

    Shop() {
        gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets"), gs::document_table<Widget>("orders")}}
            .ensure_schema();
        widgets.write("a", {"bolt", 1});
        widgets.write("b", {"nut", 1});
    }

    /// What the first call of a write to orders does, on the server.
    void first_order(const std::string& statement) const {
        by_hand(url,
                "CREATE SEQUENCE calls; CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  IF nextval('calls') = 1 THEN " +
                    statement +
                    "; END IF; RETURN NEW; END $$;"
                    "CREATE TRIGGER first BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION first()");
    }
    [[nodiscard]] int sizes() const {
        return by_hand(url, "SELECT sum((data->>'size')::int) FROM widgets")[0][0].as<int>();
    }
};

pqxx::result run_in(gs::Transaction& tx, const std::string& sql) {
    pqxx::nontransaction work{tx.connection()};
    return work.exec(sql);
}

}  // namespace

TEST_CASE_METHOD(Shop, "a transaction spans storages and plain libpqxx on one connection") {
    const auto given = manager.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 5});
        orders.in(tx).insert("1", {"order", 1});
        run_in(tx, "UPDATE widgets SET data = jsonb_set(data, '{size}', '7') WHERE id = 'b'");
        return widgets.in(tx).read("b").size;
    });
    CHECK(given == 7);
    CHECK(sizes() == 12);
    CHECK(orders.contains("1"));
    CHECK(manager.stats().idle == 1);
}

TEST_CASE_METHOD(Shop, "what plain libpqxx leaves in the session of a transaction is cleared away") {
    manager.transaction([&](gs::Transaction& tx) { run_in(tx, "SET application_name = 'left behind'"); });
    manager.with_connection([](pqxx::connection& connection) {
        pqxx::nontransaction work{connection};
        CHECK(work.exec("SHOW application_name")[0][0].as<std::string>() == "gridone_storage");
    });
}

TEST_CASE_METHOD(Shop, "a transaction that the server rolled back for a concurrent one is run again as a whole") {
    first_order("RAISE EXCEPTION 'rolled back' USING ERRCODE = '40001'");
    int runs = 0;
    widgets.transaction([&](gs::Transaction& tx) {
        ++runs;
        widgets.in(tx).edit("a", [](Widget& widget) { ++widget.size; });
        orders.in(tx).insert("1", {"order", 1});
    });
    CHECK(runs == 2);
    CHECK(widgets.read("a").size == 2);
    CHECK(manager.stats().retries == 1);
}

TEST_CASE_METHOD(Shop, "two transactions that wait for each other both come to their end") {
    std::latch both{2};
    const auto move = [&](const std::string& from, const std::string& to) {
        bool first_run = true;
        manager.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).edit(from, [](Widget& widget) { --widget.size; });
            if (std::exchange(first_run, false)) both.arrive_and_wait();
            widgets.in(tx).edit(to, [](Widget& widget) { ++widget.size; });
        });
    };
    auto other = std::async(std::launch::async, [&] { move("b", "a"); });
    move("a", "b");
    CHECK_NOTHROW(other.get());
    CHECK(sizes() == 2);
    CHECK(manager.stats().retries >= 1);
}

TEST_CASE_METHOD(Shop, "a conflict that the server finds at the commit runs the body again") {
    std::latch both{2};
    const auto take_if_both_are_there = [&](const std::string& id) {
        bool first_run = true;
        bool took = false;
        manager.transaction({.isolation = gs::Isolation::serializable}, [&](gs::Transaction& tx) {
            took = false;
            const bool there = widgets.in(tx).contains("a") && widgets.in(tx).contains("b");
            if (std::exchange(first_run, false)) both.arrive_and_wait();
            if (there) took = widgets.in(tx).remove(id);
        });
        return took;
    };
    auto other = std::async(std::launch::async, [&] { return take_if_both_are_there("b"); });
    const bool took = take_if_both_are_there("a");
    CHECK(other.get() != took);
    CHECK(widgets.count() == 1);
}

TEST_CASE_METHOD(Shop, "a transaction that always conflicts ends with TransientError at its deadline") {
    first_order("NULL");
    by_hand(url,
            "CREATE OR REPLACE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            "'rolled back' USING ERRCODE = '40001'; END $$");
    CHECK_THROWS_AS(
        orders.transaction({.deadline = 200ms}, [&](gs::Transaction& tx) { orders.in(tx).insert("1", {"order", 1}); }),
        gs::TransientError);
}

TEST_CASE_METHOD(Shop, "a deferred constraint that fails at the commit is a ConstraintError, and nothing is applied") {
    by_hand(url,
            "CREATE TABLE slots (n int CONSTRAINT one_each UNIQUE DEFERRABLE INITIALLY DEFERRED);"
            "INSERT INTO slots VALUES (1)");
    const auto error = error_of<gs::ConstraintError>([&] {
        manager.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).remove("a");
            run_in(tx, "INSERT INTO slots VALUES (1)");
        });
    });
    CHECK(error.constraint() == "one_each");
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(widgets.contains("a"));
}

TEST_CASE_METHOD(Shop, "a swallowed error of plain libpqxx does not end in a commit") {
    const auto go_on = [&] {
        manager.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).remove("a");
            try {
                run_in(tx, "SELECT 1/0");
            } catch (const pqxx::sql_error&) {
                return;
            }
        });
    };
    CHECK_THROWS_AS(go_on(), gs::UsageError);
    CHECK(widgets.contains("a"));
}

TEST_CASE_METHOD(Shop, "a swallowed ConstraintError does not end in a commit; a part of its own contains it") {
    by_hand(url, "ALTER TABLE orders ADD CONSTRAINT small CHECK ((data->>'size')::int < 10)");
    std::string told;
    try {
        manager.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).remove("a");
            CHECK_THROWS_AS(orders.in(tx).insert("1", {"order", 10}), gs::ConstraintError);
            CHECK_THROWS_AS(orders.in(tx).insert("2", {"order", 1}), gs::UsageError);
        });
    } catch (const gs::UsageError& error) {
        told = error.what();
    }
    CHECK(told.find("insert orders: a rule of the table forbids it: small") != std::string::npos);
    CHECK(widgets.contains("a"));
    manager.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).remove("a");
        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& part) { orders.in(part).insert("1", {"order", 10}); }),
                        gs::ConstraintError);
        orders.in(tx).insert("2", {"order", 1});
    });
    CHECK_FALSE(widgets.contains("a"));
    CHECK(orders.list_all() == std::vector<std::string>{"2"});
}

TEST_CASE_METHOD(Shop, "a transaction whose backend is ended has applied nothing, and says so") {
    const auto error = error_of<gs::ConnectionError>([&] {
        manager.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).remove("a");
            const int pid = run_in(tx, "SELECT pg_backend_pid()")[0][0].as<int>();
            by_hand(url, "SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
            widgets.in(tx).remove("b");
        });
    });
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(widgets.count() == 2);
}

TEST_CASE_METHOD(Shop, "a read-only transaction refuses writes before they are sent, and reads on") {
    manager.transaction({.read_only = true}, [&](gs::Transaction& tx) {
        CHECK_THROWS_AS(widgets.in(tx).remove("a"), gs::UsageError);
        CHECK(widgets.in(tx).read("a").size == 1);
    });
    CHECK(manager.stats().retirements.read_only == 0);
}

TEST_CASE_METHOD(Shop, "where the role only reads by default, a transaction writes nothing either") {
    gs::PostgresConnectionManager reader{url + "&options=-cdefault_transaction_read_only%3Don"};
    gs::PostgresStorageBackend<Widget> read_only{reader, "widgets"};
    const auto error = error_of<gs::ConnectionError>([&] {
        reader.transaction([&](gs::Transaction& tx) {
            CHECK(read_only.in(tx).read("a").size == 1);
            read_only.in(tx).remove("a");
        });
    });
    CHECK(error.sqlstate() == "25006");
    CHECK(error.cause() == gs::ConnectFailure::not_writable);
    CHECK(widgets.contains("a"));
}

TEST_CASE_METHOD(Shop, "a repeatable read sees one moment, read committed each statement's") {
    const auto sees = [&](gs::Isolation isolation) {
        return manager.transaction({.isolation = isolation}, [&](gs::Transaction& tx) {
            const int before = widgets.in(tx).read("a").size;
            by_hand(url, "UPDATE widgets SET data = jsonb_set(data, '{size}', '" + std::to_string(before + 1) +
                             "') WHERE id = 'a'");
            return widgets.in(tx).read("a").size - before;
        });
    };
    CHECK(sees(gs::Isolation::repeatable_read) == 0);
    CHECK(sees(gs::Isolation::read_committed) == 1);
}

TEST_CASE_METHOD(Shop, "for_each in a repeatable read goes through one moment, chunk after chunk") {
    by_hand(url, R"(INSERT INTO widgets SELECT 'w' || to_char(n, 'FM0000'), '{"name": "", "size": 0}'
                    FROM generate_series(1, 2500) AS n)");
    const auto visits = [&](gs::Isolation isolation, auto&& go_through) {
        return manager.transaction({.isolation = isolation, .read_only = true}, [&](gs::Transaction& tx) {
            std::vector<std::string> ids;
            go_through(widgets.in(tx), [&](const gs::Document<Widget>& document) {
                if (ids.empty()) by_hand(url, "UPDATE widgets SET id = 'x' WHERE id = (SELECT max(id) FROM widgets)");
                ids.push_back(document.id);
            });
            return ids;
        });
    };
    const auto all = [](const auto& storage, const auto& visit) { storage.for_each(visit); };
    const auto query = [](const auto& storage, const auto& visit) { storage.query().for_each(visit); };
    CHECK(visits(gs::Isolation::repeatable_read, all).back() == "w2500");
    CHECK(visits(gs::Isolation::read_committed, all).back() == "x");
    by_hand(url, "UPDATE widgets SET id = 'w2500' WHERE id = 'x'");
    CHECK(visits(gs::Isolation::repeatable_read, query).back() == "w2500");
    CHECK(visits(gs::Isolation::read_committed, query).back() == "x");
}

TEST_CASE_METHOD(Shop, "a storage of another manager has no part in the transaction") {
    gs::PostgresConnectionManager other{url};
    gs::PostgresStorageBackend<Widget> elsewhere{other, "widgets"};
    manager.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS(elsewhere.in(tx).remove("a"), gs::UsageError);
        CHECK_THROWS_AS(elsewhere.in(tx).read("a"), gs::UsageError);
    });
    CHECK(widgets.contains("a"));
}

TEST_CASE_METHOD(Shop, "a transaction that waits for a lock ends at its deadline, and nothing is applied") {
    const auto wait_for_lock = [&] {
        manager.transaction({.deadline = 300ms}, [&](gs::Transaction& tx) {
            orders.in(tx).insert("1", {"order", 1});
            widgets.in(tx).remove("a");
        });
    };
    manager.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        auto late = std::async(std::launch::async, wait_for_lock);
        CHECK_THROWS_AS(late.get(), gs::TimeoutError);
    });
    CHECK(widgets.read("a").size == 2);
    CHECK_FALSE(orders.contains("1"));
}

TEST_CASE_METHOD(Shop, "a batch of several chunks is one transaction, also as a part of another") {
    std::vector<std::pair<std::string, Widget>> batch;
    for (int i = 0; i < 1800; ++i) batch.emplace_back("big " + std::to_string(i), Widget{std::string(10'000, 'x'), i});
    orders.write("big 999", {"in the way", 0});
    CHECK(error_of<gs::AlreadyExistsError>([&] { orders.insert_many(batch); }).id() == "big 999");
    CHECK(orders.count() == 1);
    manager.transaction([&](gs::Transaction& tx) {
        orders.in(tx).write("small", {"small", 1});
        CHECK_THROWS_AS(orders.in(tx).insert_many(batch), gs::AlreadyExistsError);
        CHECK(orders.in(tx).count() == 2);
        orders.in(tx).write_many(batch);
    });
    CHECK(orders.count() == 1801);
    CHECK(orders.read("big 999").size == 999);
    CHECK(orders.insert_missing(batch).empty());
    std::vector<std::string> ids;
    for (int i = 0; i < 1'000'000; ++i) ids.push_back("big " + std::to_string(i));
    CHECK(orders.read_many(ids)[999]->size == 999);
    CHECK(orders.remove_many(ids) == 1800);
}
