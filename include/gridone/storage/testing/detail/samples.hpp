// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_SAMPLES_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_SAMPLES_HPP

#include <gridone/storage/testing/conformance_document.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// A document whose members all tell the same number, so that one made of parts of two can be recognised.
inline ConformanceDocument sample(std::int64_t number) {
    const std::string name = std::to_string(number);
    ConformanceDocument document{.text = "text " + name,
                                 .number = number,
                                 .natural = static_cast<std::uint64_t>(number),
                                 .fraction = static_cast<double>(number) + 0.5,
                                 .flag = number % 2 != 0,
                                 .place = {.name = "place " + name, .latitude = static_cast<double>(number) / 8},
                                 .list = {name, name},
                                 .map = {{name, static_cast<double>(number)}},
                                 .note = "note " + name,
                                 .reference = ConformanceReference{"reference " + name}};
    if (number % 3 == 0) document.note.reset();
    return document;
}

inline std::vector<std::string> sample_texts() {
    return {"",
            "plain",
            "  spaces  ",
            "quotes \" ' ` and \\ backslashes \\\\ / slashes //",
            "\\u0000 \\n \\",  // as characters, no escapes
            "$1 %s {} ; -- /* */ <b>&amp;</b>",
            "null",
            "\b\t\n\f\r\r\n",
            "\x01\x02\x1B\x1F\x7F",
            "\u0080\u009F\u00A0",
            "caf\u00E9",
            "cafe\u0301",
            "\u212B \u00C5 A\u030A",
            "\uFEFFbyte order mark",
            "\u2028\u2029\u200B\u202E",
            "\uD7FF\uE000\uFFFD\uFFFE\uFFFF",
            "\U00010000\U0001F600\U0010FFFF",
            "\U0001F468\u200D\U0001F469\u200D\U0001F467",
            "\u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627 \u4F60\u597D",
            std::string(100'000, 'x')};
}

inline std::vector<std::int64_t> sample_integers() {
    using Limits = std::numeric_limits<std::int64_t>;
    constexpr std::int64_t beyond_double = (std::int64_t{1} << 53U) + 1;
    return {0, 1, -1, 2'147'483'648, -2'147'483'649, beyond_double, -beyond_double, Limits::max(), Limits::min()};
}

inline std::vector<std::uint64_t> sample_naturals() {
    using Limits = std::numeric_limits<std::uint64_t>;
    return {
        0, 1, 4'294'967'296, (std::uint64_t{1} << 63U) - 1, std::uint64_t{1} << 63U, Limits::max() - 1, Limits::max()};
}

inline std::vector<double> sample_fractions() {
    using Limits = std::numeric_limits<double>;
    return {0.0,
            -0.0,
            0.1,
            -0.1,
            2.0,
            2.5,
            1.0 / 3,
            1e-7,
            1e15 + 0.125,
            1e17,
            1e22,
            1e23,
            1e300,
            123456789012345680.0,
            5e-324,
            -5e-324,
            1e-300,
            1.7e19,
            1.8446744e19,
            -9.3e18,
            0.30000000000000004,
            Limits::max(),
            Limits::lowest(),
            Limits::min(),
            Limits::epsilon()};
}

/// Documents that no JSON text can carry, with what is wrong with them.
inline std::vector<std::pair<std::string, ConformanceDocument>> impossible_documents() {
    std::vector<std::pair<std::string, ConformanceDocument>> documents;
    const auto add = [&](std::string what, auto change) {
        ConformanceDocument document = sample(666);
        change(document);
        documents.emplace_back(std::move(what), std::move(document));
    };
    using Limits = std::numeric_limits<double>;
    add("NaN", [](auto& document) { document.fraction = Limits::quiet_NaN(); });
    add("infinity", [](auto& document) { document.fraction = Limits::infinity(); });
    add("minus infinity in a nested member", [](auto& document) { document.place.latitude = -Limits::infinity(); });
    add("U+0000", [](auto& document) { document.text = std::string{"a\0b", 3}; });
    add("U+0000 in a list", [](auto& document) { document.list.emplace_back(1, '\0'); });
    add("U+0000 in a key", [](auto& document) { document.map[std::string{"a\0b", 3}] = 1; });
    add("invalid UTF-8", [](auto& document) { document.text = "a\xFF"; });
    add("half a surrogate pair", [](auto& document) { document.text = "\xED\xA0\x80"; });
    return documents;
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
