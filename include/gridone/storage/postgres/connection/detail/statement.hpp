// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_STATEMENT_HPP

#include <atomic>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Whether a statement whose reply is lost may have changed something.
enum class Effect { reads, writes };

/// The parameter types by their fixed numbers in pg_type.
enum class ParameterType : unsigned {
    boolean = 16,
    bigint = 20,
    text = 25,
    double_precision = 701,
    text_array = 1009,
    timestamp = 1114,
    numeric = 1700,
    jsonb = 3802
};

/// Whether values of the type go out in its binary format: text as it is, an array as `text_array` makes it. All others
/// go as text.
constexpr bool is_sent_binary(ParameterType type) noexcept {
    return type == ParameterType::text || type == ParameterType::text_array;
}

/// The values of $1, $2 … Views: of what they refer to, and of the list itself, all of which outlive the call.
class Parameters {
public:
    Parameters(std::initializer_list<std::string_view> values) : values_{values.begin(), values.size()} {}
    Parameters(const std::vector<std::string_view>& values) : values_{values} {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
    [[nodiscard]] auto end() const noexcept { return values_.end(); }

private:
    std::span<const std::string_view> values_;
};

/// A statement of the library: one command, parameters as $1, $2 …
struct Statement {
    std::string sql;
    std::vector<ParameterType> parameters;
    Effect effect = Effect::reads;

    /// Of a write of one row: asks, with the same parameters, for the row's xmin, whether it has the new content, which
    /// tells what became of the write when its reply is lost, and what the call is to give. Empty: nothing could.
    std::string evidence = {};

    /// Each row that it returns begins with the number before which every transaction had ended, and with that of its
    /// own transaction.
    bool tells_progress = false;

    /// It applies only under a condition, so that the new content in an older row is not its work.
    bool is_conditional = false;

    /// An INSERT that decides by one unique index, such as that of its ON CONFLICT target, whether the document exists. It
    /// may miss a row that another session stores or updates at that moment, and is then refused by the next unique
    /// index, where the values of the same document are already; see `RefusedInsert`.
    bool may_meet_itself = false;

    /// Of such an INSERT: asks, with the same parameters, for the name of each unique constraint of the description, and
    /// whether another document has the values that are to be stored. Empty: the description has no unique constraint.
    std::string violations = {};

    /// Of such an INSERT: what is run in its place once it was refused. It cannot miss a row that was there before it
    /// began. Empty: it is that statement already.
    std::string after_refusal = {};

    /// Whether that is run at once, since the statement was refused by mistake before; shared by the copies of a storage.
    std::shared_ptr<std::atomic<bool>> is_contended = {};

    /// The columns of its rows; 0 for a command that gives none. A reply of another shape is an error.
    int columns = any_columns;
    static constexpr int any_columns = -1;

    /// Its text depends on the call, so a session keeps it only where it comes again; see `PreparedStatements`.
    bool is_made_up = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
