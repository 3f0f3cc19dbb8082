// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATOR_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATOR_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/schema/detail/check_migrations.hpp>
#include <gridone/storage/postgres/schema/detail/migration_journal.hpp>
#include <gridone/storage/postgres/schema/detail/migration_plan.hpp>
#include <gridone/storage/postgres/schema/detail/migration_run.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/schema/migration_error.hpp>
#include <gridone/storage/postgres/schema/migrator_options.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// Takes a database from one release's schema to the next, step by step, and remembers what it has had:
///
///     Migrator migrator{manager};
///     migrator.add(1, "devices", "CREATE TABLE …", "DROP TABLE devices");
///     migrator.add(2, "site index", outside_transaction("CREATE INDEX CONCURRENTLY …"));
///     migrator.add_folder("migrations").apply();
///
/// A step and what remembers it are one transaction, so that a step is applied or it is not, whenever the program or the
/// server is killed. Steps outside of transactions are remembered statement for statement, and the next call goes on with
/// them, or begins again where the script is another by then; an index that was left invalid is built again. What a step
/// SETs ends with it. Of several programs that start at once, one migrates and the others wait for it.
/// Behind a pooler that shares connections between transactions, each transaction takes its turn, and steps outside of
/// transactions are refused.
///
/// Any thread; what is added is not to be added while another thread uses it.
class Migrator {
    /// What a call has to work with.
    struct Call {
        const detail::CallSite& site;
        detail::Connection& connection;
        const detail::Until& until;

        void run(const std::string& sql) const { connection.run_text(sql, until); }
    };

    /// Runs `f` on a connection, until the deadline of the options.
    template <class F>
    auto on_connection(std::string_view operation, const detail::Effect& effect, F&& f) const {
        const detail::CallSite site{.operation = operation,
                                    .table = options_.journal.table_name,
                                    .deadline = detail::set_deadline_after(options_.deadline)};
        return state_->with_lease(site, effect, [&](detail::Lease& lease, const detail::Until& until) {
            return f(Call{site, *lease, until});
        });
    }
    template <class F>
    auto look(std::string_view operation, F&& f) const {
        return on_connection(operation, detail::Effect::reads, f);
    }

public:
    /// No I/O.
    /// @throws InvalidInputError  a name of the journal that PostgreSQL could not keep as it is
    explicit Migrator(const PostgresConnectionManager& manager, MigratorOptions options = {})
        : state_{detail::ManagerAccess::state(manager)},
          options_{std::move(options)},
          journal_{document_table<nlohmann::json>(options_.journal).names()} {}

    // A move copies: what was moved from stays usable.
    Migrator(const Migrator&) = default;
    Migrator& operator=(const Migrator&) = default;
    ~Migrator() = default;

    /// Adds a step. Its script should do what it does in every later release as well: it is never changed once it was
    /// applied anywhere.
    /// @throws InvalidInputError  the number is below 1, the name is empty, a script contains NUL.
    Migrator& add(Migration one) {
        check(one);
        migrations_.insert(std::ranges::upper_bound(migrations_, one.number, {}, &Migration::number), std::move(one));
        return *this;
    }
    Migrator& add(std::int64_t number, std::string_view name, std::string_view up,
                  std::optional<std::string> down = std::nullopt) {
        return add(Migration{number, std::string{name}, std::string{up}, std::move(down)});
    }
    /// The same of a list, as a program that has them built in has one.
    Migrator& add(const std::vector<Migration>& migrations) {
        for (const Migration& one : migrations) add(one);
        return *this;
    }
    /// The same of a folder's files; see `migrations_in`.
    Migrator& add_folder(const std::filesystem::path& folder) { return add(migrations_in(folder)); }

    [[nodiscard]] const std::vector<Migration>& migrations() const noexcept { return migrations_; }

    /// What `apply` would run, in order. Runs nothing and waits for nobody.
    /// @throws MigrationError  as `apply`.
    [[nodiscard]] std::vector<Migration> plan() const {
        return look("plan", [&](const Call& call) {
            const detail::MigrationPlan plan = plan_of(call);
            detail::expect_none(call.site, plan.problems(options_.allow_future));
            return plan.pending();
        });
    }

    /// What `rollback` would go back from, in that order. Otherwise as `plan`.
    [[nodiscard]] std::vector<Migration> plan_rollback(std::int64_t to) const {
        return look("plan_rollback", [&](const Call& call) { return plan_of(call).behind(call.site, to); });
    }

    /// Runs the steps that are not applied, in order, each of them once, whoever else begins at the same time; gives those
    /// that this call ran.
    /// @throws MigrationError  they do not fit what the database has had, or a script cannot run as it is: nothing was run.
    /// @throws SchemaError     a statement failed, or had no lock by the deadline: the message names the step. The steps
    ///                         before it are applied.
    /// @throws TimeoutError    the deadline of the options passed. The steps before it are applied.
    /// @throws ConnectionError, OutcomeUnknownError  the connection was lost, or the deadline passed in a step outside of
    ///                         transactions or at a commit; calling again goes on where it was.
    /// @note   each step: BEGIN; pg_try_advisory_xact_lock; the script; INSERT INTO the journal; COMMIT
    std::vector<Migration> apply() const {
        return in_turn("apply", detail::MigrationWay::forward,
                       [&](const Call& call, const detail::MigrationPlan& plan) {
                           detail::expect_none(call.site, plan.problems(options_.allow_future));
                           return plan.pending();
                       });
    }

