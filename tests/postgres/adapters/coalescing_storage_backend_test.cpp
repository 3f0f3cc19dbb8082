// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "open_sockets.hpp"
#include "postgres/server.hpp"
#include "recorded_history.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/testing/conformance.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/transaction>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

static_assert(gs::StorageBackend<gs::CoalescingStorageBackend<Widget>, Widget>);
static_assert(gs::DocumentBackend<gs::CoalescingStorageBackend<Widget>, Widget>);
static_assert(gs::DocumentBackend<gs::CoalescingStorageBackend<Gadget, GadgetCodec>, Gadget>);

namespace {

namespace widget {
constexpr auto name = gs::field<&Widget::name>;
}

/// A database with widgets of distinct names, whose storage shares one statement.
struct Shared {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager;
    gs::PostgresStorageBackend<Widget> plain{manager, gs::document_table<Widget>("widgets").unique(widget::name)};
    gs::CoalescingStorageBackend<Widget> widgets{plain, {.max_statements = 1, .max_wait = 1h}};

    explicit Shared(const gs::PoolOptions& options = {}) : manager{url, options} {
        gs::BaseSchemaManager{manager, {plain.table()}}.ensure_schema();
    }

    [[nodiscard]] gs::CoalescingStats stats() const { return widgets.coalescing_stats(); }
};

/// Another session that has rows locked for as long as it is there.
class RowLock {
public:
    RowLock(const std::string& url, const std::string& id) : connection_{url} {
        work_.exec("SELECT 1 FROM widgets WHERE id = '" + id + "' FOR UPDATE");
    }

private:
    pqxx::connection connection_;
    pqxx::work work_{connection_};
};

/// Where an insert takes its time for some ids: in the statement itself, which is no lock.
Shared& with_slow_inserts(Shared& shared) {
    by_hand(shared.url,
            "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN "
            "NEW; END $$; CREATE TRIGGER slowly BEFORE INSERT ON widgets FOR EACH ROW WHEN (NEW.id LIKE 'slow%') "
            "EXECUTE FUNCTION slowly()");
    return shared;
}

/// Calls that begin while the only statement is kept busy: they share the next.
class Gathering {
public:
    explicit Gathering(Shared& shared) : shared_{shared} {
        shared_.plain.write("busy", {"busy", 0});
        busy_.emplace(shared_.url, "busy");
        statement_ = std::async(std::launch::async, [this] { shared_.widgets.write("busy", {"busy", 1}); });
        await([&] { return shared_.stats().alone == 1; });
    }
    Gathering(const Gathering&) = delete;
    Gathering& operator=(const Gathering&) = delete;
    Gathering(Gathering&&) = delete;
    Gathering& operator=(Gathering&&) = delete;
    ~Gathering() { release(); }

    /// Begins the call, and returns once it waits.
    template <class F>
    auto begin(F f) {
        const std::size_t waiting = shared_.stats().waiting;
        auto result = std::async(std::launch::async, [this, f] { return f(shared_.widgets); });
        await([&] { return shared_.stats().waiting > waiting || result.wait_for(0s) == std::future_status::ready; });
        return result;
    }

    void release() { busy_.reset(); }

private:
    Shared& shared_;
    std::optional<RowLock> busy_;
    std::future<void> statement_;
};

using Storage = gs::CoalescingStorageBackend<Widget>;

}  // namespace

TEST_CASE("the coalescing backend conforms") {
    using Document = gs::testing::ConformanceDocument;
    static const std::string database = shared_server().create_database();
    static int tables = 0;
    gs::PostgresConnectionManager manager{database};
    gs::testing::conformance([&] {
        const auto table = gs::document_table<Document>("documents_" + std::to_string(++tables));
        gs::BaseSchemaManager{manager, {table}}.ensure_schema();
        return gs::CoalescingStorageBackend<Document>{gs::PostgresStorageBackend<Document>{manager, table}};
    });
}

