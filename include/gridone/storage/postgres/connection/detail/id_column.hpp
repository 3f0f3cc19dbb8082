// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ID_COLUMN_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ID_COLUMN_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>

#include <atomic>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Whether the id column of a table tells every two ids apart. Tables that other programs made may have a column that does
/// not: char(n), citext, a nondeterministic collation. The catalog is read once, before the first statement on the table.
/// Any thread.
class IdColumn {
public:
    IdColumn(std::string schema, std::string table, std::string column)
        : schema_{std::move(schema)}, table_{std::move(table)}, column_{std::move(column)} {}

    /// Whether that is known.
    [[nodiscard]] bool is_exact() const noexcept { return is_exact_.load(std::memory_order_acquire); }

    /// Reads the catalog, unless it was read already. A table or column that does not exist passes, since the statement
    /// that follows says so, and is looked for again the next time. The query fails for no reason of its own, so it is safe
    /// in a transaction: every role may read pg_catalog, and it needs no right on the schema or the table.
    /// @throws SchemaError  two ids could be one  @throws Failure  that says that nothing was written
    void expect_exact(Connection& connection, const Until& until, const CallSite& site) {
        if (is_exact()) return;
        const Result found = [&] {
            try {
                return connection.run_text(look(), until);
            } catch (Failure& failure) {
                failure.may_have_run = false;
                throw;
            }
        }();
        if (found.size() == 0) return;
        if (found.size() != 1 || found.columns() != 3) {
            throw InternalError{site.because("the server described the id column in another form")};
        }
        if (found.text(0, 0) != "t") refuse(site, std::string{found.text(0, 1)}, std::string{found.text(0, 2)});
        is_exact_.store(true, std::memory_order_release);
    }

    /// The table is another one by now, or none.
    void forget() noexcept { is_exact_.store(false, std::memory_order_release); }

private:
    [[noreturn]] void refuse(const CallSite& site, const std::string& type, const std::string& collation) const {
        const std::string has =
            collation.empty() ? "has the type " + type : "is compared with the nondeterministic collation " + collation;
        throw SchemaError{site.because("the id column \"" + column_ + "\" " + has +
                                       ", which can change an id or take two ids for one; make it text or varchar with "
                                       "a deterministic collation: ALTER TABLE … ALTER COLUMN … TYPE text COLLATE "
                                       "\"C\"")};
    }

    /// A row of: whether the column is exact, its type, and the collation of the column or of a unique index on it that is
    /// not deterministic. Of a domain, the type under it counts. The names are compared with the catalog rather than given
    /// to to_regclass, which fails where the role may not use the schema.
    [[nodiscard]] std::string look() const {
        const std::string inexact =
            "(SELECT collname FROM pg_catalog.pg_collation WHERE NOT collisdeterministic AND (pg_collation.oid = "
            "attcollation OR pg_collation.oid IN (SELECT indcollation[0] FROM pg_catalog.pg_index WHERE indrelid = "
            "attrelid AND indisunique AND indnkeyatts = 1 AND indkey[0] = attnum AND indpred IS NULL)) LIMIT 1)";
        return "WITH RECURSIVE id AS (SELECT attrelid, attnum, atttypid, atttypmod, attcollation FROM "
               "pg_catalog.pg_namespace JOIN pg_catalog.pg_class ON relnamespace = pg_namespace.oid JOIN "
               "pg_catalog.pg_attribute ON attrelid = pg_class.oid WHERE CASE WHEN " +
               quote_literal(schema_) +
               " = 'pg_temp' THEN pg_namespace.oid = pg_catalog.pg_my_temp_schema() ELSE "
               "nspname = " +
               quote_literal(schema_) + " END AND relname = " + quote_literal(table_) +
               " AND attname = " + quote_literal(column_) +
               " AND attnum > 0 AND NOT attisdropped), base AS (SELECT atttypid AS type FROM id UNION SELECT "
               "typbasetype "
               "FROM base JOIN pg_catalog.pg_type ON pg_type.oid = type WHERE typtype = 'd') SELECT EXISTS (SELECT "
               "FROM "
               "base WHERE type IN ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype)) "
               "AND " +
               inexact + " IS NULL, pg_catalog.format_type(atttypid, atttypmod), coalesce(" + inexact + ", '') FROM id";
    }

    std::string schema_;
    std::string table_;
    std::string column_;
    std::atomic<bool> is_exact_{false};
};

}  // namespace gridone::storage::inline v0::detail

#endif
