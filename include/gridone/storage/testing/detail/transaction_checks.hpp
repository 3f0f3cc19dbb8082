// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_TRANSACTION_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_TRANSACTION_CHECKS_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>
#include <gridone/storage/testing/detail/thread_checks.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::testing::detail {

/// Thrown by bodies of transactions.
struct BodyFailed {};

template <class Call>
void expect_usage_error(const std::string& action, Call call) {
    expect_error<UsageError>("UsageError", action, call);
}

/// What transactions promise.
template <class Checks>
void add_transaction_checks(Checks& checks) {
    checks.add("a transaction takes effect when its body returns, and gives what the body gives", [](auto& storage) {
        storage.write("a", sample(1));
        const std::string given = storage.transaction([&](Transaction& tx) {
            auto inside = storage.in(tx);
            inside.write("b", sample(2));
            inside.remove("a");
            expect_equal(inside.read("b"), sample(2), "read in the transaction that wrote it");
            expect(!inside.contains("a"), "contains in the transaction that removed it tells that it is there");
            expect_equal(inside.list_all(), {"b"}, "list_all in a transaction");
            return std::string{"given"};
        });
        expect(given == "given", "transaction gives something else than its body gave");
        expect_equal(storage.read_all(), {sample(2)}, "read_all after a transaction");
    });
    checks.add("a transaction whose body throws takes no effect", [](auto& storage) {
        storage.write("a", sample(1));
        expect_error<BodyFailed>("what its body threw", "transaction", [&] {
            storage.transaction([&](Transaction& tx) {
                auto inside = storage.in(tx);
                inside.write("a", sample(2));
                inside.insert("b", sample(3));
                inside.write_many(std::vector<std::pair<std::string, ConformanceDocument>>{{"c", sample(4)}});
                throw BodyFailed{};
            });
        });
        expect_equal(storage.read_all(), {sample(1)}, "read_all after a transaction that failed");
    });
    checks.add("what a transaction has done is not seen by others before it ends", [](auto& storage) {
        storage.write("a", sample(1));
        storage.transaction([&](Transaction& tx) {
            storage.in(tx).write("a", sample(2));
            storage.in(tx).insert("b", sample(2));
            const auto seen = std::async(std::launch::async, [&] { return storage.read_all(); }).get();
            expect_equal(seen, {sample(1)}, "read_all of another thread");
        });
        expect_equal(storage.read_all(), {sample(2), sample(2)}, "read_all after the transaction");
    });
    checks.add("errors that tell something about a document leave the transaction intact", [](auto& storage) {
        const Version seen = storage.write("a", sample(1));
        storage.write("a", sample(2));
        storage.transaction([&](Transaction& tx) {
            auto inside = storage.in(tx);
            expect_not_found("read in a transaction", [&] { static_cast<void>(inside.read("x")); });
            expect_already_exists("insert in a transaction", [&] { inside.insert("a", sample(3)); });
            expect_already_exists("insert_many in a transaction", [&] {
                inside.insert_many(
                    std::vector<std::pair<std::string, ConformanceDocument>>{{"0", sample(4)}, {"a", sample(4)}});
            });
            expect_version_conflict("replace in a transaction",
                                    [&] { inside.replace("a", sample(3), if_version(seen)); });
            expect_invalid_input("write in a transaction", [&] { inside.write("", sample(3)); });
            inside.write("b", sample(4));
        });
        expect_equal(storage.read_all(), {sample(2), sample(4)}, "read_all after the transaction");
    });
    checks.add("a part of a transaction can be undone alone", [](auto& storage) {
        storage.transaction([&](Transaction& tx) {
            storage.in(tx).write("a", sample(1));
            expect_error<BodyFailed>("what its body threw", "a part of a transaction", [&] {
                tx.transaction([&](Transaction& part) {
                    storage.in(part).write("a", sample(2));
                    storage.in(part).write("b", sample(2));
                    throw BodyFailed{};
                });
            });
            expect_equal(storage.in(tx).read_all(), {sample(1)}, "read_all after a part that was undone");
            const int given = tx.transaction([&](Transaction& part) {
                storage.in(part).write("c", sample(3));
                return 7;
            });
            expect(given == 7, "a part of a transaction gives something else than its body gave");
        });
        expect_equal(storage.read_all(), {sample(1), sample(3)}, "read_all after the transaction");
    });
    checks.add("after a timeout nothing is committed, whatever the body does", [](auto& storage) {
        expect_usage_error("a transaction that went on after a timeout", [&] {
            storage.transaction([&](Transaction& tx) {
                storage.in(tx).write("a", sample(1));
                try {
                    storage.in(tx).within(std::chrono::nanoseconds{0}).write("b", sample(1));
                } catch (const TimeoutError&) {
                    expect_usage_error("a call after a timeout", [&] { storage.in(tx).write("c", sample(1)); });
                }
            });
        });
        expect_ids(storage, {}, "after a transaction that went on after a timeout");
    });
    checks.add("a call that bypasses the transaction of its thread is refused", [](auto& storage) {
        storage.transaction([&](Transaction& tx) {
            storage.in(tx).write("a", sample(1));
            expect_usage_error("a read past the transaction", [&] { static_cast<void>(storage.read("a")); });
            expect_usage_error("a write past the transaction", [&] { storage.write("b", sample(1)); });
            expect_usage_error("a transaction in a transaction", [&] { storage.transaction([](Transaction&) {}); });
        });
        expect_ids(storage, {"a"}, "after the transaction");
    });
    checks.add("a transaction is of use to nobody after its end, and to no other thread", [](auto& storage) {
        using View = decltype(storage.in(std::declval<Transaction&>()));
        std::unique_ptr<View> kept;
        storage.transaction([&](Transaction& tx) {
            kept = std::make_unique<View>(storage.in(tx));
            kept->write("a", sample(1));
            std::async(std::launch::async, [&] {
                expect_usage_error("a write of another thread in the transaction",
                                   [&] { kept->write("b", sample(1)); });
            }).get();
        });
        expect_usage_error("a write in a transaction that has ended", [&] { kept->write("c", sample(1)); });
        expect_ids(storage, {"a"}, "after the transaction");
    });
    checks.add("a view of an inner transaction throws UsageError after that transaction has ended", [](auto& storage) {
        using View = decltype(storage.in(std::declval<Transaction&>()));
        storage.transaction([&](Transaction& tx) {
            std::unique_ptr<View> released;
            tx.transaction([&](Transaction& inner) {
                released = std::make_unique<View>(storage.in(inner));
                released->write("a", sample(1));
                tx.transaction([&](Transaction&) { released->write("b", sample(1)); });
            });
            expect_usage_error("a write after the inner transaction was released",
                               [&] { released->write("c", sample(1)); });
            std::unique_ptr<View> rolled_back;
            expect_error<BodyFailed>("what its body threw", "an inner transaction", [&] {
                tx.transaction([&](Transaction& inner) {
                    rolled_back = std::make_unique<View>(storage.in(inner));
                    throw BodyFailed{};
                });
            });
            expect_usage_error("a write after the inner transaction was rolled back",
                               [&] { rolled_back->write("d", sample(1)); });
            tx.transaction([&](Transaction&) {
                expect_usage_error("a write in the next inner transaction",
                                   [&] { rolled_back->write("e", sample(1)); });
                storage.in(tx).write("f", sample(1));
            });
        });
        expect_ids(storage, {"a", "b", "f"}, "after a transaction whose inner transactions ended");
    });
    checks.add("on_commit runs after the commit, in order, and not for what was undone", [](auto& storage) {
        std::string order;
        storage.transaction([&](Transaction& tx) {
            storage.in(tx).write("a", sample(1));
            tx.on_commit([&] { order += storage.contains("a") ? "1" : "too early"; });
            try {
                tx.transaction([&](Transaction& part) {
                    part.on_commit([&] { order += "undone"; });
                    throw BodyFailed{};
                });
            } catch (const BodyFailed&) {
                order += "0";
            }
            tx.on_commit([&] { order += "2"; });
        });
        expect(order == "012", "on_commit ran in the order " + shown(order));
        expect_error<BodyFailed>("what its body threw", "transaction", [&] {
            storage.transaction([&](Transaction& tx) {
                tx.on_commit([&] { order += "not committed"; });
                throw BodyFailed{};
            });
        });
        expect(order == "012", "on_commit ran though the transaction was undone");
    });
    checks.add("transactions of several threads count every document once", [](auto& storage) {
        constexpr std::int64_t rounds = 10;
        storage.write("counter", sample(0));
        at_once([&](std::size_t thread) {
            for (std::int64_t i = 0; i < rounds; ++i) {
                storage.transaction([&](Transaction& tx) {
                    auto counter = storage.in(tx).read_for_update("counter");
                    ++counter.number;
                    storage.in(tx).replace("counter", counter);
                    storage.in(tx).insert(std::to_string(thread) + "/" + std::to_string(i), counter);
                });
            }
        });
        const auto counted = storage.read("counter").number;
        const auto expected = rounds * static_cast<std::int64_t>(conformance_threads);
        expect(counted == expected, std::to_string(expected) + " transactions counted " + std::to_string(counted));
        expect(storage.count() == static_cast<std::size_t>(expected) + 1, "a document of a transaction is missing");
    });
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