    /// Goes back from all steps after this number, the last first; gives those it went back from.
    /// @throws MigrationError  one of them has no way back, or is not among the program's: nothing was run.
    /// @throws SchemaError, TimeoutError, ConnectionError, OutcomeUnknownError  as `apply`.
    std::vector<Migration> rollback(std::int64_t to) const {
        return in_turn("rollback", detail::MigrationWay::back,
                       [&](const Call& call, const detail::MigrationPlan& plan) { return plan.behind(call.site, to); });
    }

    /// Each step of the program and of the database, by number.
    [[nodiscard]] std::vector<MigrationStatus> status() const {
        return look("status", [&](const Call& call) { return plan_of(call).status(); });
    }

    /// All that is wrong: what `apply` would refuse, and indexes of applied steps that are invalid.
    [[nodiscard]] std::vector<MigrationProblem> verify() const {
        return look("verify", [&](const Call& call) {
            const detail::MigrationPlan plan = plan_of(call);
            auto problems = plan.problems(options_.allow_future);
            std::ranges::move(plan.invalid_indexes(call.connection, call.until), std::back_inserter(problems));
            std::ranges::sort(problems, {}, &MigrationProblem::number);
            return problems;
        });
    }

    /// Remembers steps that were applied as the program has them now, where script or name is another, and forgets those
    /// that it does not know any more, but for later ones. Runs none of them: for who has seen to it that the database is
    /// as it should be.
    /// @throws MigrationError  one of the program's is wrong by itself
    void repair() const {
        remember("repair", [&](const Call& call, const detail::MigrationPlan& plan) {
            for (const MigrationProblem& problem : plan.problems(true)) {
                if (problem.kind == MigrationProblem::Kind::missing) {
                    call.run(journal_.remove(problem.number));
                } else if (problem.kind == MigrationProblem::Kind::edited) {
                    call.run(journal_.correct(*plan.find(problem.number), plan.checksum_of(problem.number)));
                }
            }
        });
    }

    /// Remembers all steps up to this number as applied, and runs none: for a database that was there before the migrator.
    /// @throws SchemaError  the database has had steps already.
    void baseline(std::int64_t number) const {
        remember("baseline", [&](const Call& call, const detail::MigrationPlan& plan) {
            if (!plan.entries().empty())
                throw SchemaError{call.site.because("the database has had migrations already")};
            for (const Migration& one : migrations_) {
                if (one.number <= number) call.run(journal_.put(one, plan.checksum_of(one.number)));
            }
        });
    }

private:
    static void check(const Migration& one) {
        const auto refuse = [&](const std::string& why) {
            throw InvalidInputError{"migration " + std::to_string(one.number) + " " + why};
        };
        if (one.number < 1) refuse("has a number below 1");
        if (one.name.empty()) refuse("has no name");
        if ((one.name + one.up + one.down.value_or("")).find('\0') != std::string::npos) refuse("contains NUL");
    }

    [[nodiscard]] detail::MigrationPlan plan_of(const Call& call) const {
        return {call.connection, journal_, migrations_, call.until};
    }

    /// Runs the steps that `choose` gives, once it has the turn.
    template <class Choose>
    std::vector<Migration> in_turn(std::string_view operation, detail::MigrationWay way, Choose&& choose) const {
        detail::Effect effect = detail::Effect::reads;
        return on_connection(operation, effect, [&](const Call& call) {
            detail::expect_none(call.site, detail::problems_of(migrations_));
            detail::MigrationRun run{call.connection, journal_, options_, call.site, call.until, effect};
            run.take_turn();
            const detail::MigrationPlan plan = plan_of(call);
            const std::vector<Migration> steps = choose(call, plan);
            run.refuse_without_session(steps, way);
            std::vector<Migration> done;
            for (const Migration& one : steps) {
                if (run.run(one, plan.checksum_of(one.number), way)) done.push_back(one);
            }
            return done;
        });
    }

    /// Changes what the database remembers, in one transaction.
    template <class F>
    void remember(std::string_view operation, F&& f) const {
        detail::Effect effect = detail::Effect::reads;
        on_connection(operation, effect, [&](const Call& call) {
            detail::expect_none(call.site, detail::problems_of(migrations_));
            detail::MigrationRun run{call.connection, journal_, options_, call.site, call.until, effect};
            run.take_turn();
            run.in_transaction([&] { f(call, plan_of(call)); });
        });
    }

    std::shared_ptr<detail::ManagerState> state_;
    MigratorOptions options_;
    detail::MigrationJournal journal_;
    std::vector<Migration> migrations_;  // by number
};

}  // namespace gridone::storage::inline v0

#endif
