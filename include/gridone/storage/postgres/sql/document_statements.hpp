// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_DOCUMENT_STATEMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_DOCUMENT_STATEMENTS_HPP

#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/condition.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/insert_only.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/suppression_check.hpp>
#include <gridone/storage/postgres/sql/typed_expression.hpp>
#include <gridone/storage/query/detail/rule_name.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The statements of one table, written once. Of single documents $1 is the id, $2 the document or the version, $3 the
/// version of a write under its condition; batches take arrays of ids and documents.
///
/// A statement that writes one document returns the progress of transactions first and the version third, as its
/// evidence does; see `Statement::evidence`. Behind the version come the times of the document, in microseconds since
/// 1970, where the table has them.
///
/// The version is a hash of the text, not `jsonb_hash_extended`, which gives 5 and -5, and an array and the same with
/// the elements 0 and 32 exchanged, one number.
struct DocumentStatements {
    DocumentStatements(const TableNames& names, const TableRules& rules)
        : table{qualified_name(names)},
          id{quote_identifier(names.id_column)},
          data{quote_identifier(names.data_column)},
          columns{id + ", " + data},
          stored{DocumentExpressions::of_columns(names, rules, "")},
          qualified{DocumentExpressions::of_columns(names, rules, table + ".")},
          other_{DocumentExpressions::of_columns(names, rules, "other.")},
          unique_{rules.unique},
          insert_only_{rules.insert_only} {
        if (rules.revision_column) revision_ = quote_identifier(*rules.revision_column);
        const auto version_of = [&](const std::string& of) {
            return hash(of + data + "::text", revision_.empty() ? "" : of + revision_);
        };
        version = version_of("");
        stored.version = version;
        qualified.version = version_of(table + ".");
        if (!revision_.empty()) {
            columns += ", " + revision_;
            next_revision_ = ", " + revision_ + " = DEFAULT";
        }
        if (rules.timestamps) {
            columns += ", " + stored.created_at + ", " + stored.updated_at;
            created = microseconds(stored.created_at);
            updated = microseconds(stored.updated_at);
            timestamps = ", " + created + ", " + updated;
        }
        using enum ParameterType;
        const std::string by_id = " WHERE " + id + " = $1";
        const std::string in_order = " ORDER BY " + id + " COLLATE \"C\"";
        const std::string document = "SELECT " + data + ", " + version + timestamps;
        const std::string set = "UPDATE " + table + " AS stored SET " + data + " = ";
        const std::string set_data = set + kept("$2") + next_revision_;
        const std::string insert_into = "INSERT INTO " + table + " AS stored (" + columns_of_document() + ") ";
        const std::string on_taken = " ON CONFLICT (" + id + ") DO ";
        const std::string overwrite = "UPDATE SET " + data + " = " + kept("EXCLUDED." + data) + next_revision_;
        row = " FROM " + table + by_id;

        find = {"SELECT " + data + row, {text}};
        find_document = {document + row, {text}};
        lock = {document + row + " FOR UPDATE", {text}};
        look = {looking(version), {text}};
        look_at_document = {looking(data + ", " + version + timestamps), {text}};
        contains = {"SELECT 1" + row, {text}};
        find_many = {"SELECT " + id + ", " + data + " FROM " + table + " WHERE " + id + " = ANY ($1)", {text_array}};
        rows = {"SELECT " + id + ", " + data + " FROM " + table + in_order + " LIMIT $1", {bigint}};
        first_rows = {chunk({}), {}};
        rows_after = {chunk(" WHERE " + id + " > $1"), {text}};
        ids = {"SELECT " + id + " FROM " + table + in_order, {}};
        count = {"SELECT count(*) FROM " + table, {}};

        const std::string written = "::text = " + kept("$2") + "::text";
        const std::string inserted = "::text = $2::text";
        const std::string values = insert_into + "VALUES ($1, $2)";
        const std::string given = "(SELECT $1, $2) AS given (id, data)";
        put = may_meet_itself(
            writing(values + on_taken + overwrite, {text, jsonb}, written),
            writing(lock_rows(by_id) + insert_into + "SELECT $1, $2" + rows_are_locked + on_taken + overwrite,
                    {text, jsonb}, written),
            violations_of(given));
        insert = may_meet_itself(under_condition(writing(values + on_taken + "NOTHING", {text, jsonb}, inserted)),
                                 under_condition(writing(insert_into + "SELECT $1, $2 WHERE NOT EXISTS (SELECT" + row +
                                                             ")" + on_taken + "NOTHING",
                                                         {text, jsonb}, inserted)),
                                 violations_of(given));
        insert_unless_in_the_way =
            under_condition(writing(values + " ON CONFLICT DO NOTHING", {text, jsonb}, inserted));
        insert_or_fail = under_condition(writing(values, {text, jsonb}, inserted));
        replace = writing(set_data + by_id, {text, jsonb}, written);
        const std::string by_version = by_id + " AND " + version + " = $3";
        replace_if = under_condition(writing(set_data + by_version, {text, jsonb, bigint}, written));
        reshape_if =
            under_condition(writing(set + "$2" + next_revision_ + by_version, {text, jsonb, bigint}, inserted));
        remove = removing(by_id, {text});
        remove_if = removing(by_id + " AND " + version + " = $2", {text, bigint});

        const std::string clock = clock_name(names.table_name);
        const std::string from_batch = "FROM unnest($1, $2) AS batch (id, data)";
        const std::string batch = "SELECT batch.id, batch.data::jsonb " + from_batch;
        const std::string returning = " RETURNING " + id + ", " + version;
        const std::string is_taken = "EXISTS (SELECT FROM " + table + " WHERE " + id + " = ANY ($1))";
        const std::string given_many =
            "(SELECT id, data::jsonb FROM unnest($1, $2) AS batch (id, data)) AS given (id, data)";
        const std::string overwrite_many = on_taken + overwrite + returning;
        put_many =
            may_meet_itself(in_batch(all_of_batch(insert_into + batch + overwrite_many, "FALSE")),
                            in_batch(all_of_batch(lock_rows(" WHERE " + id + " = ANY ($1)" + in_order) + insert_into +
                                                      "SELECT batch.id, batch.data::jsonb" + rows_are_locked +
                                                      ", unnest($1, $2) AS batch (id, data)" + overwrite_many,
                                                  "FALSE")),
                            violations_of(given_many, true));
        const Statement insert_all =
            in_batch(all_of_batch(insert_into + batch + " WHERE NOT " + is_taken + returning, is_taken));
        insert_many = may_meet_itself(insert_all, insert_all, violations_of(given_many, true));
        const std::string insert_free = insert_into + batch + " ON CONFLICT DO NOTHING RETURNING " + id;
        insert_missing =
            in_batch("WITH written (id) AS (" + insert_free + ") SELECT id FROM written WHERE " +
                     SuppressionCheck::failing("(" + untouched_of_batch(rules, clock) + " LIMIT 1)") + " IS NOT TRUE");
        insert_missing_or_tell = in_batch("WITH written (id) AS (" + insert_free +
                                          ") SELECT id, TRUE FROM written UNION ALL SELECT id, FALSE FROM (" +
                                          untouched_of_batch(rules, clock) + ") AS untouched");
        insert_untaken = in_batch(insert_into + batch + on_taken + "NOTHING RETURNING " + id);
        first_taken = {"SELECT (SELECT " + id + " FROM " + table + " WHERE " + id + " = ANY ($1)" + in_order +
                           " LIMIT 1), " + SuppressionCheck::applies_policies(table),
                       {text_array}};
        const std::string of_batch = "SELECT " + id + " FROM " + table + " WHERE " + id + " = ANY ($1)";
        remove_many = {removing_chosen(of_batch + in_order + " FOR UPDATE", of_batch, "$2"),
                       {text_array, boolean},
                       Effect::writes};
        clear = {"DELETE FROM " + table + " WHERE NOT " + SuppressionCheck::may_keep_rows(table), {}, Effect::writes};
        clear_checked = {"WITH removed (id) AS (DELETE FROM " + table + " RETURNING " + id + ") " +
                             told("CASE WHEN (SELECT count(*) FROM " + table +
                                      ") <> (SELECT count(*) FROM removed) THEN (SELECT kept." + id + " FROM " + table +
                                      " AS kept WHERE NOT EXISTS (SELECT FROM removed WHERE removed.id = kept." + id +
                                      ") LIMIT 1) END",
                                  "$1"),
                         {boolean},
                         Effect::writes};

        copy_new = "COPY " + table + " (" + columns_of_document() + ") FROM STDIN";
        // What is loaded comes in any order, and each id as often as it likes.
        make_loaded =
            "CREATE TEMPORARY TABLE gridone_loaded (place bigint, id text COLLATE \"C\", data jsonb) ON COMMIT DROP";
        copy_loaded = "COPY pg_temp.gridone_loaded FROM STDIN (FORMAT binary)";
        put_loaded = insert_into +
                     "SELECT id, data FROM (SELECT DISTINCT ON (id) id, data FROM pg_temp.gridone_loaded " +
                     "ORDER BY id, place DESC) AS loaded" + on_taken + overwrite;
        count_loaded =
            "SELECT CASE WHEN " +
            SuppressionCheck::has_trigger(table, SuppressionCheck::inserts | SuppressionCheck::updates, clock) +
            " THEN (SELECT count(DISTINCT id) FROM pg_temp.gridone_loaded) END";
        drop_loaded = "DROP TABLE pg_temp.gridone_loaded";
        loaded_violations = violations_of(
            "(SELECT DISTINCT ON (id) id, data FROM pg_temp.gridone_loaded ORDER BY id, "
            "place DESC) AS given (id, data)",
            true);

        // A row that somebody keeps locked sends them apart, so that they do not wait for one another's rows.
        const std::string impatient = "(SELECT set_config('lock_timeout', '100', true)) IS NOT NULL";
        const std::string shared_batch = insert_into + batch + " WHERE " + impatient + on_taken;
        shared_contains = {"SELECT " + id + " FROM " + table + " WHERE " + id + " = ANY ($1)", {text_array}};
        shared_put = telling_progress(in_batch(shared_batch + overwrite + progress + ", " + version + ", " + id));
        shared_insert = telling_progress(in_batch(shared_batch + "NOTHING" + progress + ", " + version + ", " + id));
        shared_remove = telling_progress({"DELETE FROM " + table + " WHERE " + id + " IN (SELECT " + id + " FROM " +
                                              table + " WHERE " + id + " = ANY ($1) AND " + impatient + in_order +
                                              " FOR UPDATE)" + progress + ", " + id,
                                          {text_array},
                                          Effect::writes});

        const int times = timestamps.empty() ? 0 : 2;
        columns_of_row = 3 + times;
        const auto give = [](int number, auto&... statements) { ((statements.columns = number), ...); };
        give(0, clear);
        give(1, find, contains, ids, count, shared_contains, insert_missing, insert_untaken);
        give(2, find_many, rows, remove, remove_if, look);
        give(2, put_many, insert_many, insert_missing_or_tell, first_taken);
        give(3, remove_many, clear_checked);
        give(columns_of_row, look_at_document);
        give(2 + times, find_document, lock);
        give(columns_of_row, first_rows, rows_after);
        give(columns_of_row, put, insert, insert_or_fail, insert_unless_in_the_way, replace, replace_if, reshape_if);
        give(3, shared_remove);
        give(4, shared_put, shared_insert);
    }

