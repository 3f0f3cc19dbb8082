// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_TEXT_WRITER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_TEXT_WRITER_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/canonical_number.hpp>
#include <gridone/storage/core/json/detail/canonical_string.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/detail/json_scanner.hpp>
#include <gridone/storage/core/json/detail/key_order.hpp>
#include <gridone/storage/core/json/json_limits.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Rewrites JSON text as jsonb prints it, checking as it goes. Recurses at most `max_depth` levels.
///
/// Members are written as they come; an object whose keys were out of order is put in order when it ends.
class TextWriter {
public:
    TextWriter(std::string_view text, const JsonLimits& limits)
        : in_{text}, out_{limits.max_bytes, text.size() + text.size() / 8}, max_depth_{limits.max_depth} {}

    [[nodiscard]] std::string write() && {
        value(nullptr, 0);
        in_.skip_space();
        if (!in_.at_end()) refuse(JsonScanner::malformed, nullptr);
        return std::move(out_).take();
    }

private:
    /// A member of an object that is still open; [begin, end) is its text in `out_`, key included.
    struct Member {
        std::string key;
        std::size_t begin;
        std::size_t end;
    };

    [[noreturn]] static void refuse(std::string_view reason, const JsonStep* at) {
        throw InvalidInputError{reason, json_pointer(at)};
    }

    void expect(char token, const JsonStep* at) {
        in_.skip_space();
        if (!in_.take(token)) refuse(JsonScanner::malformed, at);
    }

    [[nodiscard]] bool next_is(char token) {
        in_.skip_space();
        return in_.take(token);
    }

    void value(const JsonStep* at, std::size_t depth) {
        in_.skip_space();
        switch (in_.peek()) {
            case '{':
                return object(at, depth + 1);
            case '[':
                return array(at, depth + 1);
            case '"':
                return string(text_, at);
            case 'n':
                return literal("null", at);
            case 't':
                return literal("true", at);
            case 'f':
                return literal("false", at);
            default:
                return number(at);
        }
    }

    void literal(std::string_view word, const JsonStep* at) {
        if (!in_.take(word)) refuse(JsonScanner::malformed, at);
        out_.append(word);
    }

    void number(const JsonStep* at) {
        const auto text = in_.number();
        if (text.empty()) refuse(JsonScanner::malformed, at);
        const auto parts = split_number(text);
        if (const auto fault = number_fault(parts); !fault.empty()) refuse(fault, at);
        append_canonical_number(out_, parts);
    }

    void string(std::string& decoded, const JsonStep* at) {
        if (const auto fault = in_.string(decoded); !fault.empty()) refuse(fault, at);
        if (in_.was_plain()) return append_plain_string(out_, decoded);
        if (const auto fault = string_fault(decoded); !fault.empty()) refuse(fault, at);
        append_canonical_string(out_, decoded);
    }

    void array(const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        expect('[', at);
        out_.append('[');
        JsonStep step{.parent = at};
        if (!next_is(']')) {
            value(&step, depth);
            for (++step.index; next_is(','); ++step.index) {
                out_.append(", ");
                value(&step, depth);
            }
            expect(']', at);
        }
        out_.append(']');
    }

    void object(const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        expect('{', at);
        out_.append('{');
        const std::size_t first = members_.size();
        if (!next_is('}')) {
            member(at, depth);
            while (next_is(',')) {
                out_.append(", ");
                member(at, depth);
            }
            expect('}', at);
            put_in_order(first);
        }
        out_.append('}');
    }

    void member(const JsonStep* at, std::size_t depth) {
        in_.skip_space();
        const std::size_t begin = out_.size();
        std::string key;
        string(key, at);
        expect(':', at);
        out_.append(": ");
        const JsonStep step{.parent = at, .key = key};
        value(&step, depth);
        members_.push_back({.key = std::move(key), .begin = begin, .end = out_.size()});
    }

    /// Of members with the same key the last one stays.
    void put_in_order(std::size_t first) {
        const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = members_.end();
        const auto out_of_order = [](const Member& a, const Member& b) { return !jsonb_key_less(a.key, b.key); };
        if (std::adjacent_find(begin, end, out_of_order) != end) {
            const std::size_t start = begin->begin;
            std::sort(begin, end, [](const Member& a, const Member& b) {
                return a.key == b.key ? a.begin < b.begin : jsonb_key_less(a.key, b.key);
            });
            ordered_.clear();
            for (auto member = begin; member != end; ++member) {
                if (const auto next = member + 1; next != end && next->key == member->key) continue;
                if (!ordered_.empty()) ordered_ += ", ";
                ordered_ += out_.slice(member->begin, member->end);
            }
            out_.replace_from(start, ordered_);
        }
        members_.erase(begin, end);
    }

    JsonScanner in_;
    BoundedText out_;
    std::size_t max_depth_;
    std::vector<Member> members_;  ///< Of all open objects, the innermost last.
    std::string text_;             ///< Room for one string, kept from value to value.
    std::string ordered_;          ///< Room for one object put in order.
};

}  // namespace gridone::storage::inline v0::detail

#endif
