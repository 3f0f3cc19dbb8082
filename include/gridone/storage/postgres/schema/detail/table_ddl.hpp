// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_TABLE_DDL_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_TABLE_DDL_HPP

#include <gridone/storage/postgres/sql/condition.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/typed_expression.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/rule_name.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The DDL of a table and its rules, in the order in which it has to run. Where it has run before it changes nothing, and
/// locks nothing, and needs no right to: PostgreSQL's own IF NOT EXISTS asks for the rights, and locks the table, before it
/// looks.
class TableDdl {
public:
    TableDdl(const TableNames& names, const TableRules& rules)
        : names_{names},
          rules_{rules},
          table_{qualified_name(names)},
          stored_{DocumentExpressions::of_columns(names, rules, "")} {}

    /// What makes the table, which comes before any rule that refers to it. A schema is made where it is missing: a role
    /// that may create tables may often not create schemas.
    [[nodiscard]] std::vector<std::string> table() {
        if (names_.schema_name != "public") {
            add_unless("schema " + names_.schema_name,
                       "pg_catalog.pg_namespace WHERE nspname = " + quote_literal(names_.schema_name),
                       "CREATE SCHEMA " + quote_identifier(names_.schema_name));
        }
        add_unless("table " + shown_table(),
                   "pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(" + quote_literal(table_) + ")",
                   create_table("CREATE TABLE IF NOT EXISTS ", bytewise_text) + partition_key());
        return std::exchange(statements_, {});
    }

    [[nodiscard]] std::vector<std::string> rules() {
        add_columns();
        for (const Reference& rule : rules_.references) add_reference(rule);
        add_indexes();
        if (rules_.timestamps) add_clock();
        for (std::size_t partition = 0; partition < rules_.hash_partitions; ++partition) add_partition(partition);
        return std::exchange(statements_, {});
    }

    /// A table of the session with the same columns and indexes, to be compared with what is there.
    /// @param type_of_id  as it is there; empty: as it should be. Pre: `names` has the schema pg_temp.
    [[nodiscard]] std::vector<std::string> model(const std::string& type_of_id) {
        add(create_table("CREATE TEMPORARY TABLE ", type_of_id.empty() ? bytewise_text : type_of_id));
        add_columns();
        for (const Reference& rule : rules_.references) add_reference_column(rule);
        add_indexes();
        return std::exchange(statements_, {});
    }

    /// Partitions of the table that are no part of its division.
    [[nodiscard]] static std::string other_partitions(const TableNames& names, const TableRules& rules) {
        return "pg_catalog.pg_inherits JOIN pg_catalog.pg_class AS part ON part.oid = inhrelid WHERE inhparent = "
               "pg_catalog.to_regclass(" +
               quote_literal(qualified_name(names)) +
               ") AND pg_catalog.pg_get_expr(part.relpartbound, part.oid) NOT LIKE " +
               quote_literal("FOR VALUES WITH (modulus " + std::to_string(rules.hash_partitions) + ", %");
    }

    struct Trigger {
        std::string name;   ///< Of its function as well.
        std::string table;  ///< In quotes.
        std::string body;
        int type;  ///< As `pg_trigger` has it in `tgtype`.
    };

    /// The name of the trigger that OnDelete::set_null makes.
    [[nodiscard]] std::string set_null_name(const Reference& rule) const {
        const std::string schema = names_.schema_name == "public" ? "" : names_.schema_name + "_";
        return rule_name("Gridone_" + schema + names_.table_name, {rule.field.keys}, "null");
    }

    /// Those that `rules` has made.
    [[nodiscard]] const std::vector<Trigger>& triggers() const noexcept { return triggers_; }

    struct Index {
        std::string name;
        std::string kind;        ///< "INDEX" or "UNIQUE INDEX".
        std::string definition;  ///< What follows the name in CREATE INDEX.
    };

    /// Those that `rules` has made.
    [[nodiscard]] const std::vector<Index>& indexes() const noexcept { return indexes_; }

    /// The setting that lists the tables whose indexes `rules` leaves out, by number and between commas: ",16384,16390,".
    static constexpr const char* without_indexes_of = "gridone_storage.without_indexes_of";

    /// What a statement of a table makes, which its first comment names: "index devices_site_idx of table
    /// public.devices". Empty for any other statement.
    [[nodiscard]] static std::string_view label_of(std::string_view statement) noexcept {
        if (!statement.starts_with(label_begin)) return {};
        statement.remove_prefix(label_begin.size());
        return statement.substr(0, std::min(statement.find(label_end), statement.size()));
    }

private:
    static constexpr std::string_view label_begin = "/* gridone_storage: ";
    static constexpr std::string_view label_end = " */";

    [[nodiscard]] std::string shown_table() const { return names_.schema_name + "." + names_.table_name; }
    [[nodiscard]] std::string of_table(std::string_view what, std::string_view name) const {
        return std::string{what}.append(" ").append(name).append(" of table ") + shown_table();
    }

    void add(std::string statement) { statements_.push_back(std::move(statement)); }

    static constexpr const char* bytewise_text = "text COLLATE \"C\"";

