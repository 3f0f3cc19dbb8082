// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ROW_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ROW_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Spreads every bit over all others; no two numbers become one.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t bits) noexcept {
    bits ^= bits >> 30U;
    bits *= 0xBF58476D1CE4E5B9U;
    bits ^= bits >> 27U;
    bits *= 0x94D049BB133111EBU;
    return bits ^ (bits >> 31U);
}

/// A hash of revision and text. Texts of the same length that differ in one aligned group of eight bytes never share one.
[[nodiscard]] inline Version version_of(std::string_view text, std::int64_t revision) noexcept {
    std::uint64_t hash = spread(spread(static_cast<std::uint64_t>(revision) + 0x9E3779B97F4A7C15U) + text.size());
    while (!text.empty()) {
        std::uint64_t eight = 0;
        const auto taken = std::min(text.size(), sizeof eight);
        std::memcpy(&eight, text.data(), taken);
        text.remove_prefix(taken);
        hash = spread(hash ^ eight);
    }
    return Version{std::bit_cast<std::int64_t>(spread(hash))};
}

/// What the rules of a table see of a document, in the order of the rules.
struct RuledValues {
    std::vector<std::optional<std::string>> unique{};      ///< See `unique_key`.
    std::vector<std::optional<std::string>> references{};  ///< Ids in the parent tables.
};

/// A document as it is stored. Never changed, so whoever has it needs no lock to read it.
struct MemoryRow {
    /// @param revision_number  0, in a table without revisions
    MemoryRow(std::string json_text, std::int64_t revision_number, std::optional<Timestamps> times = {},
              RuledValues values = {})
        : text{std::move(json_text)},
          revision{revision_number},
          version{version_of(text, revision)},
          timestamps{times},
          ruled{std::move(values)} {}

    [[nodiscard]] StoredRow of(std::string_view id) const { return {std::string{id}, text, version, timestamps}; }

    std::string text;
    std::int64_t revision;
    Version version;
    std::optional<Timestamps> timestamps;
    RuledValues ruled;
};
using RowPointer = std::shared_ptr<const MemoryRow>;

/// By id; std::string orders by unsigned bytes. Among changes, null stands for a row that is removed.
using MemoryRows = std::map<std::string, RowPointer, std::less<>>;

/// What is committed of one table. Its place does not change as long as its database is there.
struct MemoryTable {
    MemoryRows rows{};
    std::optional<TableRules> rules{};  ///< None before a storage was made with the table.
    std::int64_t last_revision = 0;     ///< Of who writes; as a sequence, it never goes back.
};

}  // namespace gridone::storage::inline v0::detail

#endif
