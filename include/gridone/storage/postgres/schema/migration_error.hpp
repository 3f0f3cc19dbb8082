// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATION_ERROR_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATION_ERROR_HPP

#include <gridone/storage/core/errors.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// What is wrong with a migration, by itself or beside what the database has had.
struct MigrationProblem {
    enum class Kind {
        duplicate,             ///< Another one has its number.
        edited,                ///< It was applied with another script, or another name.
        missing,               ///< It was applied, and the program does not know it, though it knows later ones.
        future,                ///< It was applied by a newer program: it is later than all that this one knows.
        out_of_order,          ///< It is not applied, and later ones are.
        no_way_back,           ///< It is to be gone back from, and has no script for that.
        needs_no_transaction,  ///< It has a statement that the server refuses in a transaction.
        ends_transaction,      ///< It has a statement that begins or ends the transaction in which it runs.
        needs_session,  ///< It runs outside of transactions, and there is a pooler between, so that nobody can wait.
        unnamed_index,  ///< It builds an index CONCURRENTLY without a name.
        copies_data,    ///< It has COPY FROM STDIN or TO STDOUT, and a migration has no data to send or to receive.
        invalid_index,  ///< An index that it builds is there and is invalid, so that queries and rules do without it.
    };

    Kind kind;
    std::int64_t number;
    std::string name;

    friend bool operator==(const MigrationProblem&, const MigrationProblem&) = default;
};

[[nodiscard]] constexpr std::string_view to_string(MigrationProblem::Kind kind) noexcept {
    switch (kind) {
        case MigrationProblem::Kind::duplicate:
            return "has the number of another; give it one of its own";
        case MigrationProblem::Kind::edited:
            return "was applied with another script or name; restore it and add a new one, or call repair()";
        case MigrationProblem::Kind::missing:
            return "was applied and is not among the program's; bring it back, or call repair()";
        case MigrationProblem::Kind::future:
            return "was applied by a newer program; run that one, or set allow_future to apply beside it";
        case MigrationProblem::Kind::out_of_order:
            return "is not applied, and later ones are; give it a later number";
        case MigrationProblem::Kind::no_way_back:
            return "has no script for the way back";
        case MigrationProblem::Kind::needs_no_transaction:
            return "has a statement that cannot run in a transaction; its first line should be -- no-transaction";
        case MigrationProblem::Kind::ends_transaction:
            return "has a statement that begins or ends a transaction";
        case MigrationProblem::Kind::needs_session:
            return "runs outside of transactions, which needs a connection that no pooler shares";
        case MigrationProblem::Kind::unnamed_index:
            return "builds an index CONCURRENTLY that has no name, by which it is found again";
        case MigrationProblem::Kind::copies_data:
            return "has COPY FROM STDIN or TO STDOUT; write INSERT instead, or load the data with a program";
        case MigrationProblem::Kind::invalid_index:
            return "builds an index that is there and invalid";
    }
    return "is wrong";
}

/// The migrations of a program and those of its database do not fit. Nothing was run.
class MigrationError : public SchemaError {
public:
    MigrationError(ErrorInfo info, std::vector<MigrationProblem> problems)
        : SchemaError{std::move(info)}, problems_{std::move(problems)} {}

    /// All that is wrong, by number.
    [[nodiscard]] const std::vector<MigrationProblem>& problems() const noexcept { return problems_; }

private:
    std::vector<MigrationProblem> problems_;
};

}  // namespace gridone::storage::inline v0

#endif
