// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CASE_HPP

#include "differential/case_query.hpp"
#include "differential/field_type.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace differential {

using Pairs = std::vector<std::pair<std::string, json>>;

enum class ChangeOf { set, unset, increment, append, remove_value };

/// One change of a patch: `path<type>(keys…).set(value)`.
struct PathChange {
    ChangeOf kind = ChangeOf::set;
    FieldType type = FieldType::any;
    Keys keys{};
    json value{};
};

/// One thing that the function of an `edit` does.
struct Step {
    enum class Kind { set, erase, stop };
    Kind kind = Kind::set;
    Keys keys{};  ///< None: the whole document.
    json value{};
};

enum class Kind {
    write,
    insert,
    replace,
    replace_if,
    remove,
    remove_if,
    read,
    find,
    read_document,
    read_for_update,
    contains,
    count,
    list_all,
    read_all,
    read_many,
    write_many,
    write_stream,  ///< The same of a range that is walked once.
    insert_many,
    insert_stream,  ///< The same of a range that is walked once.
    insert_missing,
    remove_many,
    insert_or_find,
    upsert_by,
    clear,
    for_each,
    model_read,  ///< Of the table "documents" by a model that knows some of the keys.
    model_write,
    model_edit,
    patch,
    patch_if,
    edit,
    query,
    transaction,  ///< In the body of another: a part of it.
    on_commit,
    stop,  ///< The body throws.
};
constexpr std::size_t kinds = static_cast<std::size_t>(Kind::stop) + 1;

/// One call, with whatever it takes.
struct Operation {
    Kind kind = Kind::read;
    std::size_t table = 0;
    bool passes = false;    ///< In a body: its error leaves the body.
    bool bypasses = false;  ///< In a body: called on the storage, not `in(tx)`.
    std::string id{};
    json value{};
    int version = -1;                   ///< The how manieth version that was seen; -1: the last.
    Pairs batch{};                      ///< Of operations on ids: their names only.
    std::vector<PathChange> changes{};  ///< Of upsert_by: of one, type and keys.
    std::vector<Step> steps{};
    int meddlings = 0;  ///< How often the function of `edit` writes `value` to the same document first.
    bool read_only = false;
    CaseQuery query{};
    std::vector<Operation> body{};  ///< Of a query: between its pages, or at its documents, one each.
};

/// Calls on empty tables.
struct Case {
    std::size_t shape = 0;  ///< Which tables.
    std::vector<Operation> operations{};
};

}  // namespace differential

#endif
