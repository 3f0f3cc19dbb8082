// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_THREAD_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_THREAD_CHECKS_HPP

#include <gridone/storage/testing/detail/expectations.hpp>
#include <gridone/storage/testing/detail/optional_operations.hpp>
#include <gridone/storage/testing/detail/samples.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

constexpr std::size_t conformance_threads = 8;

/// Runs `body(0)` … `body(7)` at the same time; throws what the first of them threw, when all have ended.
template <class Body>
void at_once(Body body) {
    std::array<std::exception_ptr, conformance_threads> errors;
    std::latch start{conformance_threads};
    {
        std::vector<std::jthread> threads;
        for (std::size_t thread = 0; thread < conformance_threads; ++thread) {
            threads.emplace_back([&, thread] {
                start.arrive_and_wait();
                try {
                    body(thread);
                } catch (...) {
                    errors[thread] = std::current_exception();
                }
            });
        }
    }
    for (const std::exception_ptr& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

/// Counts a thread out when it ends, by an exception too.
class CountedOut {
public:
    explicit CountedOut(std::atomic<std::size_t>& count) : count_{count} {}
    CountedOut(const CountedOut&) = delete;
    CountedOut& operator=(const CountedOut&) = delete;
    ~CountedOut() { --count_; }

private:
    std::atomic<std::size_t>& count_;
};

/// Each operation takes effect at once and as a whole, whoever else is at work.
template <class Checks>
void add_thread_checks(Checks& checks) {
    using Backend = typename Checks::Backend;

    checks.add("no write of many threads is lost", [](auto& storage) {
        constexpr std::size_t rounds = 25;
        at_once([&](std::size_t thread) {
            for (std::size_t round = 0; round < rounds; ++round) {
                const std::size_t number = 1000 + thread * rounds + round;
                const ConformanceDocument document = sample(static_cast<std::int64_t>(number));
                storage.write(std::to_string(number), document);
                expect_equal(storage.read(std::to_string(number)), document, "read by the thread that wrote");
            }
        });
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < conformance_threads * rounds; ++i) {
            ids.push_back(std::to_string(1000 + i));
            expect_equal(storage.read(ids.back()), sample(static_cast<std::int64_t>(1000 + i)),
                         "read after all threads");
        }
        expect_equal(storage.list_all(), ids, "list_all after all threads");
    });
    checks.add("no read sees half a write", [](auto& storage) {
        constexpr std::size_t writers = conformance_threads / 2;
        const auto expect_whole = [](const ConformanceDocument& document, const std::string& where) {
            expect_equal(document, sample(document.number), where + " while others write");
        };
        storage.write("a", sample(0));
        std::atomic<std::size_t> writing = writers;
        // A lock that prefers readers would keep the writers waiting for as long as there are reads.
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        at_once([&](std::size_t thread) {
            if (thread < writers) {
                const CountedOut done{writing};
                for (std::size_t round = 0; round < 25; ++round) {
                    storage.write("a", sample(static_cast<std::int64_t>(thread * 100 + round + 1)));
                }
            } else {
                do {
                    expect_whole(storage.read("a"), "read");
                    for (const ConformanceDocument& each : storage.read_all()) expect_whole(each, "read_all");
                    expect(std::chrono::steady_clock::now() < deadline,
                           "the writes do not come through while others read");
                } while (writing != 0);
            }
        });
        expect_whole(storage.read("a"), "read after all threads, not");
        expect_ids(storage, {"a"}, "after all threads wrote one id");
    });
    const auto winners = [](auto attempt) {
        std::atomic<std::size_t> won = 0;
        at_once([&](std::size_t thread) {
            if (attempt(static_cast<std::int64_t>(thread))) ++won;
        });
        return won.load();
    };
    checks.add("of many threads that remove a document, one is told that it was there", [winners](auto& storage) {
        for (int round = 0; round < 10; ++round) {
            storage.write("a", sample(1));
            const std::size_t told = winners([&](std::int64_t) { return storage.remove("a"); });
            expect(told == 1, std::to_string(told) + " threads are told that they removed one document");
        }
    });
    if constexpr (Inserts<Backend>) {
        checks.add("of many threads that insert an id, one succeeds", [winners](auto& storage) {
            for (int round = 0; round < 10; ++round) {
                std::atomic<std::int64_t> inserted = -1;
                const std::size_t succeeded = winners([&](std::int64_t thread) {
                    try {
                        storage.insert("a", sample(thread));
                    } catch (const AlreadyExistsError&) {
                        return false;
                    }
                    inserted = thread;
                    return true;
                });
                expect(succeeded == 1, std::to_string(succeeded) + " threads succeed in inserting one id");
                expect_equal(storage.read("a"), sample(inserted), "read after many threads inserted one id");
                storage.remove("a");
            }
        });
    }
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