TEST_CASE("calls at the same time share a statement, and each gets its own answer") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    shared.plain.write("b", {"b", 2});
    Gathering gathering{shared};
    SECTION("finds") {
        auto a = gathering.begin([](Storage& it) { return it.read("a"); });
        auto b = gathering.begin([](Storage& it) { return it.find("b"); });
        auto again = gathering.begin([](Storage& it) { return it.find("b"); });
        auto none = gathering.begin([](Storage& it) { return it.find("none"); });
        auto error = gathering.begin(
            [](Storage& it) { return error_of<gs::NotFoundError>([&] { (void)it.read("no\"ne\\"); }); });
        gathering.release();
        CHECK(a.get() == Widget{"a", 1});
        CHECK(b.get() == Widget{"b", 2});
        CHECK(again.get() == Widget{"b", 2});
        CHECK(none.get() == std::nullopt);
        CHECK(error.get().id() == "no\"ne\\");
        CHECK(shared.stats().shared == 5);
    }
    SECTION("contains") {
        auto a = gathering.begin([](Storage& it) { return it.contains("a"); });
        auto none = gathering.begin([](Storage& it) { return it.contains("none"); });
        gathering.release();
        CHECK(a.get());
        CHECK_FALSE(none.get());
        CHECK(shared.stats().shared == 2);
    }
    SECTION("writes") {
        auto c = gathering.begin([](Storage& it) { return it.write("c", {"c", 3}); });
        auto a = gathering.begin([](Storage& it) { return it.write("a", {"a", 4}); });
        gathering.release();
        const gs::Version version_of_a = a.get();
        const gs::Version version_of_c = c.get();
        CHECK(version_of_a == shared.plain.read_document("a").version);
        CHECK(version_of_c == shared.plain.read_document("c").version);
        CHECK(shared.plain.read("a") == Widget{"a", 4});
        CHECK(shared.plain.read("c") == Widget{"c", 3});
        CHECK(shared.stats().shared == 2);
    }
    SECTION("inserts") {
        auto c = gathering.begin([](Storage& it) { return it.insert("c", {"c", 3}); });
        auto taken = gathering.begin(
            [](Storage& it) { return error_of<gs::AlreadyExistsError>([&] { it.insert("a", {"other", 4}); }); });
        gathering.release();
        const gs::Version version_of_c = c.get();
        CHECK(version_of_c == shared.plain.read_document("c").version);
        CHECK(taken.get().id() == "a");
        CHECK(shared.plain.read("a") == Widget{"a", 1});
        CHECK(shared.stats().shared == 2);
    }
    SECTION("removals") {
        auto a = gathering.begin([](Storage& it) { return it.remove("a"); });
        auto none = gathering.begin([](Storage& it) { return it.remove("none"); });
        gathering.release();
        CHECK(a.get());
        CHECK_FALSE(none.get());
        CHECK_FALSE(shared.plain.contains("a"));
        CHECK(shared.stats().shared == 2);
    }
    await([&] { return shared.stats().statements == 1; });
}

TEST_CASE("a document that breaks a rule fails alone") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    Gathering gathering{shared};
    auto good = gathering.begin([](Storage& it) { return it.write("b", {"b", 1}); });
    auto bad =
        gathering.begin([](Storage& it) { return error_of<gs::ConstraintError>([&] { it.write("c", {"a", 1}); }); });
    auto taken =
        gathering.begin([](Storage& it) { return error_of<gs::ConstraintError>([&] { it.insert("d", {"a", 1}); }); });
    gathering.release();
    (void)good.get();
    CHECK(bad.get().id() == "c");
    CHECK(taken.get().id() == "d");
    CHECK(shared.plain.list_all() == std::vector<std::string>{"a", "b", "busy"});
    CHECK(shared.stats().sent_apart == 3);
}

