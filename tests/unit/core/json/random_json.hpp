// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_UNIT_CORE_JSON_RANDOM_JSON_HPP
#define GRIDONE_STORAGE_TESTS_UNIT_CORE_JSON_RANDOM_JSON_HPP

#include <nlohmann/json.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace gridone_tests {

/// Documents of every shape, the same for the same seed and compiler. As text they are as ugly as JSON may be: spaces,
/// escapes, equal keys, numbers that no machine type holds.
class RandomJson {
public:
    explicit RandomJson(std::uint64_t seed) : engine_{seed} {}

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    nlohmann::json dom(std::size_t depth = 4) {
        const auto kind = below(depth == 0 ? 8 : 12);
        if (kind == 0) return nullptr;
        if (kind == 1) return one_in(2);
        if (kind <= 3) return nlohmann::json(string());
        if (kind <= 5) return integer();
        if (kind <= 7) return nlohmann::json(finite());
        const std::size_t size = below(6);
        if (kind <= 9) {
            auto array = nlohmann::json::array();
            for (std::size_t i = 0; i < size; ++i) array.push_back(dom(depth - 1));
            return array;
        }
        auto object = nlohmann::json::object();
        for (std::size_t i = 0; i < size; ++i) object[string()] = dom(depth - 1);
        return object;
    }

    std::string text(std::size_t depth = 4) {
        const auto kind = below(depth == 0 ? 8 : 12);
        std::string out = space();
        if (kind == 0) {
            out += "null";
        } else if (kind == 1) {
            out += one_in(2) ? "true" : "false";
        } else if (kind <= 3) {
            out += quoted(string());
        } else if (kind <= 7) {
            out += number_text();
        } else if (kind <= 9) {
            out += '[';
            const std::size_t size = below(6);
            for (std::size_t i = 0; i < size; ++i) out += (i == 0 ? "" : ",") + text(depth - 1);
            out += space() + ']';
        } else {
            out += '{';
            const std::size_t size = below(6);
            std::string key;
            for (std::size_t i = 0; i < size; ++i) {
                if (i == 0 || !one_in(4)) key = string();  // otherwise the same key again
                out += (i == 0 ? "" : ",") + space() + quoted(key) + space() + ':' + text(depth - 1);
            }
            out += space() + '}';
        }
        return out + space();
    }

    double finite() {
        switch (below(8)) {
            case 0:
                return one_in(2) ? 0.0 : -0.0;
            case 1:
                return std::bit_cast<double>(engine_() & 0x800FFFFFFFFFFFFFU);  // a subnormal
            case 2:
                return static_cast<double>(below(2'000'000)) / 100.0 - 10'000.0;
            case 3:
                return static_cast<double>(engine_());
            case 4:
                return std::ldexp(1.0, static_cast<int>(below(2098)) - 1074);
            case 5: {
                constexpr std::array edges{1e15,
                                           1e16,
                                           1e17,
                                           1e20,
                                           1e21,
                                           1e22,
                                           1e23,
                                           9007199254740993.0,
                                           0.1,
                                           1e-5,
                                           1e-7,
                                           9223372036854775808.0,
                                           18446744073709551616.0,
                                           5e-324,
                                           2.2250738585072014e-308,
                                           1.7976931348623157e308};
                return edges.at(below(edges.size())) * (one_in(2) ? 1 : -1);
            }
            default: {
                const auto value = std::bit_cast<double>(engine_());
                return std::isfinite(value) ? value : 0.5;
            }
        }
    }

    std::string string() {
        static constexpr std::array<std::string_view, 40> pieces{
            "a",      "b",      "B",      "aa",         "Z",          "0",          "9",      "_",
            " ",      "key",    "id",     "ab",         "ba",         "\"",         "\\",     "/",
            "~",      "\b",     "\f",     "\n",         "\r",         "\t",         "\x01",   "\x1f",
            "\x7f",   "'",      "\u00e9", "e\u0301",    "\u00df",     "\u0416",     "\u2028", "\xED\x9F\xBF",
            "\ue000", "\ufffd", "\uffff", "\U00010000", "\U0001F600", "\U0010FFFF", "\u0080", "\u07ff"};
        std::string out;
        const auto length = one_in(50) ? below(200) : below(5);
        for (std::size_t i = 0; i < length; ++i) out += pieces.at(below(pieces.size()));
        return out;
    }