    /// A statement that sets the data of the one document to an expression and gives its version.
    [[nodiscard]] Statement changing(const std::string& expression, const std::string& condition,
                                     std::vector<ParameterType> parameters) const {
        Statement statement = writing("UPDATE " + table + " AS stored SET " + data + " = " + expression +
                                          next_revision_ + " WHERE " + id + " = $1 AND " + condition,
                                      std::move(parameters), " IS NULL");
        statement.columns = columns_of_row;
        statement.is_made_up = true;
        return statement;
    }

    /// Inserts the document $2 as $1, or writes it over the one that has its place by a unique rule. Touches nothing
    /// where the id is that of another document. Gives id, document, version, and at last whether it was inserted.
    [[nodiscard]] Statement upserting_by(const UniqueRule& rule) const {
        const FieldPlace& field = rule.fields.front();
        const std::string* const column = stored.column_of(field);
        const std::string key = column != nullptr ? *column : value_expression(data, field);
        const std::string is_unique = is_everything(*rule.where) ? "" : " WHERE " + condition(stored, *rule.where);
        const std::string has_key = value_of(stored, field) + " = " + typed_expression("$2", field);
        const std::string sql = lock_rows(" WHERE " + has_key + " AND " + condition(stored, *rule.where)) +
                                "INSERT INTO " + table + " AS stored (" + columns_of_document() + ") SELECT $1, $2" +
                                rows_are_locked + " WHERE NOT EXISTS (" + other_with_id(rule) + ") ON CONFLICT (" +
                                key + ")" + is_unique + " DO UPDATE SET " + data + " = " + kept("EXCLUDED." + data) +
                                next_revision_ + " RETURNING " + id + ", " + data + ", " + version + timestamps +
                                ", xmax = 0";
        Statement upsert{sql, {ParameterType::text, ParameterType::jsonb}, Effect::writes};
        upsert.columns = columns_of_row + 1;
        return may_meet_itself(upsert, upsert, violations_of("(SELECT $1, $2) AS given (id, data)", false, &rule));
    }

