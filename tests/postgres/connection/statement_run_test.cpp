// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "open_sockets.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/transaction>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

/// Widgets with a log of all that was ever applied to them, and a counter that no rollback takes back.
struct Logged {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.max_size = 2}};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};

    Logged() {
        by_hand(url,
                "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
                "CREATE TABLE log (id TEXT, data JSONB);"
                "CREATE SEQUENCE calls;"
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  INSERT INTO log VALUES (coalesce(NEW.id, OLD.id), NEW.data); RETURN NULL; END $$;"
                "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON widgets"
                "  FOR EACH ROW EXECUTE FUNCTION note()");
    }

    /// What the first call of a write does, on the server.
    void first_call(const std::string& statement) const {
        by_hand(url,
                "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  IF nextval('calls') = 1 THEN " +
                    statement +
                    "; END IF; RETURN NEW; END $$;"
                    "CREATE TRIGGER first BEFORE INSERT OR UPDATE ON widgets"
                    "  FOR EACH ROW EXECUTE FUNCTION first()");
    }
    [[nodiscard]] int calls() const { return by_hand(url, "SELECT last_value FROM calls")[0][0].as<int>(); }
    [[nodiscard]] int applied() const { return by_hand(url, "SELECT count(*) FROM log")[0][0].as<int>(); }

    /// The backend of the library that waits for a lock; 0 if none does.
    [[nodiscard]] int waiting_backend() const {
        const auto found = by_hand(url,
                                   "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
                                   "application_name = 'gridone_storage' AND wait_event_type = 'Lock'");
        return found.empty() ? 0 : found[0][0].as<int>();
    }
};

/// A storage of its own whose line to the server can be cut.
class CutStorage {
public:
    explicit CutStorage(const std::string& url) : manager_{url, {.max_size = 2}} {
        const auto others = open_sockets();
        manager_.check();
        for (const int socket : open_sockets()) {
            if (!others.contains(socket)) line_ = socket;
        }
        if (line_ < 0) throw std::logic_error{"no new socket"};
    }
    [[nodiscard]] gs::PoolStats stats() const { return manager_.stats(); }
    void cut() const { ::shutdown(line_, SHUT_RDWR); }
    /// Runs `f` while the connection with that line is in use.
    template <class F>
    void while_in_use(F&& f) {
        gs::detail::ManagerAccess::state(manager_)->with_lease({.operation = "test"}, gs::detail::Effect::reads,
                                                               [&](auto&, const auto&) { f(); });
    }
    [[nodiscard]] std::future<void> write(std::string_view id, const Widget& widget,
                                          std::shared_future<void> after = {}) {
        return std::async(std::launch::async, [this, id, widget, after = std::move(after)] {
            if (after.valid()) after.wait();
            widgets_.write(id, widget);
        });
    }

private:
    gs::PostgresConnectionManager manager_;
    gs::PostgresStorageBackend<Widget> widgets_{manager_, "widgets"};
    int line_ = -1;
};

}  // namespace

