// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_STORED_TEXT_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_STORED_TEXT_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/parsed_text.hpp>
#include <gridone/storage/core/version.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a store knows of a document besides its text.
struct Written {
    Version version;
    std::optional<Timestamps> timestamps{};

    [[nodiscard]] static std::optional<Version> version_of(const std::optional<Written>& written) {
        return written ? std::optional{written->version} : std::nullopt;
    }
};

/// A document as a store gives it.
struct StoredText {
    std::string text;
    Version version;
    std::optional<Timestamps> timestamps{};
};

/// The same with its id.
struct StoredRow {
    std::string id;
    std::string text;
    Version version;
    std::optional<Timestamps> timestamps{};
    std::shared_ptr<const ParsedText> parsed{};  ///< The same text, where the store keeps its tree.
};

/// @throws DecodeError  there is no document in the row: its text is empty
inline void expect_stored(std::string_view text, const CallSite& site) {
    if (text.empty()) throw DecodeError{site.because("the data column is NULL")};
}

/// Some of what a filter is true of, and how much that is in all.
struct CountedRows {
    std::vector<StoredRow> rows;
    std::size_t total = 0;
};

/// A document as a store takes it.
struct NewText {
    std::string_view id;
    std::string text;
};

/// The next of many documents that nobody holds at once; nothing at their end.
using NextText = std::function<std::optional<NewText>()>;

/// What became of a write under a condition.
struct Guarded {
    enum class Verdict {
        done,     ///< `written` is the new one, if a document is left.
        missing,  ///< There is no such document.
        conflict  ///< `written` is the one that is stored.
    };
    Verdict verdict;
    std::optional<Written> written{};
    std::optional<StoredText> found{};  ///< The document of a conflict, where the store has read it.

    [[nodiscard]] std::optional<Written> written_if_done() const {
        return verdict == Verdict::done ? written : std::nullopt;
    }
};

/// What became of a batch of new documents.
struct Inserted {
    std::vector<Version> versions{};     ///< As many as documents, in their order; none if an id was taken.
    std::optional<std::string> taken{};  ///< The first id that was, in byte order.
};

/// What `insert_or_find` and `upsert_by` came to.
struct Settled {
    StoredRow row;
    bool inserted = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