    /// Whether the id $1 is that of a document whose place `upserting_by` would not give to the document $2.
    [[nodiscard]] Statement has_other(const UniqueRule& rule) const {
        Statement statement{other_with_id(rule), {ParameterType::text, ParameterType::jsonb}};
        statement.columns = 1;
        return statement;
    }

    /// Removes the chosen rows. Gives the number of those that it removed, and the id of one that a trigger or a policy
    /// kept. @param chosen  selects the ids and locks the rows @param seen  the same without a lock
    /// @param fails  whether it is to fail where one was kept, as a boolean
    [[nodiscard]] std::string removing_chosen(const std::string& chosen, const std::string& seen,
                                              const std::string& fails) const {
        return "WITH chosen (id) AS MATERIALIZED (" + chosen + "), removed (id) AS (DELETE FROM " + table + " WHERE " +
               id + " = ANY (ARRAY (SELECT id FROM chosen)) RETURNING " + id + ") " +
               told(left_of_chosen("removed", seen), fails);
    }

    /// The id of a chosen row that a write did not touch; NULL if there is none. Under policies the rows that the query
    /// sees are compared as well, since a policy may keep rows from being locked.
    /// @param touched  a part of the statement that has the ids of those that were
    [[nodiscard]] std::string left_of_chosen(const std::string& touched, const std::string& seen) const {
        const std::string not_touched = " WHERE id NOT IN (SELECT id FROM " + touched + ") LIMIT 1)";
        return "CASE WHEN (SELECT count(*) FROM chosen) <> (SELECT count(*) FROM " + touched +
               ") THEN (SELECT id FROM chosen" + not_touched + " WHEN " + SuppressionCheck::applies_policies(table) +
               " THEN (SELECT id FROM (" + seen + ") AS seen (id)" + not_touched + " END";
    }

