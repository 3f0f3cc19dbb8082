// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_JOURNAL_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_JOURNAL_HPP

#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Which way a step goes.
enum class MigrationWay { forward, back };

/// How far a step outside of transactions has come.
struct StepProgress {
    std::size_t statements = 0;  ///< Those that are through.
    bool next_began = false;     ///< Whether the one after them may be through as well, or half.
};

/// What a database remembers of a migration.
struct JournalEntry {
    enum class State {
        applied,
        started,   ///< Outside of a transaction, and perhaps not at its end.
        reverting  ///< The same on the way back.
    };

    std::int64_t number = 0;
    std::string name{};
    std::string checksum{};
    State state = State::applied;
    StepProgress made{};  ///< Unless it is applied.
    std::optional<Timestamp> applied_at{};
};

/// The table in which a database remembers its migrations.
class MigrationJournal {
public:
    explicit MigrationJournal(const TableNames& names) : names_{names}, table_{qualified_name(names)} {}

    /// DDL, for a transaction that has the turn.
    [[nodiscard]] std::string make() const {
        std::string sql;
        if (names_.schema_name != "public") {
            sql = "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(names_.schema_name) + "; ";
        }
        return sql + "CREATE TABLE IF NOT EXISTS " + table_ +
               " (number bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, state text NOT NULL, "
               "started_at "
               "timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), applied_at timestamptz)";
    }

    [[nodiscard]] bool is_there(Connection& connection, const Until& until) const {
        return connection.run_text("SELECT pg_catalog.to_regclass(" + quote_literal(table_) + ") IS NOT NULL", until)
                   .text(0, 0) == "t";
    }

    /// By number; nothing, where the table is not there.
    [[nodiscard]] std::vector<JournalEntry> entries(Connection& connection, const Until& until) const {
        if (!is_there(connection, until)) return {};
        const Result rows = connection.run_text(
            "SELECT number, name, checksum, state, (extract(epoch FROM applied_at) * 1000000)::bigint FROM " + table_ +
                " ORDER BY number",
            until);
        std::vector<JournalEntry> entries;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            JournalEntry& entry = entries.emplace_back();
            entry.number = rows.number(row, 0);
            entry.name = rows.text(row, 1);
            entry.checksum = rows.text(row, 2);
            read_state(entry, rows.text(row, 3));
            if (!rows.is_null(row, 4)) {
                entry.applied_at = std::chrono::sys_time{std::chrono::microseconds{rows.number(row, 4)}};
            }
        }
        return entries;
    }

    /// Of the scripts forward, computed by the server.
    [[nodiscard]] static std::vector<std::string> checksums(Connection& connection,
                                                            const std::vector<Migration>& migrations,
                                                            const Until& until) {
        if (migrations.empty()) return {};
        std::string scripts;
        for (const Migration& one : migrations) {
            scripts.append(scripts.empty() ? "" : ", ").append(quote_literal(without_line_ends(one.up)));
        }
        const Result rows =
            connection.run_text("SELECT encode(sha256(convert_to(script, 'UTF8')), 'hex') FROM unnest(ARRAY[" +
                                    scripts + "]::text[]) WITH ORDINALITY AS given (script, place) ORDER BY place",
                                until);
        std::vector<std::string> checksums;
        checksums.reserve(rows.size());
        for (std::size_t row = 0; row < rows.size(); ++row) checksums.emplace_back(rows.text(row, 0));
        return checksums;
    }

    /// What remembers it.
    [[nodiscard]] std::string put(const Migration& one, const std::string& checksum,
                                  std::string_view state = applied) const {
        const std::string applied_at = state == applied ? "pg_catalog.clock_timestamp()" : "NULL";
        return "INSERT INTO " + table_ + " (number, name, checksum, state, applied_at) VALUES (" +
               std::to_string(one.number) + ", " + quote_literal(one.name) + ", " + quote_literal(checksum) + ", " +
               quote_literal(state) + ", " + applied_at +
               ") ON CONFLICT (number) DO UPDATE SET name = EXCLUDED.name, checksum = EXCLUDED.checksum, state = "
               "EXCLUDED.state, applied_at = EXCLUDED.applied_at";
    }

    /// What remembers that it is under way.
    [[nodiscard]] std::string put(const Migration& one, const std::string& checksum, MigrationWay way,
                                  const StepProgress& made) const {
        return put(one, checksum,
                   std::string{way == MigrationWay::forward ? started : reverting} + " " +
                       std::to_string(made.statements) + (made.next_began ? "+" : ""));
    }

    /// What remembers another script or name of it, and when it was applied as ever.
    [[nodiscard]] std::string correct(const Migration& one, const std::string& checksum) const {
        return "UPDATE " + table_ + " SET name = " + quote_literal(one.name) +
               ", checksum = " + quote_literal(checksum) + " WHERE number = " + std::to_string(one.number);
    }

    /// What forgets it.
    [[nodiscard]] std::string remove(std::int64_t number) const {
        return "DELETE FROM " + table_ + " WHERE number = " + std::to_string(number);
    }

private:
    /// `applied`, or the way, how many statements are through, and a plus where one more has begun: `started 2+`.
    static void read_state(JournalEntry& entry, std::string_view text) {
        if (text == applied) return;
        entry.state = text.starts_with(started) ? JournalEntry::State::started : JournalEntry::State::reverting;
        entry.made.next_began = text.ends_with('+');
        const std::size_t space = std::min(text.find(' '), text.size());
        std::from_chars(text.data() + std::min(space + 1, text.size()), text.data() + text.size(),
                        entry.made.statements);
    }

    static constexpr std::string_view applied = "applied", started = "started", reverting = "reverting";

    TableNames names_;
    std::string table_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
