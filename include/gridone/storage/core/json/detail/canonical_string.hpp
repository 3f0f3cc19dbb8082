// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_CANONICAL_STRING_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_CANONICAL_STRING_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>

#include <cstddef>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// Why jsonb cannot hold this string or key; empty if it can.
[[nodiscard]] inline std::string_view string_fault(std::string_view text) noexcept {
    if (text.find('\0') != std::string_view::npos) return "jsonb cannot hold U+0000";
    if (!valid_utf8(text)) return "not valid UTF-8";
    return {};
}

/// Appends `text` in quotes.
///
/// Pre: all of it is `plain_ascii`.
inline void append_plain_string(BoundedText& out, std::string_view text) {
    out.append('"');
    out.append(text);
    out.append('"');
}

/// Appends `text` in quotes, escaped as PostgreSQL does it: what JSON demands and nothing else.
///
/// Pre: `string_fault(text)` is empty.
inline void append_canonical_string(BoundedText& out, std::string_view text) {
    out.append('"');
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text.substr(plain, i - plain));
        plain = i + 1;
        switch (byte) {
            case '\b':
                out.append("\\b");
                break;
            case '\f':
                out.append("\\f");
                break;
            case '\n':
                out.append("\\n");
                break;
            case '\r':
                out.append("\\r");
                break;
            case '\t':
                out.append("\\t");
                break;
            case '"':
                out.append("\\\"");
                break;
            case '\\':
                out.append("\\\\");
                break;
            default:
                out.append(byte < 0x10 ? "\\u000" : "\\u001");
                out.append("0123456789abcdef"[byte & 0xFU]);
        }
    }
    out.append(text.substr(plain));
    out.append('"');
}

}  // namespace gridone::storage::inline v0::detail

#endif
