// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_FAULTY_LINE_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_FAULTY_LINE_HPP

#include "faults/guards.hpp"
#include "faults/tcp_proxy.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <pqxx/result>

#include <string>
#include <sys/types.h>

/// A database with a table of widgets, and storages that reach it through a proxy only.
struct FaultyLine {
    explicit FaultyLine(gridone::storage::PoolOptions options = {},
                        gridone::storage::testing::PostgresServer& on = tcp_server())
        : server{on}, manager{proxy.url(database_of(url), guard.application_name()), options} {
        by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    }

    /// Runs SQL past the proxy and the library.
    [[nodiscard]] pqxx::result at_server(const std::string& sql) const { return by_hand(url, sql); }

    /// About the sessions of the manager.
    [[nodiscard]] pqxx::result of_sessions(const std::string& what, const std::string& where = "true") const {
        return at_server("SELECT " + what + " FROM pg_stat_activity WHERE application_name = '" +
                         guard.application_name() + "' AND " + where);
    }
    [[nodiscard]] pid_t backend() const { return of_sessions("pid")[0][0].as<pid_t>(); }

    gridone::storage::testing::PostgresServer& server;
    NothingLeftBehind guard{server};
    std::string url = server.create_database();
    TcpProxy proxy{server.port()};
    gridone::storage::PostgresConnectionManager manager;
    NothingLent nothing_lent{manager};
    gridone::storage::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
};

#endif
