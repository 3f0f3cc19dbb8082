// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SIDES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SIDES_HPP

#include "differential/case.hpp"
#include "differential/model.hpp"
#include "differential/run_case.hpp"
#include "differential/seen.hpp"
#include "differential/shapes.hpp"
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/postgres_storage_backend.hpp>
#include <gridone/storage/postgres/schema/base_schema_manager.hpp>

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/result>
#include <pqxx/row>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace differential {

using Lines = std::vector<std::string>;

/// What one of the two has to do: run something on empty tables, and tell what it gave and what is stored in the end.
class Side {
public:
    Side() = default;
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    Side(Side&&) = delete;
    Side& operator=(Side&&) = delete;
    virtual ~Side() = default;

    [[nodiscard]] virtual Lines run(const Case& it) = 0;
};

/// Lines of what is stored.
inline void tell_row(Lines& lines, std::string_view table, std::string_view id, std::string_view text) {
    lines.push_back("stored in " + std::string{table} + ", " + std::string{id} + ": " + std::string{text});
}

/// PostgreSQL: one connection for the storages, one past the library.
template <class Storage = gridone::storage::PostgresStorageBackend<json>>
class PostgresSide : public Side {
public:
    using Backend = gridone::storage::PostgresStorageBackend<json>;

    /// @param url   of an empty database
    /// @param make  makes the storage of a backend's
    explicit PostgresSide(const std::string& url, const std::function<Storage(Backend)>& make = std::identity{},
                          const std::vector<Shape>& all = shapes())
        : manager_{url, {.max_size = 1}}, past_the_library_{url} {
        run_past_the_library("SET session_replication_role = replica");  // no triggers: all rows can be taken away
        // Its own statements rely on these, whatever the database sets for its sessions.
        run_past_the_library(
            "SET search_path = public; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on");
        for (const Shape& shape : all) {
            gridone::storage::BaseSchemaManager{manager_, {shape.tables.begin(), shape.tables.end()}}.ensure_schema();
            Tables& tables = shapes_.emplace_back(Tables{{.model = {manager_, "documents"}}});
            for (const auto& table : shape.tables) {
                tables.storages.all.push_back(make(Backend{manager_, table}));
                tables.names.push_back(table.names().table_name);
            }
            tables.take = "take " + std::to_string(shapes_.size());
            past_the_library_.prepare(tables.take, taking(tables.names));
        }
    }

    Lines run(const Case& it) override {
        return observed(it.shape, [&](auto& storages, Seen& seen) { CaseRun{storages, seen}.run(it.operations); });
    }

    /// What `f(storages, seen)` comes to.
    template <class F>
    Lines observed(std::size_t shape, F&& f) {
        Tables& tables = shapes_.at(shape);
        Seen seen;
        f(tables.storages, seen);
        Lines lines = seen.lines();
        pqxx::nontransaction work{past_the_library_};
        for (const auto& row : work.exec(pqxx::prepped{tables.take})) {
            tell_row(lines, tables.names.at(row[0].as<std::size_t>()), row[1].as<std::string>(),
                     row[2].as<std::string>());
        }
        return lines;
    }

private:
    struct Tables {
        Storages<Storage, gridone::storage::PostgresStorageBackend<Model>> storages;
        std::vector<std::string> names{};
        std::string take{};  // the prepared statement
    };

    /// Gives all documents and removes them.
    static std::string taking(const std::vector<std::string>& names) {
        std::string removing;
        std::string giving;
        for (std::size_t at = 0; at < names.size(); ++at) {
            const std::string number = std::to_string(at);
            removing += (at == 0 ? "WITH" : ",");
            removing.append(" gone_").append(number).append(" AS (DELETE FROM \"").append(names[at]);
            removing += "\" RETURNING id, data)";
            giving += (at == 0 ? "" : " UNION ALL");
            giving.append(" SELECT ").append(number).append(", id COLLATE \"C\", data::text FROM gone_").append(number);
        }
        return removing + giving + " ORDER BY 1, 2";
    }

    void run_past_the_library(const std::string& sql) {
        pqxx::nontransaction work{past_the_library_};
        work.exec(sql);
    }

    gridone::storage::PostgresConnectionManager manager_;
    pqxx::connection past_the_library_;
    std::vector<Tables> shapes_;
};

/// Memory: a new database for every case.
template <class Storage = gridone::storage::MemoryStorageBackend<json>>
class MemorySide : public Side {
public:
    using Backend = gridone::storage::MemoryStorageBackend<json>;

    explicit MemorySide(std::function<Storage(Backend)> make = std::identity{}, std::vector<Shape> all = shapes())
        : shapes_{std::move(all)}, make_{std::move(make)} {}

    Lines run(const Case& it) override {
        return observed(it.shape, [&](auto& storages, Seen& seen) { CaseRun{storages, seen}.run(it.operations); });
    }

    template <class F>
    Lines observed(std::size_t shape, F&& f) {
        const gridone::storage::MemoryDatabase database;
        Storages<Storage, gridone::storage::MemoryStorageBackend<Model>> storages{.model = {database, "documents"}};
        for (const auto& table : shapes_.at(shape).tables) storages.all.push_back(make_(Backend{database, table}));
        Seen seen;
        f(storages, seen);
        Lines lines = seen.lines();
        for (const auto& table : shapes_.at(shape).tables) {
            const Backend storage{database, table};
            const std::string& name = table.names().table_name;
            constexpr std::size_t all = 1000;
            using Access = gridone::storage::detail::StorageAccess;
            for (const auto& [id, text] : Access::store(storage).rows({}, all)) tell_row(lines, name, id, text);
        }
        return lines;
    }

private:
    std::vector<Shape> shapes_;
    std::function<Storage(Backend)> make_;
};

}  // namespace differential

#endif
