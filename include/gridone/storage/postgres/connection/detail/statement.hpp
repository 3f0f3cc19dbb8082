// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP

#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What the row with the id says about a write whose reply was lost, when the backend that ran it is gone.
enum class Proof {
    none,     ///< Nothing.
    upsert,   ///< The new content shows that it was applied.
    insert,   ///< The new content does, unless it was there before.
    replace,  ///< As upsert.
    remove,   ///< Only that it was not applied.
};

/// Whether a statement whose reply is lost may have changed something.
enum class Effect { reads, writes };

/// The parameter types by their fixed numbers in pg_type.
enum class ParameterType : unsigned { text = 25, jsonb = 3802 };

/// A statement of the library: one command, parameters as $1, $2 …
struct Statement {
    std::string sql;
    std::vector<ParameterType> parameters;
    Effect effect = Effect::reads;
    Proof proof = Proof::none;
    std::string evidence = {};  ///< Of the proof: the row's xmin, and whether it has the new content; same parameters.
    bool tells_progress = false;  ///< Returns `Progress`, in the row that it wrote.
};

}  // namespace gridone::storage::inline v0::detail

#endif
