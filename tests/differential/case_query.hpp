// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CASE_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CASE_QUERY_HPP

#include "differential/field_type.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace differential {

using Keys = std::vector<std::string>;

/// A field: `id_field`, `path<type>(keys…)`, or, without keys, `element<type>`.
struct CaseField {
    FieldType type = FieldType::any;
    Keys keys{};
    bool is_id = false;
};

/// A filter. What a leaf takes stands in `literal`, as JSON.
struct CaseFilter {
    enum class Kind {
        everything,
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        in,       ///< One of `literal`, a list.
        between,  ///< The two of `literal`.
        starts_with,
        contains,
        contains_key,
        contains_value,
        any,  ///< `parts[0]` is true of an element.
        is_null,
        version_equal,  ///< To one that was seen.
        version_not_equal,
        version_in,  ///< That one, the newest and the same again.
        all_of,
        any_of,
        negation
    };
    Kind kind = Kind::everything;
    CaseField field{};
    std::optional<CaseField>
        other{};  ///< Of a comparison, in place of a literal: a field whose values are of one kind.
    json literal = nullptr;
    bool literal_is_first = false;
    int version = -1;  ///< The how manieth version that was seen; -1: the last.
    std::vector<CaseFilter> parts{};
};

struct CaseOrder {
    CaseField field{};
    bool descending = false;
};

/// What is asked of a query.
enum class Ask {
    all,
    first,
    one,
    find,
    read,
    read_all,
    ids,
    count,
    exists,
    count_by,
    sum,
    avg,
    min,
    max,
    select,        ///< As what takes any document.
    select_parts,  ///< As a struct that takes some.
    for_each,
    pages,           ///< To the end, page by page.
    counted_pages,   ///< The same with totals.
    select_pages,    ///< The same as a struct that takes some.
    changed_cursor,  ///< From the text of a cursor that was changed.
    foreign_cursor,  ///< From the cursor of the same query without an order.
    patch,
    patch_documents,
    remove
};
constexpr std::size_t asks = static_cast<std::size_t>(Ask::remove) + 1;

/// A query, and what is asked of it.
struct CaseQuery {
    Ask ask = Ask::all;
    std::vector<CaseFilter> where{};  ///< One step each.
    std::vector<CaseOrder> order{};
    int limit = -1;  ///< -1: none.
    std::size_t offset = 0;
    CaseField of{};          ///< Of totals: the field.
    std::size_t number = 0;  ///< Of `for_each`: where it stops; 0: nowhere. Of a cursor: which letter changes.
};

}  // namespace differential

#endif
