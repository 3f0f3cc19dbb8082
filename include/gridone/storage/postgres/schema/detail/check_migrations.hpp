// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_CHECK_MIGRATIONS_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_CHECK_MIGRATIONS_HPP

#include <gridone/storage/postgres/schema/detail/concurrent_index.hpp>
#include <gridone/storage/postgres/schema/detail/migration_journal.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/schema/migration_error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

using MigrationProblems = std::vector<MigrationProblem>;

[[nodiscard]] inline bool runs_in_transaction(std::string_view script) {
    std::string_view first = script.substr(0, script.find('\n'));
    first = first.substr(0, first.find_last_not_of(" \t\r") + 1);
    return first != no_transaction_line;
}

/// Whether the server runs the statement outside of transactions only, of those that migrations are made of.
[[nodiscard]] inline bool needs_no_transaction(const SqlStatement& statement) {
    if (statement.begins_with({"vacuum"}) || statement.begins_with({"alter", "system"}) ||
        statement.begins_with({"create", "database"}) || statement.begins_with({"drop", "database"})) {
        return true;
    }
    const bool is_concurrent = std::ranges::find(statement.words, "concurrently") != statement.words.end();
    return is_concurrent &&
           (statement.begins_with({"create", "index"}) || statement.begins_with({"create", "unique", "index"}) ||
            statement.begins_with({"drop", "index"}) || statement.begins_with({"reindex"}) ||
            statement.begins_with({"alter", "table"}));
}

[[nodiscard]] inline bool ends_transaction(const SqlStatement& statement) {
    if (statement.begins_with({"rollback"}))
        return !statement.begins_with({"rollback", "to"}) && !statement.begins_with({"rollback", "work", "to"}) &&
               !statement.begins_with({"rollback", "transaction", "to"});
    return std::ranges::any_of(
        std::initializer_list<std::initializer_list<std::string_view>>{
            {"begin"}, {"start", "transaction"}, {"commit"}, {"end"}, {"abort"}, {"prepare", "transaction"}},
        [&](const auto& words) { return statement.begins_with(words); });
}

/// What is wrong with them by themselves.
[[nodiscard]] inline MigrationProblems problems_of(const std::vector<Migration>& migrations) {
    MigrationProblems problems;
    const auto check = [&](const Migration& one, std::string_view script) {
        for (const SqlStatement& statement : SqlScript{script}.statements()) {
            if (ends_transaction(statement)) {
                problems.push_back({MigrationProblem::Kind::ends_transaction, one.number, one.name});
            } else if (runs_in_transaction(script) && needs_no_transaction(statement)) {
                problems.push_back({MigrationProblem::Kind::needs_no_transaction, one.number, one.name});
            } else if (copies_data(statement)) {
                problems.push_back({MigrationProblem::Kind::copies_data, one.number, one.name});
            } else if (ConcurrentIndex::is_built_without_name(statement)) {
                problems.push_back({MigrationProblem::Kind::unnamed_index, one.number, one.name});
            } else {
                continue;
            }
            return;
        }
    };
    for (std::size_t at = 0; at < migrations.size(); ++at) {
        const Migration& one = migrations[at];
        if (at > 0 && migrations[at - 1].number == one.number) {
            problems.push_back({MigrationProblem::Kind::duplicate, one.number, one.name});
        }
        check(one, one.up);
        if (one.down) check(one, *one.down);
    }
    return problems;
}

[[nodiscard]] inline const JournalEntry* entry_of(const std::vector<JournalEntry>& entries, std::int64_t number) {
    const auto found = std::ranges::find(entries, number, &JournalEntry::number);
    return found == entries.end() ? nullptr : &*found;
}

/// What is wrong with them beside what the database has had. Both are by number.
/// @param checksums  of the migrations
[[nodiscard]] inline MigrationProblems problems_beside(const std::vector<JournalEntry>& entries,
                                                       const std::vector<Migration>& migrations,
                                                       const std::vector<std::string>& checksums) {
    using Kind = MigrationProblem::Kind;
    MigrationProblems problems;
    const std::int64_t newest = migrations.empty() ? 0 : migrations.back().number;
    std::int64_t last_applied = 0;
    for (const JournalEntry& entry : entries) {
        if (entry.state == JournalEntry::State::applied) last_applied = entry.number;
        if (std::ranges::find(migrations, entry.number, &Migration::number) != migrations.end()) continue;
        problems.push_back({entry.number > newest ? Kind::future : Kind::missing, entry.number, entry.name});
    }
    for (std::size_t at = 0; at < migrations.size(); ++at) {
        const Migration& one = migrations[at];
        const JournalEntry* const entry = entry_of(entries, one.number);
        const bool is_applied = entry != nullptr && entry->state == JournalEntry::State::applied;
        if (is_applied && (entry->checksum != checksums[at] || entry->name != one.name)) {
            problems.push_back({Kind::edited, one.number, one.name});
        }
        if (entry == nullptr && one.number < last_applied) {
            problems.push_back({Kind::out_of_order, one.number, one.name});
        }
    }
    std::ranges::sort(problems, {}, &MigrationProblem::number);
    return problems;
}

}  // namespace gridone::storage::inline v0::detail

#endif