    /// The document that has the place of another by a unique rule: id, document, version. $1 is that other document.
    [[nodiscard]] Statement in_place_of(const UniqueRule& rule) const {
        Statement statement{in_place_of(rule, "$1"), {ParameterType::jsonb}};
        statement.columns = columns_of_row;
        return statement;
    }

    /// What an UPDATE sets besides.
    [[nodiscard]] const std::string& next_revision() const noexcept { return next_revision_; }

    std::string table, id, data, columns;
    DocumentExpressions stored;
    DocumentExpressions qualified;  ///< The same, for where a subquery may have columns of the same names.
    std::string version, row;
    std::string created, updated;  ///< Nothing, where the table does not tell.
    std::string timestamps;        ///< ", " and both.
    int columns_of_row = 0;        ///< Of a document with id, version and times; so many does a write give as well.
    Statement find, find_document, lock, contains, find_many, rows, first_rows, rows_after, ids, count;
    /// What only this row has as long as nobody writes it, then the version, or document and version.
    Statement look, look_at_document;
    Statement put, insert, insert_or_fail, replace, replace_if, reshape_if, remove, remove_if, insert_unless_in_the_way;
    Statement put_many, insert_many, insert_missing, insert_missing_or_tell, first_taken, remove_many;
    /// Those documents of a batch whose ids are free; gives these ids.
    Statement insert_untaken;
    /// The first removes nothing where a trigger or a policy could keep rows.
    Statement clear, clear_checked;
    /// SQL text of a load through a table of the session.
    std::string copy_new;
    std::string make_loaded, copy_loaded, put_loaded, drop_loaded;
    std::string loaded_violations;  ///< As `Statement::violations`.
    /// How many documents `put_loaded` has to store; NULL where no trigger can suppress that.
    std::string count_loaded;
    /// For calls of several callers at once: what each touched, and not which failed.
    Statement shared_contains, shared_put, shared_insert, shared_remove;

private:
    /// What is written over a stored document, which keeps the fields that only an insert sets.
    [[nodiscard]] std::string kept(const std::string& written) const {
        return InsertOnlyExpression::keeping(insert_only_, "stored." + data, written);
    }

