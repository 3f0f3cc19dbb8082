// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_DIFFERENCE_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_SCHEMA_DIFFERENCE_HPP

#include <string>

namespace gridone::storage::inline v0 {

/// One thing in which a database is not what a table's description says.
struct SchemaDifference {
    enum class Kind {
        missing,           ///< `ensure_schema` makes it.
        invalid,           ///< An index that was not built to its end, or a rule that was never checked.
        other_definition,  ///< It is there, and is something else, or has no key; `ensure_schema` refuses it.
        other_collation    ///< The id column is not in byte order: all works, but whatever goes by id sorts the table.
    };

    Kind kind = Kind::missing;
    std::string table{};     ///< With its schema: `public.devices`.
    std::string object{};    ///< What of it: `index devices_site_idx`.
    std::string expected{};  ///< As PostgreSQL writes it.
    std::string found{};     ///< Likewise.

    friend bool operator==(const SchemaDifference&, const SchemaDifference&) = default;

    /// For people: `public.devices, column site: missing, expected numeric`.
    [[nodiscard]] std::string text() const {
        std::string text = table + ", " + object + ": ";
        switch (kind) {
            case Kind::missing:
                text += "missing";
                break;
            case Kind::invalid:
                text += "invalid, not built or checked to its end; drop it and let it be made again";
                break;
            case Kind::other_definition:
                text += "has another definition";
                break;
            case Kind::other_collation:
                text += "is not in byte order; an index on (the column COLLATE \"C\") saves the sorting";
                break;
        }
        if (!expected.empty()) text += ", expected " + expected;
        if (!found.empty()) text += ", found " + found;
        return text;
    }
};

}  // namespace gridone::storage::inline v0

#endif
