// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_OPEN_DATABASE_HPP
#define GRIDONE_STORAGE_ADAPTERS_OPEN_DATABASE_HPP

#include <gridone/storage/adapters/database.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// The database that a service's configuration names: `memory:`, a new and empty one, or `postgresql://…` (also
/// `postgres://…`), as libpq reads it. No I/O yet: `check()` or the first call on a storage connects. A PostgreSQL database
/// must have the encoding UTF8.
/// @param options  of the pool; of none in memory.
/// @throws InvalidInputError  any other url, of which nothing but the scheme is told, or one that libpq cannot read.
[[nodiscard]] inline Database open_database(std::string_view url, PoolOptions options = {}) {
    if (url == "memory:") return Database{MemoryDatabase{}};
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        return Database{std::make_shared<PostgresConnectionManager>(std::string{url}, std::move(options))};
    }
    // Only what is certainly a scheme: anything else may be a part of a password.
    const std::string_view scheme = url.substr(0, url.find("://"));
    const bool is_scheme = scheme.size() < url.size() && !scheme.empty() && scheme.size() <= 20 &&
                           scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == scheme.npos;
    throw InvalidInputError{ErrorInfo{.reason = "a url of a database begins with memory: or postgresql://" +
                                                (is_scheme ? ", not with " + std::string{scheme} + "://" : ""),
                                      .operation = "open_database"}};
}

}  // namespace gridone::storage::inline v0

#endif
