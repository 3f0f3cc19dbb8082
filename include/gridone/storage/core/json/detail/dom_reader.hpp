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
#include <variant>

namespace gridone::storage::inline v0::detail {

/// A number of stored text: where one of 64 bits holds it, a negative or another integer.
using JsonNumber = std::variant<std::int64_t, std::uint64_t, double>;

/// Reads stored text into nlohmann values and refuses what would lose something. Recurses at most `max_depth` levels.
///
/// nlohmann's own parser would do it as well, through its SAX interface, and takes three times as long.
class DomReader {
    using Json = nlohmann::json;

public:
    DomReader(JsonScanner& in, std::size_t max_depth) noexcept : in_{in}, max_depth_{max_depth} {}

    /// @param target  null as yet
    /// @param depth   of how many arrays and objects the value is in
    void value(Json& target, const JsonStep* at, std::size_t depth) {
        in_.skip_space();
        switch (in_.peek()) {
            case '{':
                return object(target, at, depth + 1);
            case '[':
                return array(target, at, depth + 1);
            case '"':
                target = Json::value_t::string;
                return string(target.get_ref<std::string&>(), at);
            case 'n':
                return word("null", at);
            case 't':
                target = true;
                return word("true", at);
            case 'f':
                target = false;
                return word("false", at);
            default:
                return std::visit([&](auto number) { target = number; }, number(at));
        }
    }

    void string(std::string& target, const JsonStep* at) {
        if (!in_.string(target).empty()) refuse_in(at);
        if (in_.was_plain()) return;
        if (!valid_utf8(target)) refuse_in(at);
        if (target.find('\0') != std::string::npos) refuse("a string with U+0000", at);
    }

    void key(std::string& target, const JsonStep* container) {
        in_.skip_space();
        if (!in_.string(target).empty()) refuse(JsonScanner::malformed, container);
        if (in_.was_plain()) return;
        if (!valid_utf8(target)) refuse(JsonScanner::malformed, container);
        if (target.find('\0') != std::string::npos) refuse("a key with U+0000", container);
    }

    [[nodiscard]] JsonNumber number(const JsonStep* at) {
        const std::string_view text = in_.number();
        if (text.empty()) refuse_in(at);
        if (in_.was_integer()) {
            if (text.front() == '-') {
                if (std::int64_t integer = 0; read_as(integer, text)) return integer;
            } else if (std::uint64_t integer = 0; read_as(integer, text)) {
                return integer;
            }
        }
        const double nearest = nearest_double(text);
        if (!std::isfinite(nearest)) refuse("a number beyond the range of double", at);
        // One of these is what a double was written as, if it is exactly what the canonical text of the nearest double
        // is; then the double is the whole truth, and otherwise digits would be lost.
        if (in_.was_integer() && text != canonical_text(nearest)) refuse("an integer beyond 64 bits", at);
        return nearest;
    }

    void expect(char token, const JsonStep* container) {
        in_.skip_space();
        if (!in_.take(token)) refuse(JsonScanner::malformed, container);
    }
    [[nodiscard]] bool next_is(char token) {
        in_.skip_space();
        return in_.take(token);
    }
    void expect_end() {
        in_.skip_space();
        if (!in_.at_end()) refuse(JsonScanner::malformed, nullptr);
    }

    [[noreturn]] static void refuse(std::string_view reason, const JsonStep* at) {
        throw DecodeError{reason, json_pointer(at)};
    }
    /// What is malformed is told of the container, for what it was to be is not known.
    [[noreturn]] static void refuse_in(const JsonStep* at) {
        refuse(JsonScanner::malformed, at == nullptr ? nullptr : at->parent);
    }

private:
    void word(std::string_view expected, const JsonStep* at) {
        if (!in_.take(expected)) refuse_in(at);
    }

    template <class Integer>
    static bool read_as(Integer& integer, std::string_view text) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
        return error == std::errc{} && end == text.data() + text.size();
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
        (void)in_.take('[');
        if (next_is(']')) return;
        JsonStep step{.parent = at};
        do {
            value(items.emplace_back(), &step, depth);
            ++step.index;
        } while (next_is(','));
        expect(']', at);
    }

    /// Of equal keys the last one stays.
    void object(Json& target, const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        target = Json::value_t::object;
        auto& members = target.get_ref<Json::object_t&>();
        (void)in_.take('{');
        if (next_is('}')) return;
        do {
            std::string name;
            key(name, at);
            const auto [member, is_new] = members.try_emplace(std::move(name));
            if (!is_new) member->second = nullptr;
            expect(':', at);
            const JsonStep step{.parent = at, .key = member->first};
            value(member->second, &step, depth);
        } while (next_is(','));
        expect('}', at);
    }

    JsonScanner& in_;
    std::size_t max_depth_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
