// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_EITHER_BACKEND_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_EITHER_BACKEND_HPP

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <string>

namespace gridone_tests {

/// A database of its own, with the tables of M that a test wants.
template <class M>
struct TablesInMemory {
    using Storage = gridone::storage::MemoryStorageBackend<M>;

    Storage storage(const gridone::storage::DocumentTable<M>& table) { return {database, table}; }

    gridone::storage::MemoryDatabase database{};
};

/// The same on a server.
template <class M>
struct TablesInPostgres {
    using Storage = gridone::storage::PostgresStorageBackend<M>;

    Storage storage(const gridone::storage::DocumentTable<M>& table) {
        gridone::storage::BaseSchemaManager{database, {table}}.ensure_schema();
        gridone::storage::BaseSchemaManager{database, {table}}.ensure_schema();  // which changes nothing
        return {database, table};
    }

    std::string url = shared_server().create_database();
    gridone::storage::PostgresConnectionManager database{url};
};

}  // namespace gridone_tests

#endif
