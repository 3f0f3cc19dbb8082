// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_SERVICES_EACH_DATABASE_HPP
#define GRIDONE_STORAGE_TESTS_SERVICES_EACH_DATABASE_HPP

#include "postgres/server.hpp"
#include <gridone/storage/adapters/open_database.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <barrier>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// A new database with what the storages of a service need: `EachDatabase<UserStorage> db; db.storage.create(…)`. The
/// test case that makes one runs twice, in memory and on a server.
template <class Storage>
struct EachDatabase {
    EachDatabase() { database.ensure_schema(); }

    bool on_server = GENERATE(false, true);
    Catch::ScopedMessage where{Catch::MessageBuilder{"INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info}
                               << (on_server ? "on the server" : "in memory")};
    gridone::storage::Database database =
        gridone::storage::open_database(on_server ? shared_server().create_database() : "memory:");
    Storage storage{database};
};

/// Calls `f(0)` to `f(threads - 1)`, each on a thread of its own, all at once. What one of them throws comes out here.
inline void at_once(int threads, auto&& f) {
    std::barrier start{threads};
    std::exception_ptr failure;
    std::mutex mutex;
    {
        std::vector<std::jthread> running;
        for (int thread = 0; thread < threads; ++thread) {
            running.emplace_back([&, thread] {
                start.arrive_and_wait();
                try {
                    f(thread);
                } catch (...) {
                    const std::lock_guard lock{mutex};
                    failure = std::current_exception();
                }
            });
        }
    }
    if (failure) std::rethrow_exception(failure);
}

#endif