TEST_CASE("a write that a trigger suppresses fails alone") {
    Shared shared;
    for (const std::string id : {"a", "b"}) shared.plain.write(id, {id, 1});
    by_hand(shared.url,
            "CREATE FUNCTION keep_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER "
            "suppress BEFORE INSERT ON widgets FOR EACH ROW WHEN (NEW.id = 'x') EXECUTE FUNCTION keep_it(); CREATE "
            "TRIGGER keep BEFORE DELETE ON widgets FOR EACH ROW WHEN (OLD.id = 'b') EXECUTE FUNCTION keep_it()");
    Gathering gathering{shared};
    const auto suppressed = [&](auto&& call) {
        return gathering.begin(
            [call](Storage& it) { return error_of<gs::WriteSuppressedError>([&] { call(it); }).id(); });
    };
    SECTION("write") {
        auto c = gathering.begin([](Storage& it) { return it.write("c", {"c", 3}); });
        auto x = suppressed([](Storage& it) { it.write("x", {"x", 3}); });
        gathering.release();
        CHECK(x.get() == "x");
        (void)c.get();
        CHECK(shared.plain.contains("c"));
    }
    SECTION("insert") {
        auto c = gathering.begin([](Storage& it) { return it.insert("c", {"c", 3}); });
        auto x = suppressed([](Storage& it) { it.insert("x", {"x", 3}); });
        gathering.release();
        CHECK(x.get() == "x");
        (void)c.get();
        CHECK(shared.plain.contains("c"));
    }
    SECTION("remove") {
        auto a = gathering.begin([](Storage& it) { return it.remove("a"); });
        auto b = suppressed([](Storage& it) { it.remove("b"); });
        gathering.release();
        CHECK(b.get() == "b");
        CHECK(a.get());
        CHECK(shared.plain.contains("b"));
    }
    await([&] { return shared.stats().statements == 1; });
}

TEST_CASE("a document that is no model fails alone") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    by_hand(shared.url, "INSERT INTO widgets VALUES ('broken', '{\"name\": 7}')");
    Gathering gathering{shared};
    auto good = gathering.begin([](Storage& it) { return it.read("a"); });
    auto bad = gathering.begin([](Storage& it) { return error_of<gs::DecodeError>([&] { (void)it.read("broken"); }); });
    gathering.release();
    CHECK(good.get() == Widget{"a", 1});
    CHECK(bad.get().id() == "broken");
    CHECK(shared.stats().statements == 1);
}

TEST_CASE("a row that somebody keeps locked does not hold up the others") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    std::optional<RowLock> lock{std::in_place, shared.url, "a"};
    Gathering gathering{shared};
    auto waits = gathering.begin([](Storage& it) { return it.write("a", {"a", 2}); });
    auto goes_on = gathering.begin([](Storage& it) { return it.write("b", {"b", 2}); });
    gathering.release();
    (void)goes_on.get();
    CHECK(shared.plain.read("b") == Widget{"b", 2});
    CHECK(waits.wait_for(0s) != std::future_status::ready);
    lock.reset();
    (void)waits.get();
    CHECK(shared.plain.read("a") == Widget{"a", 2});
}

TEST_CASE("a call that waits for a locked row does not hold up those that come after it") {
    Shared shared;
    gs::CoalescingStorageBackend<Widget> widgets{shared.plain, {.max_statements = 1}};
    shared.plain.write("a", {"a", 1});
    std::optional<RowLock> lock{std::in_place, shared.url, "a"};
    auto waits = std::async(std::launch::async, [&] { widgets.write("a", {"a", 2}); });
    await([&] { return widgets.coalescing_stats().alone == 1; });
    widgets.write("b", {"b", 2});
    CHECK(widgets.read("b") == Widget{"b", 2});
    CHECK(waits.wait_for(0s) != std::future_status::ready);
    lock.reset();
    waits.get();
    CHECK(shared.plain.read("a") == Widget{"a", 2});
}

TEST_CASE("a call whose time runs out before its statement begins has done nothing") {
    Shared shared;
    Gathering gathering{shared};
    std::stop_source stop;
    auto stopped = gathering.begin([&](Storage& it) {
        return error_of<gs::CancelledError>([&] { it.within(stop.get_token()).write("b", {"b", 1}); });
    });
    stop.request_stop();
    CHECK(stopped.get().outcome() == gs::Outcome::not_applied);
    const auto late = error_of<gs::TimeoutError>([&] { shared.widgets.within(50ms).write("a", {"a", 1}); });
    CHECK(late.outcome() == gs::Outcome::not_applied);
    CHECK(late.id() == "a");
    gathering.release();
    await([&] { return shared.plain.read("busy").size == 1; });
    CHECK(shared.plain.count() == 1);
}

TEST_CASE("a call whose time runs out while its statement is under way is told so, and the others get their answers") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    with_slow_inserts(shared);
    Gathering gathering{shared};
    auto slow = gathering.begin([](Storage& it) { return it.write("slow", {"slow", 1}); });
    auto late = gathering.begin(
        [](Storage& it) { return error_of<gs::OutcomeUnknownError>([&] { it.within(300ms).write("c", {"c", 1}); }); });
    gathering.release();
    CHECK(late.get().id() == "c");
    (void)slow.get();
    CHECK(shared.plain.read("c") == Widget{"c", 1});
}

