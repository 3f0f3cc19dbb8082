// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_RUN_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_MIGRATION_RUN_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/backoff.hpp>
#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/schema/detail/apply_schema.hpp>
#include <gridone/storage/postgres/schema/detail/check_migrations.hpp>
#include <gridone/storage/postgres/schema/detail/concurrent_index.hpp>
#include <gridone/storage/postgres/schema/detail/migration_journal.hpp>
#include <gridone/storage/postgres/schema/detail/migration_plan.hpp>
#include <gridone/storage/postgres/schema/detail/schema_turn.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/schema/migrator_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Runs steps on one connection, which is never lent again: scripts may leave anything in its session.
class MigrationRun {
public:
    /// @param effect  becomes `writes` for as long as a lost connection leaves it open whether something was applied
    MigrationRun(Connection& connection, const MigrationJournal& journal, const MigratorOptions& options,
                 const CallSite& site, const Until& until, Effect& effect)
        : connection_{connection}, journal_{journal}, options_{options}, site_{site}, until_{until}, effect_{effect} {
        connection.retire();
    }

    /// Whether a session of its own is at the other end, and not one that a pooler hands out for each transaction.
    [[nodiscard]] bool has_session() const noexcept { return connection_.has_session(); }

    /// Waits until no other program migrates the database. Where there is no session that could have the turn, each
    /// transaction takes it. @throws Failure
    void take_turn() {
        if (has_session()) {
            wait_for_turn(
                until_, [&] { return try_schema_lock(connection_, SchemaLock::of_session, until_); }, waiting());
        }
        if (journal_.is_there(connection_, until_)) return;
        in_transaction([&] { connection_.run_text(journal_.make(), until_); });
    }

    /// @throws MigrationError  one runs outside of transactions, and there is no session for it
    void refuse_without_session(const std::vector<Migration>& steps, MigrationWay way) const {
        if (has_session()) return;
        MigrationProblems problems;
        for (const Migration& one : steps) {
            if (runs_in_transaction(script_of(one, way))) continue;
            problems.push_back({MigrationProblem::Kind::needs_session, one.number, one.name});
        }
        expect_none(site_, std::move(problems));
    }

    /// Runs one step and remembers it. @returns false where somebody else was first
    bool run(const Migration& one, const std::string& checksum, MigrationWay way) {
        const auto began = Clock::now();
        tell(MigrationProgress::Kind::began, one, began);
        const std::string& script = script_of(one, way);
        const bool is_mine = runs_in_transaction(script) ? run_in_transaction(one, script, checksum, way, began)
                                                         : run_outside(one, script, checksum, way, began);
        tell(MigrationProgress::Kind::ended, one, began);
        return is_mine;
    }

    /// Runs `f` in a transaction that has the turn.
    template <class F>
    void in_transaction(F&& f) {
        begin_in_turn(connection_, until_, waiting());
        try {
            connection_.lift_statement_timeout(Connection::For::transaction, until_);
            f();
        } catch (...) {
            roll_back(connection_, until_);
            throw;
        }
        effect_ = Effect::writes;
        if (connection_.run_text("COMMIT", until_).command() != "COMMIT") {
            throw SchemaError{site_.because("the server rolled the transaction back at its commit")};
        }
        effect_ = Effect::reads;
    }

private:
    bool run_in_transaction(const Migration& one, const std::string& script, const std::string& checksum,
                            MigrationWay way, Clock::time_point began) {
        bool is_mine = true;
        for (Backoff backoff;;) {
            try {
                in_transaction([&] {
                    is_mine = is_to_be_run(one, way);
                    if (!is_mine) return;
                    connection_.run_text("SET LOCAL lock_timeout = " + std::to_string(std::min<std::int64_t>(
                                                                           options_.lock_timeout.count(), INT32_MAX)),
                                         until_);
                    telling(one, began, [&](const Until& until) {
                        apply_statement(connection_, script, place_of(one, way), site_, until);
                    });
                    remember(one, checksum, way);
                    // For what the COMMIT has to check.
                    connection_.lift_statement_timeout(Connection::For::transaction, until_);
                });
                return is_mine;
            } catch (const TransientError& error) {
                if (!is_of_lock(error) || !backoff.wait(until_)) throw;
                tell(MigrationProgress::Kind::waiting_for_lock, one, began);
            }
        }
    }

