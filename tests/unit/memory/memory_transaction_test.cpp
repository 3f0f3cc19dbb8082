// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "unit/memory/shop.hpp"
#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

constexpr auto size_field = gs::field<&Widget::size>;

/// Thrown by bodies; no std::exception.
struct Failed {
    int number;
};

void await_moment(std::chrono::steady_clock::time_point moment) {
    await([&] { return std::chrono::steady_clock::now() > moment; });
}

}  // namespace

TEST_CASE_METHOD(Shop,
                 "a transaction over two tables in memory takes effect as a whole, and gives what its body gives") {
    const std::unique_ptr<int> given = database.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).patch("a", size_field.increment(4));
        widgets.in(tx).remove("b");
        orders.in(tx).insert("1", {"order", 5});
        return std::make_unique<int>(widgets.in(tx).read("a").size);
    });
    CHECK(*given == 5);
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 5}});
    CHECK(orders.read("1") == Widget{"order", 5});
}

TEST_CASE_METHOD(Shop,
                 "a transaction in memory whose body throws takes no effect, and what it threw passes unchanged") {
    const auto write_all = [&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        widgets.in(tx).remove("b");
        orders.in(tx).write_many({{"1", Widget{"order", 1}}, {"2", Widget{"order", 2}}});
    };
    const auto number = [&] {
        try {
            database.transaction([&](gs::Transaction& tx) {
                write_all(tx);
                throw Failed{7};
            });
        } catch (const Failed& failed) {
            return failed.number;
        }
        return 0;
    };
    CHECK(number() == 7);
    CHECK_THROWS_AS(widgets.transaction([&](gs::Transaction& tx) {
        write_all(tx);
        (void)widgets.in(tx).read("b");
    }),
                    gs::NotFoundError);
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 1}, Widget{"nut", 1}});
    CHECK(orders.count() == 0);
    CHECK_NOTHROW(widgets.write("a", {"bolt", 3}));
}

TEST_CASE_METHOD(Shop,
                 "a transaction sees its own changes in every operation, and nobody else sees them before its end") {
    const auto seen_outside = [&] {
        return std::async(std::launch::async, [&] { return std::pair{widgets.read_all(), orders.list_all()}; }).get();
    };
    widgets.write("d", {"gear", 1});
    database.transaction([&](gs::Transaction& tx) {
        auto inside = widgets.in(tx);
        const gs::Version version = inside.write("a", {"bolt", 2});
        inside.remove("b");
        inside.insert("0", {"axle", 3});
        inside.insert("c", {"cog", 4});
        inside.insert("x", {"gone", 5});
        inside.remove("x");
        orders.in(tx).insert("1", {"order", 1});
        const std::vector<std::string> ids{"0", "a", "c", "d"};
        CHECK(inside.list_all() == ids);
        CHECK(inside.count() == 4);
        CHECK(inside.read_all() == std::vector<Widget>{{"axle", 3}, {"bolt", 2}, {"cog", 4}, {"gear", 1}});
        CHECK(inside.read("a").size == 2);
        CHECK(inside.read_for_update("a").size == 2);
        CHECK(inside.read_document("a").version == version);
        CHECK_FALSE(inside.find("b"));
        CHECK_FALSE(inside.contains("x"));
        CHECK(inside.read_many({"b", "c"})[1] == Widget{"cog", 4});
        CHECK_FALSE(inside.read_many({"b", "c"})[0]);
        std::vector<std::string> visited;
        inside.for_each([&](const gs::Document<Widget>& document) { visited.push_back(document.id); });
        CHECK(visited == ids);
        const auto [outside, outside_orders] = seen_outside();
        CHECK(outside == std::vector<Widget>{{"bolt", 1}, {"nut", 1}, {"gear", 1}});
        CHECK(outside_orders.empty());
    });
    CHECK(seen_outside() == std::pair{std::vector<Widget>{{"axle", 3}, {"bolt", 2}, {"cog", 4}, {"gear", 1}},
                                      std::vector<std::string>{"1"}});
}

