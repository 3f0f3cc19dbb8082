// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_COPY_DOCUMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_COPY_DOCUMENTS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/postgres_transaction.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/detail/suppressed_write.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// COPY … FROM STDIN of documents that are asked for one after another.
///
/// @throws WriteSuppressedError  the server stored fewer than it was given
/// @param rows       how they are put: `CopyNumberedRows` or `CopyTextRows`
/// @param next       gives what has an `id` and a `text`, or nothing at the end
/// @param has_begun  true from when the first is asked for, after which nothing can be run again
template <class Rows, class Next>
void copy_documents(PostgresTransaction& transaction, const std::string& sql, Rows rows, Next&& next, bool& has_begun,
                    const CallSite& site) {
    constexpr std::size_t enough = std::size_t{64} << 10U;  // bytes for one message
    bool is_at_begin = true;
    bool is_at_end = false;
    std::size_t given = 0;
    const Result result = transaction.copy_in(
        sql,
        [&](std::string& piece) {
            if (is_at_end) return;
            has_begun = true;
            if (std::exchange(is_at_begin, false)) rows.begin(piece);
            while (piece.size() < enough) {
                const auto each = next();
                if (!each) {
                    rows.end(piece);
                    is_at_end = true;
                    return;
                }
                rows.add(piece, each->id, each->text);
                ++given;
            }
        },
        site);
    if (located(site, [&] { return result.touched(); }) < given) throw_suppressed(site, {});
}

/// The id that was taken, if that is what the server refused: its DETAIL says `Key (id)=(b-1) already exists.`, with
/// words in its own language around the parentheses, and quotes around the column where it needs them.
///
/// @param id_column  in quotes
[[nodiscard]] inline std::optional<std::string> taken_id(const ConstraintError& error, std::string_view id_column) {
    if (error.sqlstate() != "23505") return {};
    const std::string_view details = error.details();
    for (const std::string_view column : {id_column, id_column.substr(1, id_column.size() - 2)}) {
        const std::string before = "(" + std::string{column} + ")=(";
        const auto begin = details.find(before);
        const auto end = details.rfind(')');
        if (begin == std::string_view::npos || end < begin + before.size()) continue;
        return std::string{details.substr(begin + before.size(), end - begin - before.size())};
    }
    return {};
}

}  // namespace gridone::storage::inline v0::detail

#endif