    DocumentExpressions other_;
    std::vector<UniqueRule> unique_;
    std::vector<std::vector<std::string>> insert_only_;
    std::string revision_;
    std::string next_revision_;

    static constexpr const char* progress = " RETURNING txid_snapshot_xmin(txid_current_snapshot()), txid_current()";

    /// A statement that sets the data of the one document and gives its version.
    /// @param is_it  what is true of the data column if it has
    [[nodiscard]] Statement writing(const std::string& sql, std::vector<ParameterType> parameters,
                                    const std::string& is_it) const {
        return {sql + progress + ", " + version + timestamps, std::move(parameters), Effect::writes,
                "SELECT xmin, " + data + is_it + ", " + version + timestamps + " FROM " + table + " AS stored WHERE " +
                    id + " = $1",
                true};
    }

    [[nodiscard]] std::string columns_of_document() const { return id + ", " + data; }

    /// The identity of the row with the id $1, of which a view has none, and the columns.
    [[nodiscard]] std::string looking(const std::string& wanted) const {
        return "SELECT seen.* FROM (SELECT 0 AS xmin, 0 AS ctid) AS no_row, LATERAL (SELECT "
               "concat(xmin, ' ', ctid), " +
               wanted + row + ") AS seen";
    }

    /// @param document  the one that is to be inserted
    [[nodiscard]] std::string in_place_of(const UniqueRule& rule, const std::string& document) const {
        std::string where = condition(stored, *rule.where);
        for (const FieldPlace& field : rule.fields) {
            where += " AND " + value_of(stored, field) + " = " + typed_expression(document, field);
        }
        return "SELECT " + id + ", " + data + ", " + version + timestamps + " FROM " + table + " WHERE " + where +
               " AND " + condition({.document = document}, *rule.where);
    }

    [[nodiscard]] std::string other_with_id(const UniqueRule& rule) const {
        const FieldPlace& field = rule.fields.front();
        const std::string other = "other." + data;
        return "SELECT 1 FROM " + table + " AS other WHERE other." + id + " = $1 AND NOT coalesce(" +
               typed_expression(other, field) + " = " + typed_expression("$2", field) + " AND " +
               condition({.document = other}, *rule.where) + " AND " + condition({.document = "$2"}, *rule.where) +
               ", FALSE)";
    }