TEST_CASE_METHOD(Shop, "a batch in a transaction is all or nothing, and clear clears what the transaction sees") {
    database.transaction([&](gs::Transaction& tx) {
        auto inside = widgets.in(tx);
        inside.remove("a");
        CHECK_THROWS_AS(inside.insert_many({{"a", Widget{"x", 1}}, {"b", Widget{"x", 1}}}), gs::AlreadyExistsError);
        CHECK(inside.list_all() == std::vector<std::string>{"b"});
        CHECK(inside.insert_many({{"a", Widget{"x", 1}}, {"c", Widget{"x", 1}}}).size() == 2);
        CHECK(inside.remove_many({"a", "x"}) == 1);
        CHECK(inside.clear() == 2);
        CHECK(inside.count() == 0);
        CHECK(inside.insert_missing({{"z", Widget{"z", 1}}}) == std::vector<std::string>{"z"});
    });
    CHECK(widgets.list_all() == std::vector<std::string>{"z"});
}

TEST_CASE_METHOD(Shop, "parts of a transaction in memory are undone alone, also within each other") {
    database.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& outer) {
            widgets.in(outer).write("a", {"bolt", 3});
            orders.in(outer).write("outer", {"order", 1});
            const int given = outer.transaction([&](gs::Transaction& inner) {
                widgets.in(inner).write("a", {"bolt", 4});
                widgets.in(inner).remove("b");
                return widgets.in(inner).read("a").size;
            });
            CHECK(given == 4);
            CHECK_THROWS_AS(outer.transaction([&](gs::Transaction& inner) {
                widgets.in(inner).write("a", {"bolt", 5});
                widgets.in(inner).write("b", {"nut", 5});
                throw Failed{1};
            }),
                            Failed);
            CHECK(widgets.in(outer).read_all() == std::vector{Widget{"bolt", 4}});
            throw Failed{2};
        }),
                        Failed);
        CHECK(widgets.in(tx).read_all() == std::vector{Widget{"bolt", 2}, Widget{"nut", 1}});
        CHECK(orders.in(tx).count() == 0);
        tx.transaction([&](gs::Transaction& part) { orders.in(part).write("kept", {"order", 1}); });
    });
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 2}, Widget{"nut", 1}});
    CHECK(orders.list_all() == std::vector<std::string>{"kept"});
}

TEST_CASE_METHOD(Shop, "a body that goes on after an error that dooms its transaction ends in a UsageError") {
    const auto error = thrown_by<gs::UsageError>([&] {
        database.transaction([&](gs::Transaction& tx) {
            widgets.in(tx).write("a", {"bolt", 2});
            CHECK_THROWS_AS(widgets.in(tx).within(0ms).write("b", {"nut", 2}), gs::DeadlineExceededError);
            CHECK_THROWS_AS((void)widgets.in(tx).read("a"), gs::UsageError);
        });
    });
    CHECK(std::string{error.what()}.find("the deadline had passed before it began") != std::string::npos);
    CHECK(widgets.read("a").size == 1);
    database.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 3});
        CHECK_THROWS_AS(
            tx.transaction([&](gs::Transaction& part) { widgets.in(part).within(0ms).write("b", {"nut", 2}); }),
            gs::DeadlineExceededError);
        widgets.in(tx).write("b", {"nut", 3});
    });
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 3}, Widget{"nut", 3}});
}

