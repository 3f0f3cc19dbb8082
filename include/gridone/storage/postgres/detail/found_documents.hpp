// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_FOUND_DOCUMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_FOUND_DOCUMENTS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The one document that was asked for. Tables made elsewhere may leave the column NULL; of many rows that is an empty
/// text, which is refused when its turn to be read has come.
inline std::string_view document_text(const Result& result, std::size_t row, int column, const CallSite& site) {
    const std::string_view text = result.text(row, column);
    expect_stored(text, site);
    return text;
}

/// The one document of a result.
class FoundText {
public:
    FoundText(Result result, const CallSite& site)
        : result_{std::move(result)}, text_{document_text(result_, 0, 0, site)} {}
    operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor): it is a text

private:
    Result result_;
    std::string_view text_;
};

/// The rows (id, document) of results, as views into them.
class FoundRows {
public:
    void add(Result result) {
        const Result& kept = results_.emplace_back(std::move(result));
        rows_.reserve(rows_.size() + kept.size());
        for (std::size_t row = 0; row < kept.size(); ++row) {
            rows_.emplace_back(kept.value(row, 0), kept.text(row, 1));
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] auto begin() const noexcept { return rows_.begin(); }
    [[nodiscard]] auto end() const noexcept { return rows_.end(); }

private:
    std::deque<Result> results_;
    std::vector<std::pair<std::string_view, std::string_view>> rows_;
};

/// Runs `f`, which reads the reply to a write. A reply that makes no sense says nothing about the write.
template <class F>
decltype(auto) read_of_write(const CallSite& site, F&& f) {
    try {
        return f();
    } catch (InternalError& error) {
        if (site.transaction == nullptr) throw_no_verdict(site.because(bad_reply().what()), Effect::writes);
        ErrorAccess::locate(error, site);
        throw;
    }
}

/// What a row has from this column on: the version, and the times of tables that have them. A row whose document, in the
/// column before, is NULL has no version.
inline Written written_in(const Result& result, std::size_t row, int column, const CallSite& site) {
    return located(site, [&] {
        const bool is_without_document = result.is_null(row, column) && result.is_null(row, column - 1);
        Written written{Version{is_without_document ? 0 : result.number(row, column)}};
        if (result.columns() >= column + 3 && !result.is_null(row, column + 1) && !result.is_null(row, column + 2)) {
            const auto time = [&](int at) {
                using Time = std::chrono::sys_time<std::chrono::microseconds>;
                return Timestamp{Time{std::chrono::microseconds{result.number(row, at)}}};
            };
            written.timestamps = {time(column + 1), time(column + 2)};
        }
        return written;
    });
}

/// A result of document, version and times.
inline std::optional<StoredText> stored_text(const Result& result, const CallSite& site) {
    if (result.size() == 0) return std::nullopt;
    const auto [version, timestamps] = written_in(result, 0, 1, site);
    return StoredText{std::string{document_text(result, 0, 0, site)}, version, timestamps};
}

/// A result of id, document, version and times.
inline std::vector<StoredRow> stored_rows(const Result& result, const CallSite& site) {
    std::vector<StoredRow> rows;
    rows.reserve(result.size());
    for (std::size_t row = 0; row < result.size(); ++row) {
        const auto [version, timestamps] = written_in(result, row, 2, site);
        rows.push_back({std::string{result.value(row, 0)}, std::string{result.text(row, 1)}, version, timestamps});
    }
    return rows;
}

inline std::vector<std::string> first_column(const Result& result, const CallSite& site) {
    return located(site, [&] {
        std::vector<std::string> values;
        values.reserve(result.size());
        for (std::size_t row = 0; row < result.size(); ++row) values.emplace_back(result.value(row, 0));
        return values;
    });
}

inline std::size_t number_of_rows(const Result& result, const CallSite& site) {
    return located(site, [&] { return result.count(0, 0); });
}

}  // namespace gridone::storage::inline v0::detail

#endif
