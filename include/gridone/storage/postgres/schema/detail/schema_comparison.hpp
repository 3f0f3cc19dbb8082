// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_COMPARISON_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SCHEMA_COMPARISON_HPP

#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/schema/detail/described_table.hpp>
#include <gridone/storage/postgres/schema/detail/table_ddl.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/on_delete.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Compares a table with its description. PostgreSQL writes expressions in its own way, so both are written by it: those
/// of the table, and those of a temporary one that is made from the description, and undone.
class SchemaComparison {
public:
    explicit SchemaComparison(const DescribedTable& table)
        : table_{table},
          model_{.table_name = table.names.table_name,
                 .schema_name = "pg_temp",
                 .id_column = table.names.id_column,
                 .data_column = table.names.data_column} {}

    /// Pre: a transaction is open, of a role that may make temporary tables.
    [[nodiscard]] std::vector<SchemaDifference> differences(Connection& connection, const Until& until) const {
        const std::string there =
            "SELECT coalesce(pg_catalog.format_type(atttypid, atttypmod) || ' COLLATE ' || "
            "attcollation::pg_catalog.regcollation::text, '') FROM pg_catalog.pg_class LEFT JOIN "
            "pg_catalog.pg_attribute "
            "ON attrelid = pg_class.oid AND atttypid IN ('pg_catalog.text'::pg_catalog.regtype, "
            "'pg_catalog.varchar'::pg_catalog.regtype) AND attname = " +
            quote_literal(table_.names.id_column) + " WHERE pg_class.oid = pg_catalog.to_regclass(" +
            quoted(table_.names) + ")";
        const Result found = connection.run_text(there, until);
        if (found.size() == 0) {
            return {{.kind = SchemaDifference::Kind::missing, .table = shown_name(), .object = "table"}};
        }
        // Undone rather than dropped: the first temporary table of a session makes a schema that stays.
        connection.run_text("SAVEPOINT gridone_model", until);
        for (const std::string& statement : TableDdl{model_, table_.rules}.model(std::string{found.text(0, 0)})) {
            connection.run_text(statement, until);
        }
        connection.run_text("SET LOCAL search_path = pg_catalog, pg_temp", until);  // so that names are written alike
        const Result rows = connection.run_text(comparison(), until);
        connection.run_text("ROLLBACK TO SAVEPOINT gridone_model", until);
        std::vector<SchemaDifference> differences;
        differences.reserve(rows.size());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            differences.push_back({.kind = kind_of(rows.text(row, 0)),
                                   .table = shown_name(),
                                   .object = std::string{rows.text(row, 1)},
                                   .expected = std::string{rows.text(row, 2)},
                                   .found = std::string{rows.text(row, 3)}});
        }
        return differences;
    }

