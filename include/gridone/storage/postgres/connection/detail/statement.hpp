// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP

#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Whether a statement whose reply is lost may have changed something.
enum class Effect { reads, writes };

/// The parameter types by their fixed numbers in pg_type.
enum class ParameterType : unsigned { text = 25, jsonb = 3802 };

/// A statement of the library: one command, parameters as $1, $2 …
struct Statement {
    std::string sql;
    std::vector<ParameterType> parameters;
    Effect effect = Effect::reads;

    /// Of a write that returns two numbers with the row that it wrote: before which every transaction had ended, and its
    /// own transaction's. Asks, with the same parameters, for the row's xmin and whether it has the new content, which
    /// tells what became of the write when its reply is lost. Empty: nothing could.
    std::string evidence = {};

    /// It applies only where there is no row, so that the new content in an older row is not its work.
    bool needs_absence = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
