// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <cstddef>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

const auto size = gs::field<&Widget::size>;
const auto widget_name = gs::field<&Widget::name>;

/// A storage with one connection, of whose session the tests ask what it has prepared.
struct OneSession {
    explicit OneSession(std::size_t most_queries)
        : manager{shared_server().create_database(), {.max_size = 1, .prepared_queries = most_queries}} {
        gs::BaseSchemaManager{manager, {widgets.table()}}.ensure_schema();
        widgets.write("a", {"bolt", 1});
    }

    /// How often each prepared query has run. Last, since what was lent is cleared away afterwards.
    [[nodiscard]] std::vector<int> runs() {
        return manager.transaction([](gs::Transaction& tx) {
            pqxx::nontransaction work{tx.connection()};
            std::vector<int> found;
            for (const auto& row : work.exec("SELECT generic_plans + custom_plans FROM pg_prepared_statements "
                                             "WHERE statement LIKE '%widgets%jsonb_typeof%' ORDER BY prepare_time")) {
                found.push_back(row[0].as<int>());
            }
            return found;
        });
    }

    /// How many statements of any kind the session has prepared. Does not clear it away.
    [[nodiscard]] std::size_t prepared() {
        const auto state = gs::detail::ManagerAccess::state(manager);
        return state->with_lease(
            {.operation = "test"}, gs::detail::Effect::reads,
            [](gs::detail::Lease& lease, const gs::detail::Until& until) {
                return static_cast<std::size_t>(
                    lease->run_text("SELECT count(*) FROM pg_prepared_statements", until).number(0, 0));
            });
    }

    gs::PostgresConnectionManager manager;
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
};

}  // namespace

TEST_CASE("queries of one shape are prepared once, at the second, whatever their values are") {
    OneSession session{128};
    for (int i = 0; i < 10; ++i) {
        const auto query = gs::query<Widget>().where(size > i && widget_name.in({"bolt", std::to_string(i)}));
        CHECK(session.widgets.query(query).limit(i + 1).all().size() == (i < 1 ? 1 : 0));
    }
    CHECK(session.runs() == std::vector{9});
}

TEST_CASE("a session keeps the shapes that were last used, and forgets the others on the server as well") {
    OneSession session{3};
    const std::vector<gs::Filter<Widget>> shapes{size > 1, size < 1, size == 1, size != 1, size >= 1, size <= 1};
    for (const auto& filter : shapes) {
        for (int time = 0; time < 3; ++time) (void)session.widgets.query().where(filter).count();
    }
    (void)session.widgets.query().where(shapes.front()).count();
    (void)session.widgets.query().where(shapes.front()).count();
    CHECK(session.runs() == std::vector{2, 2, 1});
}

TEST_CASE("nothing is prepared where nothing may be") {
    OneSession session{0};
    for (int time = 0; time < 3; ++time) (void)session.widgets.query().where(size > 1).count();
    CHECK(session.widgets.read("a") == Widget{"bolt", 1});
    CHECK(session.prepared() == 0);
}

TEST_CASE("the bound on prepared statements holds for all tables of a connection together") {
    constexpr int tables = 30;
    constexpr std::size_t most = 20;
    OneSession session{most};
    std::vector<gs::PostgresStorageBackend<Widget>> storages;
    for (int i = 0; i < tables; ++i) {
        storages.emplace_back(session.manager, "widgets_" + std::to_string(i));
        gs::BaseSchemaManager{session.manager, {storages.back().table()}}.ensure_schema();
    }
    for (int round = 1; round <= 3; ++round) {
        for (auto& storage : storages) {
            for (int time = 0; time < 2; ++time) storage.write("a", {"bolt", round});  // so that each is prepared
            CHECK(storage.read("a") == Widget{"bolt", round});
            CHECK(storage.query().where(size == round).count() == 1);
            CHECK(storage.remove("a"));
        }
        CHECK(session.prepared() <= most);
    }
    for (auto& storage : storages) {
        session.manager.transaction([&](gs::Transaction& tx) {
            storage.in(tx).write("a", {"bolt", 1});
            storage.in(tx).write("a", {"bolt", 2});
        });
        CHECK(storage.read("a") == Widget{"bolt", 2});
    }
    CHECK(session.prepared() <= most);
    CHECK(session.prepared() > 0);
}