    /// Stores the documents of a batch, and fails where the server stores another number of them.
    /// @param storing  gives id and version @param is_refused  whether it stores none for another reason
    [[nodiscard]] static std::string all_of_batch(const std::string& storing, const std::string& is_refused) {
        return "WITH written (id, version) AS (" + storing +
               ") SELECT id, version FROM written WHERE CASE WHEN (SELECT count(*) FROM written) = cardinality($1) "
               "THEN "
               "TRUE WHEN " +
               is_refused + " THEN TRUE ELSE " +
               SuppressionCheck::failing(
                   "coalesce((SELECT given FROM unnest($1) AS given WHERE given NOT IN (SELECT id "
                   "FROM written) LIMIT 1), '')") +
               " END";
    }

    /// The ids of a batch that are not `written` though nothing is seen in their way; none where no trigger can suppress
    /// that.
    [[nodiscard]] std::string untouched_of_batch(const TableRules& rules, const std::string& clock) const {
        std::string sql = "SELECT gridone_given.id FROM unnest($1, $2) AS gridone_given (id, data) WHERE " +
                          SuppressionCheck::has_trigger(table, SuppressionCheck::inserts, clock) +
                          " AND gridone_given.id NOT IN (SELECT id FROM written) AND NOT EXISTS (SELECT FROM " + table +
                          " AS present WHERE present." + id + " = gridone_given.id)";
        for (const UniqueRule& rule : rules.unique) {
            sql += " AND NOT EXISTS (" + in_place_of(rule, "gridone_given.data::jsonb") + ")";
        }
        return sql;
    }

    /// The end of a statement that removed rows. @param left  the id of one that is left
    [[nodiscard]] static std::string told(const std::string& left, const std::string& fails) {
        return "SELECT rows_removed, left_id, CASE WHEN " + fails + " THEN " + SuppressionCheck::failing("left_id") +
               " END FROM (SELECT (SELECT count(*) FROM removed) AS rows_removed, " + left +
               " AS left_id OFFSET 0) AS told";
    }

    [[nodiscard]] static Statement telling_progress(Statement statement) {
        statement.tells_progress = true;
        return statement;
    }

    [[nodiscard]] static Statement under_condition(Statement statement) {
        statement.is_conditional = true;
        return statement;
    }

    [[nodiscard]] Statement removing(const std::string& condition, std::vector<ParameterType> parameters) const {
        return {"DELETE FROM " + table + condition + progress, std::move(parameters), Effect::writes,
                "SELECT xmin, false" + row, true};
    }

    /// An INSERT that decides by one unique index whether a document exists.
    /// @param careful     the same, which cannot miss a row that was there before it began, but takes longer
    /// @param violations  see `Statement`; where there are unique constraints, the careful one is run at once
    [[nodiscard]] static Statement may_meet_itself(Statement statement, Statement careful, std::string violations) {
        if (violations.empty()) {
            if (statement.sql != careful.sql) {
                statement.after_refusal = std::move(careful.sql);
                statement.is_contended = std::make_shared<std::atomic<bool>>(false);
            }
        } else {
            statement = std::move(careful);
            statement.violations = std::move(violations);
        }
        statement.may_meet_itself = true;
        return statement;
    }

    /// The beginning of an INSERT that overwrites these rows: it locks them, so that no other session replaces a row
    /// version while ON CONFLICT looks for it. Otherwise it may find neither the old nor the new one.
    [[nodiscard]] std::string lock_rows(const std::string& condition) const {
        return "WITH gridone_locked AS MATERIALIZED (SELECT 1 FROM " + table + condition + " FOR NO KEY UPDATE) ";
    }
    /// Its FROM clause.
    static constexpr const char* rows_are_locked = " FROM (SELECT count(*) FROM gridone_locked) AS gridone_all_locked";