    /// `text` as a JSON string, with escapes where none are needed; each character in a way picked at random.
    std::string quoted(std::string_view text) {
        std::string out = "\"";
        for (std::size_t i = 0; i < text.size();) {
            const auto lead = static_cast<unsigned char>(text[i]);
            const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
            const bool must_escape = lead < 0x20 || lead == '"' || lead == '\\';
            if (must_escape || one_in(6)) {
                std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
                for (std::size_t k = 1; k < length; ++k) {
                    code = code << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
                }
                out += escaped(code);
            } else {
                out += text.substr(i, length);
            }
            i += length;
        }
        return out + '"';
    }

    std::string number_text() {
        switch (below(6)) {
            case 0:
                return integer().dump();
            case 1: {
                std::array<char, 32> buffer{};
                const auto form = one_in(2) ? std::chars_format::scientific : std::chars_format::general;
                const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), finite(), form).ptr;
                return {buffer.data(), end};
            }
            default:
                break;
        }
        std::string out = one_in(3) ? "-" : "";
        out += one_in(3) ? "0" : std::to_string(1 + below(9)) + digits(one_in(10) ? 60 : 4);
        if (one_in(2))
            out += '.' + digits(one_in(10) ? 60 : 4) + std::to_string(below(10)) + std::string(below(4), '0');
        if (one_in(2)) {
            out += one_in(2) ? "e" : "E";
            out += std::array{"", "+", "-"}.at(below(3));
            out += std::string(below(3), '0');
            out += std::to_string(one_in(4) ? below(401) : below(30));
        }
        return out;
    }

    /// `text` with up to two bytes of it changed, gone or new.
    std::string spoilt(std::string text) {
        constexpr std::string_view pieces = "{}[]\",:\\ue+-.019tfn \n\x7f\xC3\xA9\xF0\xED\x9F";
        for (std::size_t changes = below(3); changes != 0 && !text.empty(); --changes) {
            const std::size_t at = below(text.size());
            const char piece = pieces[below(pieces.size())];
            if (one_in(3)) {
                text.erase(at, 1);
            } else if (one_in(2)) {
                text[at] = piece;
            } else {
                text.insert(at, 1, piece);
            }
        }
        return text;
    }

private:
    nlohmann::json integer() {
        using Signed = std::numeric_limits<std::int64_t>;
        switch (below(6)) {
            case 0:
                return nlohmann::json(Signed::max() - static_cast<std::int64_t>(below(3)));
            case 1:
                return nlohmann::json(Signed::min() + static_cast<std::int64_t>(below(3)));
            case 2:
                return nlohmann::json(std::numeric_limits<std::uint64_t>::max() - below(3));
            case 3:
                return nlohmann::json(engine_() >> below(64));
            case 4:
                return nlohmann::json((std::int64_t{1} << 53) + static_cast<std::int64_t>(below(5)) - 2);
            default:
                return nlohmann::json(static_cast<std::int64_t>(below(201)) - 100);
        }
    }

    std::string digits(std::size_t at_most) {
        std::string out(below(at_most + 1), '0');
        if (one_in(4)) return out;
        for (char& digit : out) digit = static_cast<char>('0' + below(10));
        return out;
    }

    std::string space() {
        std::string out;
        while (one_in(4)) out += " \t\n\r"[below(4)];
        return out;
    }

    std::string escaped(std::uint32_t code) {
        static constexpr std::string_view letters = "\"\\/bfnrt";
        static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (code < 0x80 && one_in(2)) {
            if (const auto at = meanings.find(static_cast<char>(code)); at != std::string_view::npos) {
                return std::string{"\\"} + letters[at];
            }
        }
        if (code < 0x10000) return unit(code);
        return unit(0xD800 + ((code - 0x10000) >> 10U)) + unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
    }

    std::string unit(std::uint32_t value) {
        std::array<char, 8> buffer{};
        (void)std::snprintf(buffer.data(), buffer.size(), one_in(2) ? "\\u%04x" : "\\u%04X", value);
        return buffer.data();
    }

    std::mt19937_64 engine_;
};

}  // namespace gridone_tests

#endif