TEST_CASE_METHOD(Logged, "a write whose backend is ended before the commit is run again, and applied once") {
    first_call("PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(20)");
    CHECK_NOTHROW(widgets.insert("a", {"bolt", 1}));
    CHECK(calls() == 2);
    CHECK(applied() == 1);
    CHECK(widgets.read("a") == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Logged, "a write that the server rolled back for a concurrent transaction is run again") {
    first_call("RAISE EXCEPTION 'rolled back' USING ERRCODE = '40001'");
    CHECK_NOTHROW(widgets.write("a", {"bolt", 1}));
    CHECK(calls() == 2);
    CHECK(applied() == 1);
}

TEST_CASE_METHOD(Logged, "two writes that lock each other out are both applied") {
    widgets.write("a", {"bolt", 0});
    widgets.write("b", {"bolt", 0});
    pqxx::connection other{url};
    pqxx::work work{other};
    work.exec("SET LOCAL deadlock_timeout = '1h'");  // so that the library's statement is the victim
    work.exec("SELECT FROM widgets WHERE id = 'b' FOR UPDATE");
    by_hand(url,
            "CREATE FUNCTION lock_both() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  PERFORM FROM widgets WHERE id = 'b' FOR UPDATE; RETURN NEW; END $$;"
            "CREATE TRIGGER lock_both BEFORE UPDATE ON widgets FOR EACH ROW WHEN (OLD.id = 'a')"
            "  EXECUTE FUNCTION lock_both()");
    auto writing = std::async(std::launch::async, [&] { widgets.replace("a", {"bolt", 1}); });
    await([&] { return waiting_backend() != 0; });
    work.exec("UPDATE widgets SET data = data WHERE id = 'a'");  // the circle is closed
    work.commit();
    CHECK_NOTHROW(writing.get());
    CHECK(widgets.read("a") == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Logged, "a read whose backend is ended is run again") {
    widgets.write("a", {"bolt", 1});
    pqxx::connection other{url};
    pqxx::work work{other};
    work.exec("LOCK TABLE widgets");
    auto reading = std::async(std::launch::async, [&] { return widgets.read("a"); });
    await([&] { return waiting_backend() != 0; });
    const int first = waiting_backend();
    by_hand(url, "SELECT pg_terminate_backend(" + std::to_string(first) + ")");
    await([&] { return waiting_backend() != 0 && waiting_backend() != first; });
    work.commit();
    CHECK(reading.get() == Widget{"bolt", 1});
}

TEST_CASE_METHOD(Logged, "a read works on after the type of the data column was changed") {
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.read("a").size == 1);
    by_hand(url, "ALTER TABLE widgets ALTER COLUMN data TYPE json");
    CHECK(widgets.read("a").size == 1);
}

TEST_CASE_METHOD(Logged, "a write whose line breaks while the server is at it is undone there and run again") {
    widgets.write("a", {"bolt", 0});
    CutStorage cut{url};
    pqxx::connection other{url};
    pqxx::work work{other};
    work.exec("SELECT FROM widgets WHERE id = 'a' FOR UPDATE");
    auto writing = cut.write("a", {"bolt", 1});
    await([&] { return waiting_backend() != 0; });
    const int first = waiting_backend();
    cut.cut();
    await([&] { return waiting_backend() != 0 && waiting_backend() != first; });
    work.commit();
    CHECK_NOTHROW(writing.get());
    CHECK(widgets.read("a") == Widget{"bolt", 1});
    CHECK(applied() == 2);
    CHECK(cut.stats().unknown_outcomes_resolved == 1);
    CHECK(cut.stats().unknown_outcomes_raised == 0);
    CHECK(cut.stats().retries == 1);
    CHECK(cut.stats().retirements.broken == 1);
}

TEST_CASE_METHOD(Logged, "a write whose line breaks is not guessed at when another has written over it since") {
    widgets.write("a", {"bolt", 0});
    CutStorage cut{url};
    first_call("PERFORM pg_advisory_lock(1)");  // before it looks whether there is a row
    pqxx::connection other{url};
    pqxx::nontransaction{other}.exec("SELECT pg_advisory_lock(1)");
    auto writing = cut.write("a", {"bolt", 1});
    await([&] { return waiting_backend() != 0; });
    by_hand(url, R"(UPDATE widgets SET data = '{"name": "other", "size": 7}' WHERE id = 'a')");
    cut.cut();
    const auto error = error_of<gs::OutcomeUnknownError>([&] { writing.get(); });
    CHECK(error.outcome() == gs::Outcome::unknown);
    CHECK(widgets.read("a") == Widget{"other", 7});
    CHECK(cut.stats().unknown_outcomes_resolved == 0);
    CHECK(cut.stats().unknown_outcomes_raised == 1);
    CHECK(cut.stats().retries == 0);
}

TEST_CASE_METHOD(Logged, "what another connection of the pool has written before is no riddle when a line breaks") {
    CutStorage cut{url};
    std::future<void> writing;
    std::promise<void> is_locked;
    // By a thread that is there before the other writer, whose id and with it whose connection it could have otherwise.
    writing = cut.write("a", {"bolt", 2}, is_locked.get_future().share());
    cut.while_in_use([&] { cut.write("a", {"bolt", 1}).get(); });
    first_call("PERFORM pg_advisory_lock(1)");
    pqxx::connection other{url};
    pqxx::nontransaction{other}.exec("SELECT pg_advisory_lock(1)");
    is_locked.set_value();
    await([&] { return waiting_backend() != 0; });
    cut.cut();
    CHECK_NOTHROW(writing.get());
    CHECK(widgets.read("a") == Widget{"bolt", 2});
    CHECK(applied() == 2);
}

TEST_CASE_METHOD(Logged,
                 "a role that may not ask which cluster serves it stores as any other, and lost writes stay unknown") {
    by_hand(url,
            "CREATE ROLE incurious LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO incurious;"
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO incurious;"
            "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public");
    widgets.write("a", {"bolt", 1});
    CutStorage cut{url + "&user=incurious"};
    CHECK_NOTHROW(cut.write("a", {"bolt", 2}).get());
    first_call("PERFORM pg_advisory_lock(1)");
    pqxx::connection other{url};
    pqxx::nontransaction{other}.exec("SELECT pg_advisory_lock(1)");
    auto writing = cut.write("a", {"bolt", 3});
    await([&] { return waiting_backend() != 0; });
    cut.cut();
    CHECK_THROWS_AS(writing.get(), gs::OutcomeUnknownError);
    CHECK(widgets.read("a") == Widget{"bolt", 2});
}