    /// See `Statement::violations`.
    /// @param given    FROM item of the new documents: their id and data
    /// @param several  they may violate a constraint among themselves
    /// @param key      documents are the same if they have the same value under this constraint; otherwise, the same id
    [[nodiscard]] std::string violations_of(const std::string& given, bool several = false,
                                            const UniqueRule* key = nullptr) const {
        if (unique_.empty()) return {};
        const DocumentExpressions written{.document = "written.data", .id = "written.id"};
        const DocumentExpressions another{.document = "another.data", .id = "another.id"};
        const auto have_equal = [&](const DocumentExpressions& documents, const UniqueRule& rule) {
            std::string equal = condition(documents, *rule.where) + " AND " + condition(written, *rule.where);
            for (const FieldPlace& field : rule.fields) {
                equal += " AND " + value_of(documents, field) + " = " + value_of(written, field);
            }
            return equal;
        };
        const auto are_same = [&](const DocumentExpressions& documents) {
            return key == nullptr ? documents.id + " = written.id"
                                  : "coalesce(" + have_equal(documents, *key) + ", FALSE)";
        };
        std::string data_of_given = "given.data";
        if (!insert_only_.empty()) {
            data_of_given = "coalesce((SELECT " + kept("given.data") + " FROM " + table + " AS stored WHERE stored." +
                            id + " = given.id), given.data)";
        }
        std::string sql =
            "WITH written AS MATERIALIZED (SELECT given.id, " + data_of_given + " AS data FROM " + given + ")";
        const char* before = " ";
        for (const UniqueRule& rule : unique_) {
            const auto exist = [&](const std::string& from, const DocumentExpressions& documents) {
                return "EXISTS (SELECT 1 FROM written, " + from + " WHERE NOT " + are_same(documents) + " AND " +
                       have_equal(documents, rule) + ")";
            };
            sql += before + ("SELECT " + quote_literal(rule.name)) + "::text, " + exist(table + " AS other", other_);
            if (several) sql += " OR " + exist("written AS another", another);
            before = " UNION ALL ";
        }
        return sql;
    }

    [[nodiscard]] static Statement in_batch(const std::string& sql) {
        return {sql, {ParameterType::text_array, ParameterType::text_array}, Effect::writes};
    }

    /// A thousand documents, or as many as make a mebibyte and one more, in whatever order the id's index has. Each is
    /// made text only once, for its length, its version and the answer.
    [[nodiscard]] std::string chunk(const std::string& condition) const {
        const std::string text = free_name("document");
        const std::string before = free_name("before_it");
        std::string kept = id + (revision_.empty() ? "" : ", " + revision_);
        if (!timestamps.empty()) kept += ", " + stored.created_at + ", " + stored.updated_at;
        return "SELECT " + id + ", " + text + ", " + hash(text, revision_) + timestamps + " FROM (SELECT " + kept +
               ", " + text + ", sum(octet_length(" + text + ")) OVER (ORDER BY " + id +
               " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS " + before + " FROM (SELECT " + kept + ", " +
               data + "::text AS " + text + " FROM " + table + condition + " ORDER BY " + id +
               " LIMIT 1000) AS next) AS chunk WHERE " + before + " IS NULL OR " + before + " < 1048576 ORDER BY " + id;
    }

    /// The version of a document that is this text.
    [[nodiscard]] static std::string hash(const std::string& text, const std::string& revision) {
        return "hashtextextended(" + text + " COLLATE \"C\", " + (revision.empty() ? "0" : revision) + ")";
    }

    [[nodiscard]] static std::string microseconds(const std::string& time) {
        return "(extract(epoch FROM " + time + ") * 1000000::numeric)::bigint";
    }

    /// For a column of a subquery: none of the table's.
    [[nodiscard]] std::string free_name(std::string name) const {
        while (columns.find(name) != std::string::npos) name += "_";
        return name;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