namespace {

/// A shared write that takes its time, and is not locked out; calls that begin now wait for the next statement.
class SlowWrite {
public:
    explicit SlowWrite(Shared& shared) : shared_{shared} {
        first_ = gathering_.begin([this](Storage& it) {
            it.write("slow", {"slow", 1});
            return shared_.plain.count();  // has nothing to do with what the same connection is used for meanwhile
        });
        gathering_.release();
        await_slow();
    }

    template <class F>
    auto begin(F f) {
        return gathering_.begin(f);
    }
    void end() { (void)first_.get(); }

    void await_slow() const {
        await([&] { return by_hand(shared_.url, "SELECT pid" + of_the_slow).size() == 1; });
    }

private:
    Shared& shared_;
    Gathering gathering_{with_slow_inserts(shared_)};
    std::future<std::size_t> first_;
    std::string of_the_slow = " FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
};

}  // namespace

TEST_CASE("who has read the answer to a shared write sends the next statement on the same connection") {
    Shared shared;
    shared.plain.write("a", {"a", 1});
    SlowWrite first{shared};
    auto taken =
        first.begin([](Storage& it) { return error_of<gs::ConstraintError>([&] { it.write("c", {"a", 1}); }); });
    SECTION("each gets its own answer") {
        auto b = first.begin([](Storage& it) { return it.write("b", {"b", 1}); });
        first.end();
        const gs::Version version_of_b = b.get();
        CHECK(version_of_b == shared.plain.read_document("b").version);
        CHECK(taken.get().id() == "c");
        CHECK(shared.stats().sent_apart == 2);
    }
    SECTION("who leads it has the connection") {
        CHECK(taken.wait_for(0s) != std::future_status::ready);
        auto slow = first.begin([](Storage& it) {
            it.within(1h).write("slow too", {"slow too", 1});
            return std::this_thread::get_id();
        });
        first.end();
        first.await_slow();
        await([&] { return shared.manager.leases().size() == 1; });  // the refused write runs alone, beside it
        const std::vector<gs::LeaseInfo> leases = shared.manager.leases();
        const std::thread::id leader = slow.get();
        REQUIRE(leases.size() == 1);
        CHECK(leases[0].operation == "write");
        CHECK(leases[0].table == "widgets");
        CHECK(leases[0].thread == leader);
        CHECK(taken.get().id() == "c");
    }
}

TEST_CASE("a document of the last statement is no riddle when the line of the next one breaks") {
    const auto others = open_sockets();
    Shared shared;
    SlowWrite first{shared};
    auto again = first.begin([](Storage& it) { return it.write("slow", {"slow", 2}); });
    first.end();
    first.await_slow();
    for (const int socket : open_sockets()) {
        if (!others.contains(socket)) ::shutdown(socket, SHUT_RDWR);
    }
    const gs::Version version = again.get();
    CHECK(version == shared.plain.read_document("slow").version);
    CHECK(shared.plain.read("slow").size == 2);
    CHECK(shared.stats().sent_apart == 1);
}

TEST_CASE("statements that were sent by who had read the answer to the last one are counted") {
    Shared shared;
    SlowWrite first{shared};
    auto b = first.begin([](Storage& it) { return it.write("b", {"b", 1}); });
    first.end();
    const gs::Version version_of_b = b.get();
    CHECK(version_of_b == shared.plain.read_document("b").version);
    CHECK(shared.stats().sent_ahead == 1);
}

TEST_CASE("who listens is told of a write whose connection went on, by a thread that holds none") {
    std::atomic<int> writes = 0;
    std::atomic<int> refused = 0;
    std::atomic<Shared*> there = nullptr;
    Shared shared{{.on_event = [&](const gs::StorageEvent& event) {
        if (event.kind != gs::StorageEvent::Kind::statement || event.operation != "write") return;
        try {
            if (there != nullptr) (void)there.load()->plain.contains("a");
        } catch (const gs::UsageError&) {
            ++refused;
        }
        ++writes;
    }}};
    there = &shared;
    SlowWrite first{shared};
    const int before = 2;  // the document that is kept busy
    auto b = first.begin([](Storage& it) { return it.write("b", {"b", 1}); });
    first.end();
    (void)b.get();
    await([&] { return writes == before + 2; });
    CHECK(refused == 0);
    CHECK(shared.stats().sent_ahead == 1);
}

