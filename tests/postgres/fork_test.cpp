// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <chrono>
#include <functional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// A process that is forked in the middle of a call, and ends with 0 if all went as it should.
class Child {
public:
    /// @returns whether this is it
    bool begin() {
        pid_ = ::fork();
        is_this_ = pid_ == 0;
        return is_this_;
    }
    [[nodiscard]] bool is_this() const noexcept { return is_this_; }
    [[nodiscard]] int status() {
        int status = -1;
        return ::waitpid(std::exchange(pid_, -1), &status, 0) > 0 ? status : -1;
    }

    /// Remembers in the child whether a call is refused.
    void expect_refused(const std::function<void()>& call) {
        try {
            call();
        } catch (const gs::UsageError&) {
            return;
        } catch (const std::exception&) {
            went_wrong_ = true;
            return;
        }
        went_wrong_ = true;
    }

    /// Makes the call in which it is forked. The child ends here.
    /// @param returns  the call that the child leaves gives no error
    void run(const std::function<void()>& call, bool returns = false) {
        int status = returns ? 0 : 3;
        try {
            call();
        } catch (const gs::UsageError&) {
            if (!is_this_) throw;
            status = returns ? 3 : 0;
        } catch (const std::exception&) {
            if (!is_this_) throw;
            status = 4;
        }
        if (is_this_) ::_exit(went_wrong_ ? 5 : status);
    }

private:
    pid_t pid_ = -1;
    bool is_this_ = false;
    bool went_wrong_ = false;
};

/// How the child leaves the body that it was forked in.
enum class Leaving { by_return, by_exception, by_ending_at_once };

/// Not by exit(): that would run what all other tests of the program have registered to run at its end.
constexpr Leaving all_ways[] = {Leaving::by_return, Leaving::by_exception, Leaving::by_ending_at_once};

void leave(Leaving way) {
    switch (way) {
        case Leaving::by_return:
            return;
        case Leaving::by_exception:
            throw gs::UsageError{gs::ErrorInfo{.reason = "the child leaves"}};
        case Leaving::by_ending_at_once:
            ::_exit(0);
    }
}

pqxx::result run_on(pqxx::connection& connection, const std::string& sql) {
    pqxx::nontransaction work{connection};
    return work.exec(sql);
}

struct Family {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 1}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    Child child;

    Family() { gs::BaseSchemaManager{manager, {gs::document_table<Widget>("widgets")}}.ensure_schema(); }

    [[nodiscard]] std::string stored() const {
        return by_hand(url, "SELECT string_agg(id, ' ' ORDER BY id) FROM widgets")[0][0].as<std::string>("");
    }
    [[nodiscard]] int session() {
        return manager.with_connection([](auto& it) { return it.backendpid(); });
    }
};

}  // namespace

TEST_CASE("a child that leaves the body of a transaction does not touch the transaction of its parent") {
    for (const Leaving way : all_ways) {
        CAPTURE(static_cast<int>(way));
        Family family;
        auto& [url, manager, widgets, child] = family;
        const int session = family.session();
        child.run([&] {
            widgets.transaction([&](gs::Transaction& tx) {
                widgets.in(tx).write("a", {"parent", 1});
                run_on(tx.connection(), "CREATE TEMP TABLE mine AS SELECT 1 AS one");
                if (child.begin()) {
                    child.expect_refused([&] { widgets.in(tx).write("child", {"child", 1}); });
                    child.expect_refused([&] { (void)widgets.in(tx).find("a"); });
                    child.expect_refused([&] { (void)tx.connection(); });
                    child.expect_refused([&] { tx.transaction([&](gs::Transaction&) {}); });
                    child.expect_refused([&] { (void)widgets.find("a"); });
                    tx.on_commit([] { ::_exit(6); });
                    return leave(way);
                }
                CHECK(child.status() == 0);
                widgets.in(tx).write("b", {"parent", 2});
                CHECK(run_on(tx.connection(), "SELECT one FROM mine")[0][0].as<int>() == 1);
            });
        });
        CHECK(family.stored() == "a b");
        CHECK(family.session() == session);
    }
}

TEST_CASE("a child that leaves the body of with_connection does not touch the session of its parent") {
    for (const Leaving way : all_ways) {
        CAPTURE(static_cast<int>(way));
        Family family;
        auto& [url, manager, widgets, child] = family;
        const int session = family.session();
        const auto call = [&] {
            manager.with_connection([&](pqxx::connection& connection) {
                run_on(connection, "CREATE TEMP TABLE mine AS SELECT 1 AS one");
                if (child.begin()) {
                    child.expect_refused([&] { manager.check(); });
                    return leave(way);
                }
                CHECK(child.status() == 0);
                CHECK(run_on(connection, "SELECT one FROM mine")[0][0].as<int>() == 1);
            });
            if (child.is_this()) child.expect_refused([&] { widgets.write("child", {"child", 1}); });
        };
        child.run(call, way == Leaving::by_return);
        CHECK(family.session() == session);
        CHECK(family.stored().empty());
    }
}

TEST_CASE("a child that is forked in an inner transaction does not touch the outer one") {
    Family family;
    auto& [url, manager, widgets, child] = family;
    child.run([&] {
        widgets.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).write("a", {"parent", 1});
            tx.transaction([&](gs::Transaction& part) {
                widgets.in(part).write("b", {"parent", 1});
                if (child.begin()) throw std::runtime_error{"the child rolls the part back"};
                CHECK(child.status() == 4 << 8);  // the exception has passed
            });
        });
    });
    CHECK(family.stored() == "a b");
}