private:
    static SchemaDifference::Kind kind_of(std::string_view name) noexcept {
        if (name == "missing") return SchemaDifference::Kind::missing;
        if (name == "invalid") return SchemaDifference::Kind::invalid;
        return name == "collation" ? SchemaDifference::Kind::other_collation : SchemaDifference::Kind::other_definition;
    }

    [[nodiscard]] std::string shown_name() const { return table_.names.schema_name + "." + table_.names.table_name; }

    static std::string quoted(const TableNames& names) { return quote_literal(qualified_name(names)); }

    /// Rows of kind, object, what is expected and what was found.
    [[nodiscard]] std::string comparison() const {
        TableDdl ddl{table_.names, table_.rules};
        (void)ddl.rules();
        std::string all = "WITH compared AS (SELECT " + quoted(model_) + "::regclass AS model, " +
                          quoted(table_.names) +
                          "::regclass AS live), id AS (SELECT attrelid, "
                          "attnum, attcollation FROM pg_attribute, compared WHERE attrelid = live AND attname = " +
                          quote_literal(table_.names.id_column) + ") " + of_columns() + " UNION ALL " + of_key() +
                          " UNION ALL " + of_collation() + " UNION ALL " + of_indexes() + " UNION ALL " +
                          of_writes(ddl.triggers()) + " UNION ALL " + of_children();
        for (const Reference& rule : table_.rules.references) all += " UNION ALL " + of_reference(rule);
        for (const TableDdl::Trigger& trigger : ddl.triggers()) all += " UNION ALL " + of_trigger(trigger);
        if (table_.rules.hash_partitions != 0) all += " UNION ALL " + of_partitions();
        return all;
    }

    /// The id may be of any text type, the revision of any that counts.
    [[nodiscard]] std::string of_columns() const {
        const auto definition = [&](const std::string& of) {
            const std::string type = "format_type(" + of + ".atttypid, CASE WHEN " + of +
                                     ".atttypid = 'timestamptz'::regtype THEN nullif(" + of + ".atttypmod, 6) ELSE " +
                                     of + ".atttypmod END)";
            return "CASE WHEN " + of + ".attname = " + quote_literal(table_.names.id_column) + " AND " + of +
                   ".atttypid IN ('text'::regtype, 'varchar'::regtype) THEN 'text' WHEN " + of +
                   ".attname = " + quote_literal(table_.names.data_column) + " THEN " + type + " WHEN " + of +
                   ".attname = " + quote_literal(table_.rules.revision_column.value_or("")) + " AND " + of +
                   ".atttypid = 'bigint'::regtype AND (" + of +
                   ".attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef "
                   "WHERE adrelid = " +
                   of + ".attrelid AND adnum = " + of +
                   ".attnum AND pg_get_expr(adbin, adrelid) LIKE 'nextval(%')) THEN 'bigint that counts' ELSE " + type +
                   " || CASE WHEN " + of +
                   ".attcollation <> 0 THEN ' COLLATE ' || (SELECT collname FROM pg_collation WHERE oid = " + of +
                   ".attcollation) ELSE '' END || CASE WHEN " + of +
                   ".attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || (SELECT pg_get_expr(adbin, adrelid) FROM "
                   "pg_attrdef WHERE adrelid = " +
                   of + ".attrelid AND adnum = " + of + ".attnum) || CASE " + of +
                   ".attgenerated WHEN 's' THEN ') STORED' ELSE ') VIRTUAL' END ELSE '' END || CASE WHEN " + of +
                   ".attnotnull THEN ' NOT NULL' ELSE '' END END";
        };
        return "SELECT CASE WHEN found IS NULL THEN 'missing' ELSE 'other' END, 'column ' || attname, expected, found "
               "FROM (SELECT wanted.attname, " +
               definition("wanted") + " AS expected, " + definition("stored") +
               " AS found FROM compared JOIN pg_attribute AS wanted ON wanted.attrelid = model AND wanted.attnum > 0 "
               "AND "
               "NOT wanted.attisdropped LEFT JOIN pg_attribute AS stored ON stored.attrelid = live AND stored.attname "
               "= "
               "wanted.attname AND NOT stored.attisdropped) AS pair WHERE expected IS DISTINCT FROM found";
    }

    /// What makes every insert fail: an id or a document that the server generates, or another column that has to have a
    /// value and gets none, unless a trigger may set it.
    [[nodiscard]] std::string of_writes(const std::vector<TableDdl::Trigger>& own_triggers) const {
        std::string own = "ARRAY[";
        for (const TableDdl::Trigger& trigger : own_triggers) {
            own += (own.back() == '[' ? "" : ", ") + quote_literal(trigger.name);
        }
        constexpr const char* before_insert_of_row = "7";
        return "SELECT 'other', 'column ' || attname, 'not generated', 'GENERATED ' || CASE attidentity WHEN '' THEN "
               "'ALWAYS AS (' || pg_get_expr(adbin, adrelid) || ')' ELSE 'AS IDENTITY' END FROM compared JOIN "
               "pg_attribute "
               "ON attrelid = live LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attname IN (" +
               quote_literal(table_.names.id_column) + ", " + quote_literal(table_.names.data_column) +
               ") AND (attgenerated <> '' OR attidentity <> '') UNION ALL SELECT 'other', 'column ' || attname, "
               "'nullable, or with a default', format_type(atttypid, atttypmod) || ' NOT NULL' FROM compared JOIN "
               "pg_attribute AS extra ON attrelid = live WHERE attnum > 0 AND NOT attisdropped AND attnotnull AND NOT "
               "atthasdef AND attidentity = '' AND NOT EXISTS (SELECT FROM pg_attribute AS wanted WHERE "
               "wanted.attrelid "
               "= model AND wanted.attname = extra.attname) AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = "
               "live "
               "AND NOT tgisinternal AND tgtype & " +
               before_insert_of_row + " = " + before_insert_of_row + " AND tgname <> ALL (" + own + "]::text[]))";
    }

    /// Reads return the rows of a table and of those that inherit from it, and no index is over all of them.
    [[nodiscard]] static std::string of_children() {
        return "SELECT 'other', 'table', 'no tables that inherit from it', string_agg(inhrelid::regclass::text, ', ' "
               "ORDER BY inhrelid) FROM compared JOIN pg_class ON pg_class.oid = live JOIN pg_inherits ON inhparent = "
               "live WHERE relkind = 'r' HAVING count(*) > 0";
    }

    /// Without it no document is found by its id, and no write knows whether there is one.
    [[nodiscard]] static std::string of_key() {
        return "SELECT 'other', 'key', 'a unique index on the id alone', '' FROM compared JOIN pg_class ON "
               "pg_class.oid = live WHERE relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_index JOIN id ON "
               "indrelid "
               "= attrelid WHERE indisunique AND indisvalid AND indimmediate AND indnkeyatts = 1 AND indkey[0] = "
               "attnum "
               "AND indpred IS NULL)";
    }

    /// One that takes different ids for the same would have them share a document.
    [[nodiscard]] std::string of_collation() const {
        const std::string bytes = "'\"C\"'::regcollation";
        return "SELECT 'other', " + quote_literal("column " + table_.names.id_column) +
               ", 'a deterministic collation', 'COLLATE ' || collname FROM id JOIN pg_collation ON pg_collation.oid = "
               "attcollation WHERE NOT collisdeterministic UNION ALL " +
               "SELECT 'collation', " + quote_literal("column " + table_.names.id_column) +
               ", 'COLLATE C', 'COLLATE ' || collname FROM id JOIN pg_collation ON pg_collation.oid = attcollation "
               "WHERE "
               "attcollation <> " +
               bytes +
               " AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisvalid "
               "AND indpred IS NULL AND indkey[0] = attnum AND indcollation[0] = " +
               bytes + ")";
    }

    /// What stands behind the name of the table, but for storage parameters, which are the administrator's.
    [[nodiscard]] std::string of_indexes() const {
        const auto definition = [](const std::string& of, const TableNames& table) {
            const std::string text =
                "substring(pg_get_indexdef(" + of +
                ".indexrelid) FROM char_length(format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN " + of +
                ".indisunique THEN 'UNIQUE ' END, coalesce(" + of + "_name.relname, ''), CASE WHEN " + of +
                "_name.relkind = 'I' THEN 'ONLY ' END, " + quote_literal(table.schema_name) + ", " +
                quote_literal(table.table_name) + ")) + 1)";
            return "CASE WHEN " + of + ".indisunique THEN 'UNIQUE ' WHEN " + of +
                   ".indexrelid IS NOT NULL THEN '' END || CASE WHEN " + of + "_name.reloptions IS NULL THEN " + text +
                   " ELSE regexp_replace(" + text + ", '^(.*) WITH [(][^)]*[)]( WHERE .*)?$', " +
                   quote_literal("\\1\\2") + ") END";
        };
        return "SELECT CASE WHEN found IS NULL THEN 'missing' WHEN found <> expected THEN 'other' ELSE 'invalid' END, "
               "'index ' || relname, expected, found FROM (SELECT wanted_name.relname, " +
               definition("wanted", model_) + " AS expected, " + definition("stored", table_.names) +
               " AS found, stored.indisvalid FROM compared JOIN pg_index AS wanted ON wanted.indrelid = model AND NOT "
               "wanted.indisprimary JOIN pg_class AS wanted_name ON wanted_name.oid = wanted.indexrelid LEFT JOIN "
               "(pg_index AS stored JOIN pg_class AS stored_name ON stored_name.oid = stored.indexrelid) ON "
               "stored.indrelid = live AND stored_name.relname = wanted_name.relname) AS pair WHERE expected IS "
               "DISTINCT "
               "FROM found OR NOT indisvalid";
    }

    [[nodiscard]] std::string of_reference(const Reference& rule) const {
        const std::string action = rule.action == OnDelete::cascade ? "c" : "a";
        const std::string expected = "REFERENCES " + rule.parent.schema_name + "." + rule.parent.table_name +
                                     (rule.action == OnDelete::cascade ? " ON DELETE CASCADE" : "");
        return "SELECT CASE WHEN conname IS NULL THEN 'missing' WHEN NOT convalidated THEN 'invalid' ELSE 'other' "
               "END, " +
               quote_literal("reference " + rule.name) + ", " + quote_literal(expected) +
               ", coalesce(pg_get_constraintdef(pg_constraint.oid), '') FROM compared LEFT JOIN pg_constraint ON "
               "conrelid "
               "= live AND conname = " +
               quote_literal(rule.name) +
               " WHERE conname IS NULL OR NOT convalidated OR contype <> 'f' OR confdeltype <> " +
               quote_literal(action) + " OR confrelid IS DISTINCT FROM to_regclass(" + quoted(rule.parent) +
               ") OR conkey <> ARRAY(SELECT attnum FROM pg_attribute WHERE attrelid = live AND attname = " +
               quote_literal(rule.name) +
               ") OR confkey <> ARRAY(SELECT attnum FROM pg_attribute WHERE attrelid = confrelid AND attname = " +
               quote_literal(rule.parent.id_column) +
               ") OR condeferrable OR EXISTS (SELECT FROM pg_trigger WHERE tgconstraint = pg_constraint.oid AND "
               "tgenabled NOT IN ('O', 'A'))" +
               (rule.action == OnDelete::set_null ? "" : " UNION ALL " + of_old_set_null(rule));
    }

    /// What the rule has left behind from when it had another action.
    [[nodiscard]] std::string of_old_set_null(const Reference& rule) const {
        return "SELECT 'other', " + quote_literal("reference " + rule.name) +
               ", 'no trigger that sets null', pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = to_regclass(" +
               quoted(rule.parent) +
               ") AND tgname = " + quote_literal(TableDdl{table_.names, table_.rules}.set_null_name(rule));
    }

    [[nodiscard]] static std::string of_trigger(const TableDdl::Trigger& trigger) {
        return "SELECT CASE WHEN tgname IS NULL THEN 'missing' ELSE 'other' END, " +
               quote_literal("trigger " + trigger.name) +
               ", 'enabled, with our function', coalesce("
               "pg_get_triggerdef(pg_trigger.oid), '') FROM compared LEFT JOIN pg_trigger ON tgrelid = to_regclass(" +
               quote_literal(trigger.table) + ") AND tgname = " + quote_literal(trigger.name) +
               " WHERE tgname IS NULL OR tgenabled NOT IN ('O', 'A') OR tgqual IS NOT NULL OR tgtype <> " +
               std::to_string(trigger.type) + " OR (SELECT prosrc FROM pg_proc WHERE oid = tgfoid) <> " +
               quote_literal(trigger.body);
    }

    [[nodiscard]] std::string of_partitions() const {
        const std::string wanted = std::to_string(table_.rules.hash_partitions);
        return "SELECT CASE WHEN relkind = 'p' AND count IS NULL THEN 'missing' ELSE 'other' END, 'partitions', '" +
               wanted +
               " by a hash of the id', coalesce(count || ' of ' || "
               "pg_get_partkeydef(live), 'none') FROM compared JOIN pg_class ON pg_class.oid = live, LATERAL (SELECT "
               "nullif(count(*), 0) AS count FROM pg_inherits WHERE inhparent = live) AS parts WHERE relkind <> 'p' OR "
               "count IS DISTINCT FROM " +
               wanted + " OR EXISTS (SELECT FROM " + TableDdl::other_partitions(table_.names, table_.rules) +
               ") OR pg_get_partkeydef(live) <> 'HASH (' || quote_ident(" + quote_literal(table_.names.id_column) +
               ") || ')'";
    }

    const DescribedTable& table_;
    TableNames model_;
};

/// All differences, table for table. Pre: a transaction is open, of a role that may make temporary tables.
inline std::vector<SchemaDifference> differences_of(Connection& connection, const std::vector<DescribedTable>& tables,
                                                    const Until& until) {
    std::vector<SchemaDifference> all;
    for (const DescribedTable& table : tables) {
        for (SchemaDifference& difference : SchemaComparison{table}.differences(connection, until)) {
            all.push_back(std::move(difference));
        }
    }
    return all;
}

}  // namespace gridone::storage::inline v0::detail

#endif