    [[nodiscard]] std::string create_table(const std::string& create, const std::string& type_of_id) const {
        return create + table_ + " (" + stored_.id + " " + type_of_id + " PRIMARY KEY, " + stored_.document +
               " jsonb NOT NULL)";
    }

    [[nodiscard]] std::string partition_key() const {
        return rules_.hash_partitions == 0 ? "" : " PARTITION BY HASH (" + stored_.id + ")";
    }

    /// Of a table that is not divided there is none: the comparison says so.
    void add_partition(std::size_t number) {
        const TableNames part{.table_name = rule_name(names_.table_name, {}, "p" + std::to_string(number)),
                              .schema_name = names_.schema_name};
        const std::string name = qualified_name(part);
        // Nor of one that is divided otherwise.
        add_unless(of_table("partition", part.table_name),
                   "pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(" + quote_literal(name) +
                       ") OR oid = " + regclass() + " AND (relkind <> 'p' OR EXISTS (SELECT FROM " +
                       other_partitions(names_, rules_) + "))",
                   "CREATE TABLE " + name + " PARTITION OF " + table_ + " FOR VALUES WITH (MODULUS " +
                       std::to_string(rules_.hash_partitions) + ", REMAINDER " + std::to_string(number) + ")");
    }

    void add_columns() {
        if (rules_.revision_column) {
            add_column(*rules_.revision_column, "bigint GENERATED BY DEFAULT AS IDENTITY");
        }
        if (rules_.timestamps) {
            add_column(rules_.timestamps->created_at, "timestamptz NOT NULL DEFAULT now()");
            add_column(rules_.timestamps->updated_at, "timestamptz NOT NULL DEFAULT now()");
        }
        for (const auto& [field, name] : rules_.columns) add_generated(name, type_of(field.kind), field);
    }

    void add_indexes() {
        for (const UniqueRule& rule : rules_.unique) {
            std::string keys;
            for (const FieldPlace& field : rule.fields) keys += (keys.empty() ? "" : ", ") + value_of(stored_, field);
            create_index("UNIQUE INDEX", rule.name, keys, *rule.where);
        }
        for (const IndexRule& rule : rules_.indexes) add_index(rule);
        for (const Reference& rule : rules_.references) {
            create_index("INDEX", rule_name(names_.table_name, {rule.field.keys}, "fkey_idx"),
                         quote_identifier(rule.name), FilterNode{});
        }
    }

    void add_column(std::string_view name, const std::string& type) {
        add_unless(of_table("column", name),
                   "pg_catalog.pg_attribute WHERE attrelid = " + regclass() +
                       " AND NOT attisdropped AND attname = " + quote_literal(name),
                   "ALTER TABLE " + table_ + " ADD COLUMN " + quote_identifier(name) + " " + type);
    }

    void add_generated(std::string_view name, const std::string& type, const FieldPlace& field) {
        add_column(name, type + " GENERATED ALWAYS AS (" + typed_expression(stored_.document, field) + ") STORED");
    }

    static std::string type_of(ValueKind kind) {
        switch (kind) {
            case ValueKind::number:
                return "numeric";
            case ValueKind::text:
                return bytewise_text;
            case ValueKind::boolean:
                return "boolean";
            case ValueKind::time:
                return "timestamp";
            case ValueKind::array:
            case ValueKind::object:
            case ValueKind::any:
                break;
        }
        return "jsonb";
    }

    void add_index(const IndexRule& rule) {
        if (rule.of_contents) {
            const FieldPlace& field = rule.keys.front().field;
            const std::string_view operators = field.kind == ValueKind::array ? "jsonb_path_ops" : "jsonb_ops";
            return create_index("INDEX", rule.name, value_of(stored_, field).append(" ").append(operators), *rule.where,
                                " USING gin");
        }
        std::string keys;
        for (const OrderKey& key : rule.keys) {
            keys += (keys.empty() ? "" : ", ") + value_of(stored_, key.field);
            if (key.descending) keys += " DESC";
        }
        create_index("INDEX", rule.name, keys, *rule.where);
    }

    /// Only an index of this table is the one; a name that something else has is an error: the rule `a_b_c_key` of the
    /// table `a` and the field `b_c` would be taken for that of `a_b` and `c`, and be missing.
    void create_index(const std::string& kind, const std::string& name, const std::string& keys,
                      const FilterNode& where, const std::string& method = "") {
        const std::string definition = " ON " + table_ + method + " (" + keys + ")" +
                                       (is_everything(where) ? "" : " WHERE " + condition(stored_, where));
        indexes_.push_back({name, kind, definition});
        add_unless(
            of_table(kind == "INDEX" ? "index" : "unique index", name),
            "pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid WHERE indrelid = " + regclass() +
                " AND (relname = " + quote_literal(name) + " OR pg_catalog.strpos(pg_catalog.current_setting(" +
                quote_literal(without_indexes_of) + ", true), ',' || indrelid || ',') > 0)",
            "CREATE " + kind + " " + quote_identifier(name) + definition);
    }

    [[nodiscard]] std::string regclass() const { return quote_literal(table_) + "::pg_catalog.regclass"; }

