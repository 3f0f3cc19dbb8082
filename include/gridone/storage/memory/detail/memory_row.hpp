// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ROW_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_ROW_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/json/detail/parsed_text.hpp>
#include <gridone/storage/core/version.hpp>

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

/// A version of a document as it is stored. Never changed, so a reader needs no lock once it has a pointer to it.
struct MemoryRow {
    /// @param revision_number  0, in a table without revisions
    MemoryRow(std::string_view document_id, std::string json_text, std::int64_t revision_number,
              std::optional<Timestamps> times = {})
        : id{document_id},
          json{std::move(json_text)},
          revision{revision_number},
          version{version_of(json.text(), revision)},
          timestamps{times} {}

    std::string id;
    ParsedText json;
    std::int64_t revision;
    Version version;
    std::optional<Timestamps> timestamps;
    std::vector<std::optional<std::string>> keys{};  ///< One for each index of the table.
};
using RowPointer = std::shared_ptr<const MemoryRow>;

/// The row for the operations. Its tree stays with the row, which the result keeps alive.
[[nodiscard]] inline StoredRow stored_row(const RowPointer& row) {
    return {row->id, row->json.text(), row->version, row->timestamps, {row, &row->json}};
}

/// By id; std::string orders by unsigned bytes. Among changes, null stands for a row that is removed.
using MemoryRows = std::map<std::string, RowPointer, std::less<>>;

}  // namespace gridone::storage::inline v0::detail

#endif