TEST_CASE_METHOD(Shop,
                 "a transaction in memory is of no use after its end, to another thread, or to another database") {
    gs::MemoryStorageBackend<Widget> elsewhere;
    std::unique_ptr<decltype(widgets.in(std::declval<gs::Transaction&>()))> kept;
    database.transaction([&](gs::Transaction& tx) {
        kept = std::make_unique<decltype(widgets.in(tx))>(widgets.in(tx));
        const auto of_other_thread = std::async(std::launch::async, [&] {
                                         return thrown_by<gs::UsageError>([&] { kept->write("a", {"bolt", 2}); });
                                     }).get();
        CHECK(of_other_thread.what() ==
              std::string{"write widgets: the transaction belongs to the thread that runs its body"});
        CHECK_THROWS_AS(elsewhere.in(tx).write("a", {"bolt", 2}), gs::UsageError);
        CHECK_THROWS_AS((void)elsewhere.in(tx).find("a"), gs::UsageError);
        elsewhere.write("b", {"nut", 2});
        kept->write("c", {"cog", 1});
    });
    const auto error = thrown_by<gs::UsageError>([&] { kept->write("d", {"gear", 1}); });
    CHECK(error.what() == std::string{"write widgets: the transaction has ended"});
    CHECK_THROWS_AS(database.transaction([&](gs::Transaction& tx) {
        kept = std::make_unique<decltype(widgets.in(tx))>(widgets.in(tx));
        throw Failed{1};
    }),
                    Failed);
    CHECK_THROWS_AS((void)kept->list_all(), gs::UsageError);
    CHECK(widgets.list_all() == std::vector<std::string>{"a", "b", "c"});
    CHECK(elsewhere.list_all() == std::vector<std::string>{"b"});
}

TEST_CASE_METHOD(Shop, "what bypasses the transaction of its thread is refused, on every storage of the database") {
    gs::MemoryStorageBackend<Widget> late{database, "late"};
    database.transaction([&](gs::Transaction& tx) {
        CHECK_THROWS_AS((void)widgets.read("a"), gs::UsageError);
        CHECK_THROWS_AS((void)late.count(), gs::UsageError);
        CHECK_THROWS_AS(orders.write("1", {"order", 1}), gs::UsageError);
        CHECK_THROWS_AS(widgets.edit("a", [](Widget&) {}), gs::UsageError);
        CHECK_THROWS_AS(orders.transaction([](gs::Transaction&) {}), gs::UsageError);
        CHECK_THROWS_AS(database.transaction([](gs::Transaction&) {}), gs::UsageError);
        const gs::MemoryStorageBackend<Widget> made_in_it{database, "made in it"};
        CHECK(made_in_it.in(tx).count() == 0);
        const auto error = thrown_by<gs::UsageError>([&] { (void)widgets.list_all(); });
        CHECK(std::string{error.what()}.starts_with("list_all widgets: this thread already runs a transaction"));
        widgets.in(tx).write("a", {"bolt", 2});
    });
    CHECK(widgets.read("a").size == 2);
    CHECK(orders.count() == 0);
}

TEST_CASE_METHOD(Shop, "on_commit in memory runs when others may write again, and what it throws undoes nothing") {
    std::string order;
    CHECK_THROWS_AS(database.transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        tx.on_commit([&] {
            order += "1";
            widgets.write("b", {"nut", widgets.read("a").size});
        });
        CHECK_THROWS_AS(tx.transaction([&](gs::Transaction& part) {
            part.on_commit([&] { order += "undone"; });
            throw Failed{1};
        }),
                        Failed);
        tx.on_commit([&] {
            order += "2";
            throw Failed{2};
        });
        order += "0";
    }),
                    Failed);
    CHECK(order == "012");
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 2}, Widget{"nut", 2}});
    CHECK_THROWS_AS(database.transaction([&](gs::Transaction& tx) {
        tx.on_commit([&] { order += "not committed"; });
        throw Failed{3};
    }),
                    Failed);
    CHECK(order == "012");
}

TEST_CASE_METHOD(Shop, "what on_commit was given and the transaction drops goes when others may write again") {
    struct WritesAtItsEnd {
        gs::MemoryStorageBackend<Widget> orders;
        ~WritesAtItsEnd() { orders.write("end", {"order", 1}); }
    };
    CHECK_THROWS_AS(database.transaction([&](gs::Transaction& tx) {
        tx.on_commit([last = std::make_shared<WritesAtItsEnd>(orders)] {});
        throw Failed{1};
    }),
                    Failed);
    CHECK(orders.contains("end"));
}