TEST_CASE("a child that is forked while documents are loaded sends none of them") {
    for (const bool fails : {false, true}) {
        for (const bool within : {false, true}) {
            CAPTURE(fails, within);
            Family family;
            auto& [url, manager, widgets, child] = family;
            std::vector<std::pair<std::string, Widget>> documents;
            for (int number = 0; number < 3'000; ++number) {
                documents.emplace_back(std::to_string(number), Widget{std::string(100, 'x'), number});
            }
            const auto forking = std::views::transform([&](const auto& document) {
                if (document.second.size != 1'500) return document;
                if (child.begin() && fails) throw std::runtime_error{"the child stops"};
                if (!child.is_this()) CHECK(child.status() == (fails ? 4 << 8 : 0));
                return document;
            });
            child.run([&] {
                if (!within) {
                    widgets.insert_many(documents | forking, gs::LoadOptions{});
                    return;
                }
                widgets.transaction(
                    [&](gs::Transaction& tx) { widgets.in(tx).write_many(documents | forking, gs::LoadOptions{}); });
            });
            CHECK(widgets.count() == documents.size());
        }
    }
}

TEST_CASE("a child that is forked by the function of an edit changes nothing") {
    Family family;
    auto& [url, manager, widgets, child] = family;
    widgets.write("a", {"a", 0});
    int attempts = 0;
    child.run([&] {
        widgets.edit("a", [&](Widget& widget) {
            ++attempts;
            // Others are faster, until the document is locked.
            if (attempts < 3)
                by_hand(url, "UPDATE widgets SET data = jsonb_set(data, '{size}', '" + std::to_string(attempts) + "')");
            if (attempts == 3 && !child.begin()) CHECK(child.status() == 0);
            widget.name = child.is_this() ? "child" : "parent";
        });
    });
    CHECK(attempts == 3);
    CHECK(widgets.read("a") == Widget{"parent", 2});
}

TEST_CASE("a child that is forked while a migration is told of its progress does not touch it") {
    using Kind = gs::MigrationProgress::Kind;
    for (const Kind when : {Kind::began, Kind::running, Kind::ended}) {
        CAPTURE(static_cast<int>(when));
        Family family;
        auto& [url, manager, widgets, child] = family;
        bool is_first = true;
        gs::Migrator migrator{manager,
                              {.on_progress =
                                   [&](const gs::MigrationProgress& progress) {
                                       if (progress.kind != when || !std::exchange(is_first, false)) return;
                                       if (!child.begin()) CHECK(child.status() == 0);
                                   },
                               .progress_interval = 10ms}};
        migrator.add(1, "log", "CREATE TABLE log AS SELECT 'a' AS id, pg_sleep(0.3)::text");
        migrator.add(2, "row", "INSERT INTO log VALUES ('b')");
        child.run([&] { migrator.apply(); });
        CHECK(!is_first);
        CHECK(by_hand(url, "SELECT string_agg(id, ' ' ORDER BY id) FROM log")[0][0].as<std::string>() == "a b");
        CHECK(migrator.verify().empty());
    }
}

TEST_CASE("a child that is forked after the commit leaves the pool of its parent alone") {
    Family family;
    auto& [url, manager, widgets, child] = family;
    const int session = family.session();
    child.run(
        [&] {
            widgets.transaction([&](gs::Transaction& tx) {
                widgets.in(tx).write("a", {"parent", 1});
                tx.on_commit([&] {
                    if (!child.begin()) CHECK(child.status() == 0);
                });
            });
            if (child.is_this()) manager.close();
        },
        true);
    CHECK(family.stored() == "a");
    CHECK(family.session() == session);
}

TEST_CASE("a transaction that was ended by someone else is never reported as committed") {
    const auto run = [](const std::string& ending, bool in_child, bool writes_again) {
        Family family;
        auto& [url, manager, widgets, child] = family;
        const auto error = error_of<gs::UsageError>([&] {
            widgets.transaction([&](gs::Transaction& tx) {
                widgets.in(tx).write("a", {"parent", 1});
                pqxx::connection& connection = tx.connection();
                if (!in_child) {
                    run_on(connection, ending);
                } else if (child.begin()) {
                    run_on(connection, ending);
                    ::_exit(0);
                } else {
                    CHECK(child.status() == 0);
                }
                if (writes_again) widgets.in(tx).write("b", {"parent", 2});
            });
        });
        CHECK(error.outcome() == gs::Outcome::unknown);
        return family.stored();
    };
    CHECK(run("ROLLBACK", true, false).empty());
    CHECK(run("ROLLBACK", true, true) == "b");
    CHECK(run("ROLLBACK", false, false).empty());
    CHECK(run("COMMIT", false, false) == "a");
    CHECK(run("COMMIT", false, true) == "a b");
}

TEST_CASE("after a fork in a transaction in memory, parent and child each have a database of their own") {
    gs::MemoryDatabase database;
    gs::MemoryStorageBackend<Widget> widgets{database, "widgets"};
    Child child;
    child.run(
        [&] {
            widgets.transaction([&](gs::Transaction& tx) {
                widgets.in(tx).write("a", {"a", 1});
                if (child.begin()) {
                    widgets.in(tx).write("child", {"a", 1});
                } else {
                    CHECK(child.status() == 0);
                }
            });
            if (child.is_this() && widgets.list_all() != std::vector<std::string>{"a", "child"}) ::_exit(7);
            if (child.is_this()) widgets.write("b", {"b", 1});
        },
        true);
    CHECK(widgets.list_all() == std::vector<std::string>{"a"});
}
