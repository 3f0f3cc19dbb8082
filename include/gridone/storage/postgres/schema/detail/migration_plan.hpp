// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_PLAN_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_PLAN_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/schema/detail/check_migrations.hpp>
#include <gridone/storage/postgres/schema/detail/concurrent_index.hpp>
#include <gridone/storage/postgres/schema/detail/migration_journal.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/schema/migration_error.hpp>
#include <gridone/storage/postgres/schema/migrator_options.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// @throws MigrationError  there are some
inline void expect_none(const CallSite& site, MigrationProblems problems) {
    if (problems.empty()) return;
    std::string all;
    for (const MigrationProblem& problem : problems) {
        all +=
            (all.empty() ? "migration " : "; migration ") + std::to_string(problem.number) + " (" + problem.name + ") ";
        all += to_string(problem.kind);
    }
    throw MigrationError{site.because(all), std::move(problems)};
}

/// What the migrations of a program come to in a database, as it is now.
class MigrationPlan {
public:
    /// Reads what the database has had. @throws Failure
    MigrationPlan(Connection& connection, const MigrationJournal& journal, const std::vector<Migration>& migrations,
                  const Until& until)
        : migrations_{migrations},
          entries_{journal.entries(connection, until)},
          checksums_{MigrationJournal::checksums(connection, migrations, until)} {}

    [[nodiscard]] const std::vector<JournalEntry>& entries() const noexcept { return entries_; }

    /// Of a migration of the program.
    [[nodiscard]] const std::string& checksum_of(std::int64_t number) const {
        return checksums_[static_cast<std::size_t>(known(number) - migrations_.begin())];
    }
    [[nodiscard]] const Migration* find(std::int64_t number) const {
        return known(number) == migrations_.end() ? nullptr : &*known(number);
    }

    /// @param allow_future  whether later ones than the program's are no problem
    [[nodiscard]] MigrationProblems problems(bool allow_future) const {
        MigrationProblems all = problems_of(migrations_);
        for (MigrationProblem& problem : problems_beside(entries_, migrations_, checksums_)) {
            if (problem.kind != MigrationProblem::Kind::future || !allow_future) all.push_back(std::move(problem));
        }
        return all;
    }

    /// Those that are not applied, in order.
    [[nodiscard]] std::vector<Migration> pending() const {
        std::vector<Migration> steps;
        for (const Migration& one : migrations_) {
            if (!is_applied(one)) steps.push_back(one);
        }
        return steps;
    }

    /// Those after this number that the database has had, the last first.
    /// @throws MigrationError  there is no way back from one
    [[nodiscard]] std::vector<Migration> behind(const CallSite& site, std::int64_t number) const {
        MigrationProblems problems = problems_of(migrations_);
        std::vector<Migration> steps;
        for (const JournalEntry& entry : entries_) {
            if (entry.number <= number) continue;
            const Migration* const one = find(entry.number);
            if (one == nullptr) {
                const bool is_later = migrations_.empty() || entry.number > migrations_.back().number;
                problems.push_back({is_later ? MigrationProblem::Kind::future : MigrationProblem::Kind::missing,
                                    entry.number, entry.name});
            } else if (!one->down) {
                problems.push_back({MigrationProblem::Kind::no_way_back, entry.number, entry.name});
            } else {
                steps.push_back(*one);
            }
        }
        expect_none(site, std::move(problems));
        std::ranges::reverse(steps);
        return steps;
    }

    /// All of the program and of the database, by number.
    [[nodiscard]] std::vector<MigrationStatus> status() const {
        std::vector<MigrationStatus> all;
        for (const Migration& one : migrations_) {
            if (entry_of(entries_, one.number) == nullptr) all.push_back({.number = one.number, .name = one.name});
        }
        for (const JournalEntry& entry : entries_) {
            all.push_back({.number = entry.number,
                           .name = entry.name,
                           .state = entry.state == JournalEntry::State::applied ? MigrationStatus::State::applied
                                                                                : MigrationStatus::State::unfinished,
                           .applied_at = entry.applied_at,
                           .is_known = find(entry.number) != nullptr});
        }
        std::ranges::sort(all, {}, &MigrationStatus::number);
        return all;
    }

    /// Indexes of applied migrations that are there and invalid.
    [[nodiscard]] MigrationProblems invalid_indexes(Connection& connection, const Until& until) const {
        MigrationProblems problems;
        for (const Migration& one : migrations_) {
            if (!is_applied(one)) continue;
            for (const SqlStatement& statement : SqlScript{one.up}.statements()) {
                auto index = ConcurrentIndex::built_by(statement);
                if (!index || index->look(connection, until) != ConcurrentIndex::There::invalid) continue;
                problems.push_back({MigrationProblem::Kind::invalid_index, one.number, one.name});
            }
        }
        return problems;
    }

private:
    [[nodiscard]] std::vector<Migration>::const_iterator known(std::int64_t number) const {
        return std::ranges::find(migrations_, number, &Migration::number);
    }
    [[nodiscard]] bool is_applied(const Migration& one) const {
        const JournalEntry* const entry = entry_of(entries_, one.number);
        return entry != nullptr && entry->state == JournalEntry::State::applied;
    }

    const std::vector<Migration>& migrations_;
    std::vector<JournalEntry> entries_;
    std::vector<std::string> checksums_;  // of the migrations
};

}  // namespace gridone::storage::inline v0::detail

#endif
