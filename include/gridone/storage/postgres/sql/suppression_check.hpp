// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_SUPPRESSION_CHECK_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_SUPPRESSION_CHECK_HPP

#include <gridone/storage/postgres/sql/literal.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// SQL by which a statement finds that a trigger, a rule or a row-level security policy left a row as it was.
///
/// A statement that is to fail as a whole casts a text with the id to boolean. That fails with 22P02, and the server
/// quotes the text in its message in every language, so the client recognises it; see `untouched_id`.
struct SuppressionCheck {
    static constexpr std::string_view mark = "gridone: row left as it was: (";

    /// What a row trigger is for, as the bits of pg_trigger.tgtype.
    enum Event { inserts = 4, removes = 8, updates = 16 };

    /// NULL where the id is NULL; otherwise fails.
    [[nodiscard]] static std::string failing(const std::string& id) {
        return "(" + quote_literal(mark) + " || " + id + " || ')')::boolean";
    }

    /// Whether the table has triggers that can suppress such a write. True where that is not to be seen at the table.
    /// @param table  with its schema, in quotes @param own  the name of a trigger of the library, which suppresses nothing
    [[nodiscard]] static std::string has_trigger(const std::string& table, int events, const std::string& own) {
        return described(table, "", events, " AND fires.tgname <> " + quote_literal(own));
    }

    /// Whether a DELETE can leave rows of the table.
    [[nodiscard]] static std::string may_keep_rows(const std::string& table) {
        return "(" + applies_policies(table) + " OR " +
               described(table, "described.relhasrules OR described.relhassubclass OR ", removes, "") + ")";
    }

    [[nodiscard]] static std::string applies_policies(const std::string& table) {
        return "pg_catalog.row_security_active(" + quote_literal(table) + "::text)";
    }

private:
    /// @param others  conditions on the row of pg_class, each followed by OR @param and_trigger  one more on its triggers
    [[nodiscard]] static std::string described(const std::string& table, const std::string& others, int events,
                                               const std::string& and_trigger) {
        return "EXISTS (SELECT FROM pg_catalog.pg_class AS described WHERE described.oid = " + quote_literal(table) +
               "::pg_catalog.regclass AND (described.relkind <> 'r' OR " + others +
               "EXISTS (SELECT FROM pg_catalog.pg_trigger AS fires WHERE fires.tgrelid = described.oid AND "
               "fires.tgtype & 3 = 3 AND fires.tgtype & " +
               std::to_string(events) + " <> 0" + and_trigger + ")))";
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
