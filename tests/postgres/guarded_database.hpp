// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_GUARDED_DATABASE_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_GUARDED_DATABASE_HPP

#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace gridone_tests {

/// A database with something to lose.
class GuardedDatabase {
public:
    explicit GuardedDatabase(gridone::storage::testing::PostgresServer& server)
        : url{server.create_database()},
          connection_{url},
          manager{url, {.operation_timeout = std::chrono::seconds{20}}} {
        run("CREATE TABLE canary (song text); INSERT INTO canary VALUES ('one'), ('two'); CREATE SCHEMA made");
        before_ = state();
    }

    void run(const std::string& sql) { pqxx::nontransaction{connection_}.exec(sql); }
    std::string quoted(std::string_view name) const { return connection_.quote_name(name); }

    /// Every row of these catalogs and of the canary, but for what the server counts in them.
    std::map<std::string, std::string> state() {
        std::map<std::string, std::string> all;
        for (const char* name : {"canary",
                                 "pg_namespace",
                                 "pg_class",
                                 "pg_attribute",
                                 "pg_proc",
                                 "pg_authid",
                                 "pg_auth_members",
                                 "pg_trigger",
                                 "pg_constraint",
                                 "pg_index",
                                 "pg_type",
                                 "pg_extension",
                                 "pg_language",
                                 "pg_event_trigger",
                                 "pg_rewrite",
                                 "pg_policy",
                                 "pg_publication",
                                 "pg_foreign_server",
                                 "pg_largeobject_metadata",
                                 "pg_database",
                                 "pg_tablespace",
                                 "pg_db_role_setting",
                                 "pg_default_acl",
                                 "pg_cast",
                                 "pg_operator",
                                 "pg_sequence",
                                 "pg_statistic_ext"}) {
            const std::string catalog{name};
            const bool counts = catalog == "pg_class" || catalog == "pg_database";
            const std::string line = counts ? "(to_jsonb(row) - '{relpages,reltuples,relallvisible,relallfrozen,"
                                              "relfrozenxid,relminmxid,datfrozenxid,datminmxid}'::text[])"
                                            : "row";
            all[catalog] = value("SELECT count(*) || ' ' || coalesce(sum(hashtextextended(" + line +
                                 "::text COLLATE \"C\", 0)), 0) FROM " + catalog + " AS row");
        }
        return all;
    }

    std::string value(const std::string& sql) {
        return pqxx::nontransaction{connection_}.exec(sql)[0][0].as<std::string>();
    }

    /// Drops what the test made, and sees that nothing else was made, changed or dropped.
    void check() {
        run("DROP SCHEMA made CASCADE; CREATE SCHEMA made");
        std::map<std::string, std::string> now = state();
        std::erase_if(now, [&](const auto& one) { return one.second == before_[one.first]; });
        // The schema is another one than before.
        now.erase("pg_namespace");
        CHECK(now == std::map<std::string, std::string>{});
        CHECK(value("SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace") ==
              "information_schema,made,pg_catalog,pg_toast,public");
    }

    std::string url;

private:
    pqxx::connection connection_;
    std::map<std::string, std::string> before_;

public:
    gridone::storage::PostgresConnectionManager manager;
};

}  // namespace gridone_tests

#endif