TEST_CASE_METHOD(Shop, "a read-only transaction in memory refuses every write, and goes on") {
    database.transaction({.read_only = true}, [&](gs::Transaction& tx) {
        auto inside = widgets.in(tx);
        const gs::Version version = inside.read_document("a").version;
        CHECK_THROWS_AS(inside.write("a", {"bolt", 2}), gs::UsageError);
        CHECK_THROWS_AS(inside.insert("c", {"cog", 2}), gs::UsageError);
        CHECK_THROWS_AS(inside.replace("a", {"bolt", 2}), gs::UsageError);
        CHECK_THROWS_AS(inside.replace("a", {"bolt", 2}, gs::if_version(version)), gs::UsageError);
        CHECK_THROWS_AS(inside.remove("a"), gs::UsageError);
        CHECK_THROWS_AS(inside.remove("a", gs::if_version(version)), gs::UsageError);
        CHECK_THROWS_AS(inside.patch("a", size_field.set(2)), gs::UsageError);
        CHECK_THROWS_AS(inside.edit("a", [](Widget& widget) { ++widget.size; }), gs::UsageError);
        CHECK_THROWS_AS((void)inside.read_for_update("a"), gs::UsageError);
        CHECK_THROWS_AS(inside.insert_or_find("a", {"bolt", 2}), gs::UsageError);
        CHECK_THROWS_AS(inside.write_many({{"a", Widget{"bolt", 2}}}), gs::UsageError);
        CHECK_THROWS_AS(inside.insert_many({{"c", Widget{"cog", 2}}}), gs::UsageError);
        CHECK_THROWS_AS(inside.insert_missing({{"c", Widget{"cog", 2}}}), gs::UsageError);
        CHECK_THROWS_AS(inside.remove_many({"a"}), gs::UsageError);
        CHECK_THROWS_AS(inside.clear(), gs::UsageError);
        CHECK(inside.read("a").size == 1);
    });
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 1}, Widget{"nut", 1}});
}

TEST_CASE_METHOD(Shop, "there is no session behind a transaction in memory") {
    database.transaction([&](gs::Transaction& tx) { CHECK_THROWS_AS((void)tx.connection(), gs::UsageError); });
}

TEST_CASE_METHOD(Shop, "a transaction in memory ends at its deadline, nothing applied") {
    bool ran = false;
    CHECK_THROWS_AS(database.transaction({.deadline = 0ms}, [&](gs::Transaction&) { ran = true; }),
                    gs::DeadlineExceededError);
    CHECK_FALSE(ran);
    const auto late = thrown_by<gs::DeadlineExceededError>([&] {
        database.transaction({.deadline = 50ms}, [&](gs::Transaction& tx) {
            const auto begin = std::chrono::steady_clock::now();
            widgets.in(tx).write("a", {"bolt", 2});
            await_moment(begin + 50ms);
            widgets.in(tx).write("b", {"nut", 2});
        });
    });
    CHECK(late.operation() == "write");
    CHECK(late.retry() == gs::Retry::caller_decides);
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 1}, Widget{"nut", 1}});
}

TEST_CASE_METHOD(Shop, "a body that returns after the deadline of its transaction, or of its call, commits nothing") {
    const auto write_until_late = [&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        await_moment(std::chrono::steady_clock::now() + 50ms);
    };
    const auto error =
        thrown_by<gs::DeadlineExceededError>([&] { database.transaction({.deadline = 50ms}, write_until_late); });
    CHECK(error.what() == std::string{"transaction: the deadline passed before it was committed"});
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK_THROWS_AS(widgets.within(50ms).transaction(write_until_late), gs::DeadlineExceededError);
    CHECK_THROWS_AS(widgets.within(50ms).transaction({.deadline = 1h}, write_until_late), gs::DeadlineExceededError);
    std::stop_source source;
    CHECK_THROWS_AS(widgets.within(source.get_token()).transaction([&](gs::Transaction& tx) {
        widgets.in(tx).write("a", {"bolt", 2});
        source.request_stop();
    }),
                    gs::CancelledError);
    CHECK(widgets.read("a").size == 1);
}

