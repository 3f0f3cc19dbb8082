// SPDX-License-Identifier: MIT

// The README's block about a private server, as it stands there.

#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

namespace {

[[maybe_unused]] void in_a_test() {
    gridone::storage::testing::PostgresServer server;
    gridone::storage::PostgresConnectionManager manager{server.create_database()};
    manager.check();
}

}  // namespace
