// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

TEST_CASE(
    "callers with less time than connecting takes come to a connection, since each goes on where the last left off") {
    gs::testing::PostgresServer server;
    const std::string url = server.create_database();
    by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    by_hand(url, "ALTER SYSTEM SET pre_auth_delay = 1");
    server.restart();
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    const auto started = std::chrono::steady_clock::now();
    int late = 0;
    for (bool answered = false; !answered;) {
        REQUIRE(std::chrono::steady_clock::now() < started + 20s);
        try {
            (void)widgets.within(150ms).contains("a");
            answered = true;
        } catch (const gs::ConnectionError& error) {
            CHECK(error.cause() == gs::ConnectFailure::deadline);
            ++late;
        }
    }
    CHECK(late > 2);
    CHECK(std::chrono::steady_clock::now() - started >= 1s);
    CHECK(manager.pool()->counters().size == 1);
}
