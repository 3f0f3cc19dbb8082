// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_SCANNER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_SCANNER_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/json/detail/plain_ascii.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// The tokens of JSON text (RFC 8259, strictly), with numbers as they were written. nlohmann's parser cannot serve
/// here: it turns numbers into doubles and gives up on those that no double holds.
class JsonScanner {
public:
    static constexpr std::string_view malformed = "not well-formed JSON";

    explicit JsonScanner(std::string_view text) noexcept : rest_{text} {}

    void skip_space() noexcept {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r')) drop(1);
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    /// What comes next, all of it.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    /// The next character, or 0 (which no token starts with) at the end.
    [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

    [[nodiscard]] bool take(std::string_view token) noexcept {
        if (rest_.size() < token.size()) return false;
        // Not memcmp, which GCC 12 warns of wrongly at -O1, and not starts_with, which is slower.
        // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): it has its size
        if (std::string_view{rest_.data(), token.size()} != token) return false;
        drop(token.size());
        return true;
    }
    [[nodiscard]] bool take(char token) noexcept {
        if (rest_.empty() || rest_.front() != token) return false;
        drop(1);
        return true;
    }

    /// The text of the number that comes next; empty if none does.
    [[nodiscard]] std::string_view number() noexcept {
        const auto whole = rest_;
        (void)take('-');
        if (!take('0') && digits() == 0) return {};
        integer_ = true;
        if (take('.')) {
            integer_ = false;
            if (digits() == 0) return {};
        }
        if (take('e') || take('E')) {
            integer_ = false;
            if (!take('+')) (void)take('-');
            if (digits() == 0) return {};
        }
        return whole.substr(0, whole.size() - rest_.size());
    }

    /// Whether the last number had neither point nor exponent.
    [[nodiscard]] bool was_integer() const noexcept { return integer_; }

    /// Replaces `decoded` by the string that comes next. Whether its bytes are UTF-8 is for the caller to check.
    ///
    /// @returns what is wrong with it, or nothing.
    [[nodiscard]] std::string_view string(std::string& decoded) {
        plain_ = true;
        if (!take('"')) return malformed;
        std::size_t run = plain_ascii(rest_);
        if (run < rest_.size() && rest_[run] == '"') {
            decoded.assign(rest_.substr(0, run));
            drop(run + 1);
            return {};
        }
        decoded.clear();
        while (true) {
            while (run < rest_.size() && static_cast<unsigned char>(rest_[run]) >= 0x80) {
                plain_ = false;
                ++run;
                run += plain_ascii(rest_.substr(run));
            }
            decoded.append(rest_.substr(0, run));
            drop(run);
            if (take('"')) return {};
            if (!take('\\') || rest_.empty()) return malformed;
            plain_ = false;
            if (const auto fault = escape(decoded); !fault.empty()) return fault;
            run = plain_ascii(rest_);
        }
    }
    /// Whether the last string was ASCII without escapes, so that there is nothing to check in it.
    [[nodiscard]] bool was_plain() const noexcept { return plain_; }

private:
    void drop(std::size_t bytes) noexcept { rest_.remove_prefix(bytes); }

    std::size_t digits() noexcept {
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
        drop(count);
        return count;
    }

    std::string_view escape(std::string& decoded) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (take('u')) return unicode_escape(decoded);
        const auto letter = letters.find(rest_.front());
        if (letter == std::string_view::npos) return malformed;
        decoded += meanings[letter];
        drop(1);
        return {};
    }

    std::string_view unicode_escape(std::string& decoded) {
        constexpr std::string_view lone = "a surrogate without its other half";
        const auto unit = four_hex_digits();
        if (!unit) return malformed;
        if (*unit < 0xD800 || *unit > 0xDFFF) {
            append_utf8(decoded, *unit);
            return {};
        }
        if (*unit > 0xDBFF || !take("\\u")) return lone;
        const auto low = four_hex_digits();
        if (!low) return malformed;
        if (*low < 0xDC00 || *low > 0xDFFF) return lone;
        append_utf8(decoded, 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00));
        return {};
    }

    std::optional<std::uint32_t> four_hex_digits() noexcept {
        if (rest_.size() < 4) return {};
        const char* const begin = std::to_address(rest_.begin());
        std::uint32_t unit = 0;
        if (std::from_chars(begin, begin + 4, unit, 16).ptr != begin + 4) return {};
        drop(4);
        return unit;
    }

    std::string_view rest_;
    bool integer_ = true;
    bool plain_ = true;
};

}  // namespace gridone::storage::inline v0::detail

#endif
