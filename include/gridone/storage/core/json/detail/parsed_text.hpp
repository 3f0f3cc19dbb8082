// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_PARSED_TEXT_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_PARSED_TEXT_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A stored JSON text that never changes. Its tree is built when it is first needed, and kept. Thread-safe.
class ParsedText {
public:
    explicit ParsedText(std::string text) : text_{std::move(text)} {}
    ParsedText(const ParsedText&) = delete;
    ParsedText& operator=(const ParsedText&) = delete;
    ParsedText(ParsedText&&) = delete;
    ParsedText& operator=(ParsedText&&) = delete;
    ~ParsedText() { delete tree_.load(std::memory_order_acquire); }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The document for filters, orders and constraints: an integer beyond 64 bits is the nearest double.
    [[nodiscard]] const nlohmann::json& document() const { return tree().document; }

    /// What `parse_json(text, limits)` returns; null if that could throw.
    [[nodiscard]] const nlohmann::json* decodable(const JsonLimits& limits) const {
        if (text_.size() > limits.max_bytes || limits.max_depth < parsed_by.max_depth) return nullptr;
        const Tree& built = tree();
        return built.is_exact ? &built.document : nullptr;
    }

private:
    struct Tree {
        nlohmann::json document;
        bool is_exact;
    };
    static constexpr JsonLimits parsed_by{.max_bytes = unlimited.max_bytes};

    [[nodiscard]] const Tree& tree() const {
        if (const Tree* built = tree_.load(std::memory_order_acquire)) return *built;
        auto made = std::make_unique<const Tree>(parsed());
        const Tree* first = nullptr;  // of another thread, if there is one
        if (!tree_.compare_exchange_strong(first, made.get(), std::memory_order_acq_rel)) return *first;
        return *made.release();
    }

    [[nodiscard]] Tree parsed() const {
        try {
            return {parse_json(text_, parsed_by), true};
        } catch (const DecodeError&) {
            return {nlohmann::json::parse(text_), false};
        }
    }

    std::string text_;
    mutable std::atomic<const Tree*> tree_{nullptr};
};

}  // namespace gridone::storage::inline v0::detail

#endif