TEST_CASE("who waits in the pool has the connection before the next shared statement") {
    Shared shared{{.max_size = 1}};
    SlowWrite first{shared};
    auto b = first.begin([](Storage& it) { return it.write("b", {"b", 1}); });
    auto plain = std::async(std::launch::async, [&] { return shared.plain.contains("b"); });
    await([&] { return shared.manager.pool()->counters().waiting == 1; });
    first.end();
    CHECK_FALSE(plain.get());
    const gs::Version version_of_b = b.get();
    CHECK(version_of_b == shared.plain.read_document("b").version);
    CHECK(shared.stats().sent_ahead == 0);
}

TEST_CASE("in a transaction nothing is shared, and past it a call of the same thread is refused") {
    Shared shared;
    shared.widgets.transaction([&](gs::Transaction& tx) {
        shared.widgets.in(tx).write("a", {"a", 1});
        CHECK(shared.widgets.in(tx).read("a") == Widget{"a", 1});
        CHECK_THROWS_AS(shared.widgets.read("a"), gs::UsageError);
        CHECK_THROWS_AS(shared.widgets.write("a", {"a", 2}), gs::UsageError);
    });
    CHECK(shared.stats().alone + shared.stats().shared == 0);
    CHECK(shared.widgets.read("a") == Widget{"a", 1});
}

TEST_CASE("after the manager was closed, whoever waits is told so") {
    Shared shared;
    Gathering gathering{shared};
    auto waits =
        gathering.begin([](Storage& it) { return error_of<gs::PoolClosedError>([&] { it.write("a", {"a", 1}); }); });
    shared.manager.close();
    gathering.release();
    CHECK(waits.get().id() == "a");
}

TEST_CASE("a child process after fork is refused at once, whoever was waiting in the parent") {
    Shared shared;
    Gathering gathering{shared};
    const auto began = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 1;
        try {
            (void)shared.widgets.find("a");
        } catch (const gs::UsageError&) {
            status = std::chrono::steady_clock::now() - began < 4s ? 0 : 2;  // a turn is waited for 5 s
        } catch (...) {
        }
        ::_exit(status);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("many callers on few connections lose nothing and wait for nobody for ever") {
    Shared shared;
    gs::CoalescingStorageBackend<Widget> widgets{shared.plain, {.max_statements = 2, .max_batch = 5}};
    constexpr int callers = 16;
    constexpr int rounds = 50;
    std::atomic<int> stale = 0;
    {
        std::vector<std::jthread> threads;
        for (int caller = 0; caller < callers; ++caller) {
            threads.emplace_back([&, caller] {
                const std::string id = "own" + std::to_string(caller);
                for (int round = 1; round <= rounds; ++round) {
                    widgets.write(id, {id, round});
                    if (widgets.read(id).size != round) ++stale;
                    widgets.write("common", {"common", caller});
                    if (!widgets.contains("common")) ++stale;
                }
            });
        }
    }
    CHECK(stale == 0);
    CHECK(widgets.count() == callers + 1);
    const gs::CoalescingStats stats = widgets.coalescing_stats();
    CHECK(stats.alone + stats.shared + stats.sent_apart >= std::size_t{callers} * rounds * 4);
    CHECK(stats.largest <= 5);
    CHECK(stats.waiting == 0);
}

TEST_CASE("what callers see of single documents could have happened one call after another") {
    Shared shared;
    for (std::uint32_t round = 0; round < 60; ++round) {
        gs::CoalescingStorageBackend<Widget> widgets{shared.plain,
                                                     {.max_statements = 1 + round % 3,
                                                      .max_batch = 2 + round % 7,
                                                      .max_writes = 1 + round % 2,
                                                      .max_wait = std::chrono::milliseconds{round % 5}}};
        INFO("round " << round);
        CHECK(linearizability::Recorder{widgets, round}.violations().empty());
    }
}
