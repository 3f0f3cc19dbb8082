// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_SERVER_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_SERVER_HPP

#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <stdexcept>
#include <string>

/// The server that all tests of the program share; a test that stops it makes its own.
inline gridone::storage::testing::PostgresServer& shared_server() {
    static gridone::storage::testing::PostgresServer server;
    return server;
}

/// Runs SQL past the library.
inline pqxx::result by_hand(const std::string& url, const std::string& sql) {
    pqxx::connection connection{url};
    pqxx::nontransaction work{connection};
    return work.exec(sql);
}

/// The error of this type that the call throws.
template <class Error>
Error error_of(auto&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    throw std::logic_error{"the call succeeded, though an error was expected"};
}

#endif
