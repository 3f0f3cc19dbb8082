// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_GUARDS_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_GUARDS_HPP

#include "await.hpp"
#include "postgres/server.hpp"
#include <gridone/storage/core/storage_error.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/except>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

/// The server on 127.0.0.1 that the tests of faults share; a test that stops it makes its own.
inline gridone::storage::testing::PostgresServer& tcp_server() {
    static gridone::storage::testing::PostgresServer server{{.tcp = true}};
    return server;
}

/// Whether the long forms were asked for.
inline bool full_run() {
    const char* asked = std::getenv("GRIDONE_STORAGE_FAULTS");
    return asked != nullptr && std::string_view{asked} == "full";
}

/// A line of the run's result: on the terminal, and for `tests/run` to repeat at its end.
inline void publish(const std::string& line) {
    std::cout << line << std::endl;
    if (const char* file = std::getenv("GRIDONE_STORAGE_FAULTS_REPORT"))
        std::ofstream{file, std::ios::app} << line << '\n';
}

/// Calls until the call succeeds: for preparations under a time limit that a busy machine may miss.
inline void until_it_works(auto&& call) {
    await([&] {
        try {
            call();
            return true;
        } catch (const gridone::storage::StorageError&) {
            return false;
        }
    });
}

/// The name of the database in a connection string of the test server.
inline std::string database_of(const std::string& url) {
    const std::size_t begin = url.find('/', url.find("//") + 2) + 1;
    return url.substr(begin, url.find('?') - begin);
}

/// At its end everything that came after it is gone: file descriptors of this process, sessions of the server. Make it
/// the first member of a test, after the server.
class NothingLeftBehind {
public:
    explicit NothingLeftBehind(const gridone::storage::testing::PostgresServer& server)
        : server_{server}, files_{open_files()} {}
    NothingLeftBehind(const NothingLeftBehind&) = delete;
    NothingLeftBehind& operator=(const NothingLeftBehind&) = delete;
    NothingLeftBehind(NothingLeftBehind&&) = delete;
    NothingLeftBehind& operator=(NothingLeftBehind&&) = delete;
    ~NothingLeftBehind() {
        CHECK(open_files() <= files_);
        if (server_.pid() == 0) return;
        const auto gone = comes_true(
            [&] {
                try {
                    return sessions() == 0;
                } catch (const pqxx::failure&) {  // a server that recovers
                    return false;
                }
            },
            std::chrono::seconds{5});
        CHECK(gone);
    }

    /// Of this test only: no other has it.
    [[nodiscard]] const std::string& application_name() const noexcept { return application_name_; }

    /// How many sessions of the test there are. Those that still start have no name yet, and count.
    [[nodiscard]] int sessions() const {
        return by_hand(server_.url("postgres"),
                       "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
                       "pg_backend_pid() AND (application_name = '" +
                           application_name_ + "' OR datname IS NULL)")[0][0]
            .as<int>();
    }

    [[nodiscard]] static std::size_t open_files() {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"}) ++count;
        return count;
    }

private:
    static std::string unique_name() {
        static std::atomic<int> names = 0;
        return "faults_" + std::to_string(++names);
    }

    const gridone::storage::testing::PostgresServer& server_;
    std::size_t files_;
    std::string application_name_ = unique_name();
};

/// At its end no connection is lent. Make it the member after the manager.
class NothingLent {
public:
    explicit NothingLent(gridone::storage::PostgresConnectionManager& manager) : manager_{manager} {}
    NothingLent(const NothingLent&) = delete;
    NothingLent& operator=(const NothingLent&) = delete;
    NothingLent(NothingLent&&) = delete;
    NothingLent& operator=(NothingLent&&) = delete;
    ~NothingLent() {
        const auto counters = manager_.pool()->counters();
        CHECK(counters.leased == 0);
        CHECK(counters.waiting == 0);
        CHECK(counters.size == counters.idle);
    }

private:
    gridone::storage::PostgresConnectionManager& manager_;
};

#endif
