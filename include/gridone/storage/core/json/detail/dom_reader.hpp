// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_READER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_READER_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/canonical_number.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/detail/json_scanner.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Reads stored text into one nlohmann value and refuses what would lose something. Recurses at most `max_depth` levels.
///
/// nlohmann's own parser would do it as well, through its SAX interface, and takes three times as long.
class DomReader {
public:
    DomReader(std::string_view text, std::size_t max_depth) noexcept : in_{text}, max_depth_{max_depth} {}

    [[nodiscard]] nlohmann::json read() && {
        nlohmann::json root;
        value(root, nullptr, 0);
        in_.skip_space();
        if (!in_.at_end()) refuse(JsonScanner::malformed, nullptr);
        return root;
    }

private:
    using Json = nlohmann::json;

    [[noreturn]] static void refuse(std::string_view reason, const JsonStep* at) {
        throw DecodeError{reason, json_pointer(at)};
    }
    /// What is malformed is told of the container, for what it was to be is not known.
    [[noreturn]] static void refuse_in(const JsonStep* at) {
        refuse(JsonScanner::malformed, at == nullptr ? nullptr : at->parent);
    }

    void expect(std::string_view token, const JsonStep* container) {
        in_.skip_space();
        if (!in_.take(token)) refuse(JsonScanner::malformed, container);
    }
    [[nodiscard]] bool next_is(std::string_view token) {
        in_.skip_space();
        return in_.take(token);
    }

    /// @param target  null as yet
    void value(Json& target, const JsonStep* at, std::size_t depth) {
        in_.skip_space();
        switch (in_.peek()) {
            case '{':
                return object(target, at, depth + 1);
            case '[':
                return array(target, at, depth + 1);
            case '"':
                return string(target, at);
            case 'n':
                return word("null", at);
            case 't':
                target = true;
                return word("true", at);
            case 'f':
                target = false;
                return word("false", at);
            default:
                return number(target, at);
        }
    }

    void word(std::string_view expected, const JsonStep* at) {
        if (!in_.take(expected)) refuse_in(at);
    }

    void string(Json& target, const JsonStep* at) {
        target = Json::value_t::string;
        auto& text = target.get_ref<std::string&>();
        if (!in_.string(text).empty() || !valid_utf8(text)) refuse_in(at);
        if (text.find('\0') != std::string::npos) refuse("a string with U+0000", at);
    }

    void number(Json& target, const JsonStep* at) {
        const std::string_view text = in_.number();
        if (text.empty()) refuse_in(at);
        const bool is_integer = text.find_first_of(".eE") == std::string_view::npos;
        if (is_integer) {
            if (text.front() == '-' ? read_as<std::int64_t>(target, text) : read_as<std::uint64_t>(target, text))
                return;
        }
        const double nearest = nearest_double(text);
        if (!std::isfinite(nearest)) refuse("a number beyond the range of double", at);
        // One of these is what a double was written as, if it is exactly what the canonical text of the nearest double
        // is; then the double is the whole truth, and otherwise digits would be lost.
        if (is_integer && text != canonical_text(nearest)) refuse("an integer beyond 64 bits", at);
        target = nearest;
    }

    template <class Integer>
    static bool read_as(Json& target, std::string_view text) {
        Integer integer = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), integer).ec != std::errc{}) return false;
        target = integer;
        return true;
    }

    static double nearest_double(std::string_view text) {
        double value = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}) return value;
        return std::strtod(std::string{text}.c_str(), nullptr);  // tells what is too large from what is too small
    }

    static std::string canonical_text(double value) {
        BoundedText out{512};  // the longest, a subnormal, has fewer than 350 characters
        append_canonical_double(out, value);
        return std::move(out).take();
    }

    void array(Json& target, const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        target = Json::value_t::array;
        auto& items = target.get_ref<Json::array_t&>();
        (void)in_.take("[");
        if (next_is("]")) return;
        JsonStep step{.parent = at};
        do {
            value(items.emplace_back(), &step, depth);
            ++step.index;
        } while (next_is(","));
        expect("]", at);
    }

    /// Of equal keys the last one stays.
    void object(Json& target, const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        target = Json::value_t::object;
        auto& members = target.get_ref<Json::object_t&>();
        (void)in_.take("{");
        if (next_is("}")) return;
        do {
            in_.skip_space();
            std::string key;
            if (!in_.string(key).empty() || !valid_utf8(key)) refuse(JsonScanner::malformed, at);
            if (key.find('\0') != std::string::npos) refuse("a key with U+0000", at);
            const auto [member, is_new] = members.try_emplace(std::move(key));
            if (!is_new) member->second = nullptr;
            expect(":", at);
            const JsonStep step{.parent = at, .key = &member->first};
            value(member->second, &step, depth);
        } while (next_is(","));
        expect("}", at);
    }

    JsonScanner in_;
    std::size_t max_depth_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
