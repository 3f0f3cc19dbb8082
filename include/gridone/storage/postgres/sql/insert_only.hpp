// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_INSERT_ONLY_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_INSERT_ONLY_HPP

#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/typed_expression.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A document that is written over a stored one, as SQL: its insert-only fields are those of the stored one. Means what
/// the function of this name means on JSON.
class InsertOnlyExpression {
public:
    /// @param stored, written  expressions of type jsonb
    static std::string keeping(const std::vector<std::vector<std::string>>& fields, const std::string& stored,
                               const std::string& written) {
        if (fields.empty()) return written;
        std::string from = "(SELECT " + written + " AS kept_0) AS step_0";
        for (std::size_t at = 0; at < fields.size(); ++at) {
            const std::string before = "kept_" + std::to_string(at);
            const std::string number = std::to_string(at + 1);
            from += ", LATERAL (SELECT " + one_kept(fields[at], stored, before);
            from.append(" AS kept_").append(number).append(") AS step_").append(number);
        }
        return "(SELECT kept_" + std::to_string(fields.size()) + " FROM " + from + ")";
    }

private:
    static std::string one_kept(const std::vector<std::string>& keys, const std::string& stored,
                                const std::string& written) {
        const std::string value = member_of(stored, keys);
        const std::span<const std::string> path{keys};
        std::string has_place = "jsonb_typeof(" + written + ") = 'object'";
        for (std::size_t depth = 1; depth < keys.size(); ++depth) {
            has_place +=
                " AND coalesce(jsonb_typeof" + member_of(written, path.first(depth)) + ", 'object') = 'object'";
        }
        return "CASE WHEN NOT (" + has_place + ") THEN " + written + " WHEN " + value + " IS NULL THEN " +
               without(path, written) + " ELSE " + with(path, 0, written, value) + " END";
    }

    static std::string without(std::span<const std::string> keys, const std::string& written) {
        std::string path = "ARRAY[";
        for (const std::string& key : keys) path += (path.back() == '[' ? "" : ", ") + quote_literal(key);
        return "(" + written + " #- " + path + "]::text[])";
    }

    /// The object at this depth with the value at its place, which is made where it is missing.
    static std::string with(std::span<const std::string> keys, std::size_t depth, const std::string& written,
                            const std::string& value) {
        const std::string object =
            depth == 0 ? written : "coalesce(" + member_of(written, keys.first(depth)) + ", '{}')";
        const std::string inner = depth + 1 == keys.size() ? value : with(keys, depth + 1, written, value);
        return "(" + object + " || jsonb_build_object(" + quote_literal(keys[depth]) + "::text, " + inner + "))";
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