TEST_CASE_METHOD(Shop, "while another thread's transaction runs, reads go on and writes wait until their deadline") {
    OpenTransaction open{*this};
    CHECK(widgets.read("a").size == 1);
    CHECK_FALSE(orders.contains("1"));
    const auto error = thrown_by<gs::DeadlineExceededError>([&] { widgets.within(20ms).write("b", {"nut", 2}); });
    CHECK(error.what() ==
          std::string{"write widgets: the deadline passed while another call or transaction was writing"});
    CHECK(error.retry() == gs::Retry::caller_decides);
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK_THROWS_AS(database.transaction({.deadline = 20ms}, [](gs::Transaction&) {}), gs::DeadlineExceededError);
    CHECK_THROWS_AS(orders.within(20ms).clear(), gs::DeadlineExceededError);
    auto waiting = std::async(std::launch::async, [&] {
        widgets.write("a", {"after it", 8});
        return orders.contains("1");
    });
    open.end();
    CHECK(waiting.get());
    CHECK(widgets.read("a") == Widget{"after it", 8});
    CHECK(widgets.read("b").size == 1);
}

TEST_CASE_METHOD(Shop, "a write that waits for a transaction ends when its caller stops it") {
    OpenTransaction open{*this};
    // Until the stop has come while it waits, and not before.
    const auto begin = std::chrono::steady_clock::now();
    int yields = 0;
    await([&] {
        std::stop_source source;
        std::promise<void> calling;
        auto waiting = std::async(std::launch::async, [&] {
            calling.set_value();
            return thrown_by<gs::StorageError>(
                [&] { widgets.within(1min).within(source.get_token()).write("b", {"nut", 2}); });
        });
        calling.get_future().wait();
        for (int i = 0; i < yields; ++i) std::this_thread::yield();
        yields += 100;
        source.request_stop();
        const gs::StorageError error = waiting.get();
        const std::string what = error.what();
        REQUIRE(what.find("the caller stopped it") != std::string::npos);
        return what == "write widgets: the caller stopped it while another call or transaction was writing" &&
               error.retry() == gs::Retry::caller_decides;
    });
    CHECK(std::chrono::steady_clock::now() - begin < 30s);
    open.end();
    CHECK(widgets.read("b").size == 1);
}

TEST_CASE_METHOD(Shop, "transactions of several threads run one after the other, and none of their changes is lost") {
    constexpr int threads = 4;
    constexpr int rounds = 50;
    const auto move = [&](const char* from, const char* to) {
        for (int round = 0; round < rounds; ++round) {
            database.transaction([&](gs::Transaction& tx) {
                widgets.in(tx).patch(from, size_field.increment(-1));
                const Widget there = widgets.in(tx).read(to);
                widgets.in(tx).replace(to, {there.name, there.size + 1});
            });
        }
    };
    bool balanced = true;
    {
        std::vector<std::jthread> movers;
        for (int thread = 0; thread < threads; ++thread) {
            movers.emplace_back([&, thread] { thread % 2 == 0 ? move("a", "b") : move("b", "a"); });
        }
        for (int look = 0; look < 200; ++look) {
            const auto seen = widgets.read_all();
            balanced = balanced && seen.size() == 2 && seen[0].size + seen[1].size == 2;
        }
    }
    CHECK(balanced);
    CHECK(widgets.read_all() == std::vector{Widget{"bolt", 1}, Widget{"nut", 1}});
}
