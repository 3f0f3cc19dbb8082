// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_PLAIN_ASCII_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_PLAIN_ASCII_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// How many bytes of `text`, from its first, are ASCII that a JSON string has as they are: before the first quote,
/// backslash, control or other character. Eight at a time.
[[nodiscard]] inline std::size_t plain_ascii(std::string_view text) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t highs = ones << 7U;
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + at, sizeof eight);
        // The high bit of each byte that is 0; where a lower byte is 0 as well, of some that are not.
        const auto zeros = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & highs; };
        const std::uint64_t controls = (eight - ones * 0x20) & ~eight & highs;
        const std::uint64_t others =
            zeros(eight ^ ones * '"') | zeros(eight ^ ones * '\\') | controls | (eight & highs);
        if (others == 0) continue;
        if constexpr (std::endian::native != std::endian::little) break;
        return at + static_cast<std::size_t>(std::countr_zero(others)) / 8;
    }
    for (; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
    }
    return at;
}

}  // namespace gridone::storage::inline v0::detail

#endif
