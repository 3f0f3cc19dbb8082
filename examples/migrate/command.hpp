// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_EXAMPLES_MIGRATE_COMMAND_HPP
#define GRIDONE_STORAGE_EXAMPLES_MIGRATE_COMMAND_HPP

#include <gridone/storage.hpp>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A command line over `gridone::storage::Migrator`.
namespace migrate {

namespace gs = gridone::storage;

/// What a service makes of it: its own steps, and where the database remembers them.
struct Program {
    std::vector<gs::Migration> steps{};
    gs::MigratorOptions options{};
};

/// The command that the arguments name; gives the exit status: 0, 1 where something is wrong with the database or the
/// steps, or what CLI11 gives for arguments that it does not understand.
class Command {
public:
    Command(Program program, std::ostream& out, std::ostream& err)
        : program_{std::move(program)}, out_{out}, err_{err} {
        app_.require_subcommand(1);
        app_.add_option("--database", url_, "postgresql://… (by default what DATABASE_URL says)")
            ->envname("DATABASE_URL")
            ->required();
        app_.add_option("--folder", folder_, "of files NUMBER.NAME.sql and NUMBER.NAME.rollback.sql")
            ->check(CLI::ExistingDirectory);
        app_.add_option("--deadline", seconds_, "for the whole command, in seconds")->check(CLI::PositiveNumber);
        app_.add_flag("--allow-future", program_.options.allow_future, "go on where a newer release has been");
        add("status", "each step, and whether it is applied", [this] { status(); });
        add("plan", "the steps that `up` would apply", [this] { list(migrator().plan(), "to apply"); });
        add("verify", "what is wrong; ends with 1 if anything is", [this] { verify(); });
        add("up", "applies the steps that are missing", [this] {
            up();
        })->add_flag("--dry-run", dry_run_, "print the SQL and run nothing");
        CLI::App* const down = add("down", "goes back behind a step", [this] { this->down(); });
        down->add_flag("--dry-run", dry_run_, "print the SQL and run nothing");
        down->add_option("to", to_, "the step that stays the last; 0 for none")
            ->required()
            ->check(CLI::NonNegativeNumber);
    }

    int run(int argc, const char* const* argv) {
        try {
            app_.parse(argc, argv);
            if (seconds_ > 0) program_.options.deadline = std::chrono::seconds{seconds_};
            run_chosen_();
            return status_;
        } catch (const CLI::ParseError& error) {
            return app_.exit(error, out_, err_);
        } catch (const std::exception& error) {
            err_ << error.what() << '\n';
            return 1;
        }
    }

private:
    template <class F>
    CLI::App* add(const std::string& name, const std::string& description, F f) {
        CLI::App* const command = app_.add_subcommand(name, description);
        command->callback([this, f] { run_chosen_ = f; });  // which runs once all arguments are understood
        return command;
    }

    gs::Migrator migrator() {
        program_.options.on_progress = [this](const gs::MigrationProgress& progress) { tell(progress); };
        manager_ = std::make_unique<gs::PostgresConnectionManager>(url_);
        gs::Migrator migrator{*manager_, program_.options};
        migrator.add(program_.steps);
        if (!folder_.empty()) migrator.add_folder(folder_);
        return migrator;
    }

    void status() {
        for (const gs::MigrationStatus& step : migrator().status()) {
            const bool is_applied = step.state == gs::MigrationStatus::State::applied;
            const bool is_pending = step.state == gs::MigrationStatus::State::pending;
            out_ << step.number << ' ' << step.name << ": "
                 << (is_applied   ? "applied"
                     : is_pending ? "pending"
                                  : "begun and not ended");
            if (step.applied_at) out_ << ' ' << gs::to_iso(step.applied_at->time());
            out_ << (step.is_known ? "\n" : ", not a step of this program\n");
        }
    }

    void verify() {
        for (const gs::MigrationProblem& problem : migrator().verify()) {
            out_ << problem.number << ' ' << problem.name << ' ' << to_string(problem.kind) << '\n';
            status_ = 1;
        }
    }

    void up() {
        if (dry_run_) return show(migrator().plan(), &gs::Migration::up);
        list(migrator().apply(), "applied");
    }

    void down() {
        if (!dry_run_) return list(migrator().rollback(to_), "gone back from");
        std::vector<gs::Migration> steps = migrator().plan_rollback(to_);
        for (gs::Migration& step : steps) step.up = step.down.value_or("");
        show(steps, &gs::Migration::up);
    }

    void list(const std::vector<gs::Migration>& steps, std::string_view what) {
        for (const gs::Migration& step : steps) out_ << step.number << ' ' << step.name << ": " << what << '\n';
        if (steps.empty()) out_ << "nothing " << what << '\n';
    }

    void show(const std::vector<gs::Migration>& steps, std::string gs::Migration::* script) {
        for (const gs::Migration& step : steps) {
            out_ << "-- " << step.number << ' ' << step.name << '\n' << step.*script << ";\n";
        }
    }

    void tell(const gs::MigrationProgress& progress) {
        using Kind = gs::MigrationProgress::Kind;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
        switch (progress.kind) {
            case Kind::waiting_for_turn:
                err_ << "another program migrates the database; waiting, " << seconds << " s\n";
                break;
            case Kind::began:
                err_ << progress.number << ' ' << progress.name << " …\n";
                break;
            case Kind::running:
                err_ << progress.number << ' ' << progress.name << " still runs, " << seconds << " s\n";
                break;
            case Kind::waiting_for_lock:
                err_ << progress.number << ' ' << progress.name << " could not have its lock, and begins again\n";
                break;
            case Kind::ended:
                break;
        }
    }

    Program program_;
    std::ostream& out_;
    std::ostream& err_;
    CLI::App app_{"Takes a database from one release's schema to the next."};
    std::unique_ptr<gs::PostgresConnectionManager> manager_{};
    std::function<void()> run_chosen_{};
    std::string url_{};
    std::filesystem::path folder_{};
    std::int64_t seconds_ = 0;
    std::int64_t to_ = 0;
    bool dry_run_ = false;
    int status_ = 0;
};

}  // namespace migrate

#endif