    /// A foreign key has to be on a column: one that the server fills from the document.
    void add_reference_column(const Reference& rule) { add_generated(rule.name, bytewise_text, rule.field); }

    void add_reference(const Reference& rule) {
        add_reference_column(rule);
        const std::string column = quote_identifier(rule.name);
        add_unless(
            of_table("foreign key", rule.name),
            "pg_catalog.pg_constraint WHERE conrelid = " + regclass() + " AND conname = " + quote_literal(rule.name),
            "ALTER TABLE " + table_ + " ADD CONSTRAINT " + column + " FOREIGN KEY (" + column + ") REFERENCES " +
                qualified_name(rule.parent) + " (" + quote_identifier(rule.parent.id_column) + ")" +
                (rule.action == OnDelete::cascade ? " ON DELETE CASCADE" : ""));
        if (rule.action == OnDelete::set_null) add_set_null(rule);
    }

    /// The server's own SET NULL cannot change a generated column. The trigger's name is before those of the server's
    /// own triggers, which check at last (CREATE TRIGGER: in the order of their names). In its function every column is
    /// qualified: PL/pgSQL has variables of its own, such as FOUND. It outlives the table and its rule, and then does
    /// nothing.
    void add_set_null(const Reference& rule) {
        std::string path = "ARRAY[";
        for (const std::string& key : rule.field.keys) path += (path.back() == '[' ? "" : ", ") + quote_literal(key);
        const std::string& data = stored_.document;
        const std::string revision =
            rules_.revision_column ? ", " + quote_identifier(*rules_.revision_column) + " = DEFAULT" : "";
        constexpr int after_delete_of_row = 1 + 8;
        add_trigger(set_null_name(rule), "AFTER DELETE", after_delete_of_row, qualified_name(rule.parent),
                    " SET search_path = pg_catalog, pg_temp",
                    "IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(" + quote_literal(table_) +
                        ") AND NOT attisdropped AND attname = " + quote_literal(rule.name) + ") THEN UPDATE " + table_ +
                        " AS stored SET " + data + " = jsonb_set(stored." + data + ", " + path + "]::text[], 'null')" +
                        revision + " WHERE stored." + quote_identifier(rule.name) + " = OLD." +
                        quote_identifier(rule.parent.id_column) + "; END IF; RETURN NULL");
    }

    /// What keeps the times, whoever writes, and whatever he says. Of an INSERT every column of OLD is NULL. Nothing in it
    /// depends on a search_path.
    void add_clock() {
        const std::string& created = stored_.created_at;
        const std::string& updated = stored_.updated_at;
        constexpr int before_insert_or_update_of_row = 1 + 2 + 4 + 16;
        add_trigger(clock_name(names_.table_name), "BEFORE INSERT OR UPDATE", before_insert_or_update_of_row, table_,
                    "",
                    "NEW." + updated + " := greatest(pg_catalog.clock_timestamp(), OLD." + updated + "); NEW." +
                        created + " := coalesce(OLD." + created + ", NEW." + updated + "); RETURN NEW");
    }

    void add_trigger(const std::string& name, const std::string& when, int type, const std::string& on,
                     const std::string& settings, const std::string& body) {
        const std::string function = quote_identifier(names_.schema_name) + "." + quote_identifier(name);
        const std::string text = "BEGIN " + body + "; END";
        triggers_.push_back({name, on, text, type});
        add_unless(of_table("function of trigger", name),
                   "pg_catalog.pg_proc WHERE proname = " + quote_literal(name) +
                       " AND pronamespace = (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = " + regclass() +
                       ") AND prosrc = " + quote_literal(text),
                   "CREATE OR REPLACE FUNCTION " + function + "() RETURNS trigger LANGUAGE plpgsql" + settings +
                       " AS " + quote_body(text));
        add_unless(of_table("trigger", name),
                   "pg_catalog.pg_trigger WHERE tgrelid = " + quote_literal(on) +
                       "::pg_catalog.regclass AND tgname = " + quote_literal(name),
                   "CREATE TRIGGER " + quote_identifier(name) + " " + when + " ON " + on +
                       " FOR EACH ROW EXECUTE FUNCTION " + function + "()");
    }

    /// What stays in the database means the server's own functions, whatever of the same name the search_path offers.
    /// @param label  what the statement makes
    void add_unless(std::string label, const std::string& there, const std::string& statement) {
        std::erase(label, '*');  // a name must not end the comment
        const auto look_in = [](const std::string& schemas) {
            return "PERFORM pg_catalog.set_config('search_path', " + schemas + ", true); ";
        };
        add(std::string{label_begin}.append(label).append(label_end) + " DO " +
            quote_body("DECLARE usual text := pg_catalog.current_setting('search_path'); BEGIN " +
                       look_in("'pg_catalog, pg_temp'") + "IF NOT EXISTS (SELECT FROM " + there + ") THEN " +
                       statement + "; END IF; " + look_in("usual") + "END"));
    }

    const TableNames& names_;
    const TableRules& rules_;
    std::string table_;
    DocumentExpressions stored_;
    std::vector<std::string> statements_;
    std::vector<Trigger> triggers_;
    std::vector<Index> indexes_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
