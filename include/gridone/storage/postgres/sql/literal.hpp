// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_LITERAL_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_LITERAL_HPP

#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A text as SQL takes it literally, for DDL, which has no parameters. Means the same whatever
/// standard_conforming_strings is.
inline std::string quote_literal(std::string_view text) {
    std::string sql = text.find('\\') == std::string_view::npos ? "'" : "E'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') sql += c;
        sql += c;
    }
    return sql += '\'';
}

/// The same of a text that is SQL, which stays as readable as it is.
inline std::string quote_body(std::string_view text) {
    std::string tag = "$gridone";
    while (text.find(tag + '$') != std::string_view::npos) tag += '_';
    tag += '$';
    return tag + std::string{text} + tag;
}

}  // namespace gridone::storage::inline v0::detail

#endif