    bool run_outside(const Migration& one, const std::string& script, const std::string& checksum, MigrationWay way,
                     Clock::time_point began) {
        if (!is_to_be_run(one, way)) return false;
        effect_ = Effect::writes;
        // It waits for others, who do not wait for it.
        connection_.lift_statement_timeout(Connection::For::session, until_);
        connection_.run_text("SET lock_timeout = 0", until_);
        const std::vector<SqlStatement> statements = SqlScript{script}.statements();
        const StepProgress before = made_of(one.number, checksum, way);
        for (std::size_t at = before.statements; at < statements.size(); ++at) {
            // Left by a run that nobody saw end: the index may be built, or dropped.
            const bool may_be_through = before.next_began && at == before.statements;
            auto built = ConcurrentIndex::built_by(statements[at]);
            auto dropped = ConcurrentIndex::dropped_by(statements[at]);
            using There = ConcurrentIndex::There;
            if (built) {
                const There there = built->look(connection_, until_);
                if (there == There::invalid) run_alone(built->drop(), one, way, began);
                if (there == There::yes && may_be_through) continue;
            }
            if (dropped && may_be_through && dropped->look(connection_, until_) == There::no) continue;
            connection_.run_text(journal_.put(one, checksum, way, {at, true}), until_);
            try {
                run_alone(std::string{statements[at].text}, one, way, began);
            } catch (const StorageError&) {  // the server refused it, and the session can say so
                connection_.run_text(journal_.put(one, checksum, way, {at, false}), until_);
                throw;
            }
            if (built && built->look(connection_, until_) == There::invalid) {
                throw SchemaError{site_.because(place_of(one, way) + " left an invalid index")};
            }
        }
        remember(one, checksum, way);
        effect_ = Effect::reads;
        return true;
    }

    /// What the script left behind in the session would be there for the next one, and only where that is run by the same
    /// program.
    void forget_settings() { connection_.run_text("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL", until_); }

    void remember(const Migration& one, const std::string& checksum, MigrationWay way) {
        forget_settings();
        const bool forward = way == MigrationWay::forward;
        connection_.run_text(forward ? journal_.put(one, checksum) : journal_.remove(one.number), until_);
    }

    /// How far the same script has come the same way.
    [[nodiscard]] StepProgress made_of(std::int64_t number, const std::string& checksum, MigrationWay way) {
        const auto entries = journal_.entries(connection_, until_);
        const JournalEntry* const entry = entry_of(entries, number);
        const auto state = way == MigrationWay::forward ? JournalEntry::State::started : JournalEntry::State::reverting;
        if (entry == nullptr || entry->state != state || entry->checksum != checksum) return {};
        return entry->made;
    }

    void run_alone(const std::string& sql, const Migration& one, MigrationWay way, Clock::time_point began) {
        try {
            telling(one, began, [&](const Until& until) { connection_.run_text(sql, until); });
        } catch (const Failure& failure) {
            throw_of_script(failure, place_of(one, way), site_);
        }
    }

    /// Whether it is not as it should be yet; somebody else may have been first.
    bool is_to_be_run(const Migration& one, MigrationWay way) {
        const auto entries = journal_.entries(connection_, until_);
        const JournalEntry* const entry = entry_of(entries, one.number);
        const bool is_applied = entry != nullptr && entry->state == JournalEntry::State::applied;
        return way == MigrationWay::forward ? !is_applied : entry != nullptr;
    }

    /// Runs `f(until)`, and tells now and then that it still does. What is thrown then is thrown here, once the server
    /// has been stopped.
    template <class F>
    void telling(const Migration& one, Clock::time_point began, F&& f) const {
        if (!options_.on_progress) return f(until_);
        std::exception_ptr thrown;
        const Ticker ticker{std::max(options_.progress_interval, std::chrono::milliseconds{1}), [&] {
                                try {
                                    tell(MigrationProgress::Kind::running, one, began);
                                } catch (...) {
                                    thrown = std::current_exception();
                                }
                                return thrown == nullptr;
                            }};
        Until until = until_;
        until.ticker = &ticker;
        try {
            f(until);
        } catch (...) {
            if (thrown) std::rethrow_exception(thrown);
            throw;
        }
    }

    /// Tells that it waits for its turn.
    [[nodiscard]] std::function<void()> waiting() const {
        return [this, began = Clock::now()] {
            if (!options_.on_progress) return;
            options_.on_progress({.kind = MigrationProgress::Kind::waiting_for_turn, .elapsed = since(began)});
        };
    }

    void tell(MigrationProgress::Kind kind, const Migration& one, Clock::time_point began) const {
        if (!options_.on_progress) return;
        options_.on_progress({.kind = kind, .number = one.number, .name = one.name, .elapsed = since(began)});
    }

    static const std::string& script_of(const Migration& one, MigrationWay way) {
        return way == MigrationWay::forward ? one.up : *one.down;
    }
    static std::chrono::milliseconds since(Clock::time_point began) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    }
    static std::string place_of(const Migration& one, MigrationWay way) {
        return std::string{way == MigrationWay::forward ? "migration " : "the way back of migration "} +
               std::to_string(one.number) + " (" + one.name + ")";
    }

    Connection& connection_;
    const MigrationJournal& journal_;
    const MigratorOptions& options_;
    const CallSite& site_;
    const Until& until_;
    Effect& effect_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
