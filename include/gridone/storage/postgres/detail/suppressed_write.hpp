// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_SUPPRESSED_WRITE_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_SUPPRESSED_WRITE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/sql/suppression_check.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The id that a statement failed with because the server left its row as it was; see `SuppressionCheck`.
[[nodiscard]] inline std::optional<std::string> untouched_id(const StorageError& error) {
    if (error.sqlstate() != "22P02") return {};
    const std::string_view message = error.details();
    const auto begin = message.find(SuppressionCheck::mark);
    const auto end = message.rfind(')');
    if (begin == std::string_view::npos || end < begin + SuppressionCheck::mark.size()) return {};
    const std::string_view id = message.substr(begin + SuppressionCheck::mark.size());
    return std::string{id.substr(0, end - begin - SuppressionCheck::mark.size())};
}

[[nodiscard]] inline WriteSuppressedError write_suppressed(const CallSite& site) {
    return WriteSuppressedError{site.because(
        "the server accepted the statement and left the document as it was: a trigger, a rule or a row-level security "
        "policy of the table suppressed the write")};
}

/// Of a call about several documents, which may have changed others: a transaction that it is in cannot be committed.
[[noreturn]] inline void throw_suppressed(CallSite site, std::string_view id) {
    site.id = id;
    if (site.transaction == nullptr) throw write_suppressed(site);
    site.transaction->guarded([&] { throw write_suppressed(site); });
    throw write_suppressed(site);
}

/// Of a statement whose answer can be wrong for a concurrent transaction, which is run so often.
inline constexpr int most_suppressed_attempts = 3;

/// Distinguishes a write that the server suppressed from one that another client was faster than. A write that touched
/// no row is followed by a look at the row. Where two looks find the same row, the write between them had that row to
/// touch.
class SameRow {
public:
    /// @param identity  of the row that is there and that the write applies to
    /// @throws WriteSuppressedError  it was there at the look before; or the row changed at every one of many looks
    void expect_another(std::string identity, const CallSite& site) {
        if (identity == last_ || ++looks_ == most_looks) throw write_suppressed(site);
        last_ = std::move(identity);
    }

private:
    static constexpr int most_looks = 20;

    std::string last_;
    int looks_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
