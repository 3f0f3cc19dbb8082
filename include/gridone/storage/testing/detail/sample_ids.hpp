// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_SAMPLE_IDS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_SAMPLE_IDS_HPP

#include <gridone/storage/core/id.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

// Each list has neighbours that a storage could take for one another.

inline std::vector<std::string> ids_that_differ_in_case() {
    return {"a",      "A", "ab", "aB",     "Ab",     "AB",     "ss",     "SS",    "\u00DF",
            "\u1E9E", "i", "I",  "\u0131", "\u0130", "\u03C3", "\u03C2", "\u03A3"};
}

inline std::vector<std::string> ids_that_differ_in_spaces() {
    return {"a", " a", "a ", " a ", "  a", " ", "  ", "\t", "\n", "\r\n", "a\n", "a b", "a  b", "a\u00A0b", "a\u200B"};
}

inline std::vector<std::string> ids_with_special_characters() {
    return {"'",      "''",     "\"",    "\"a\"", "`",    "\\",
            "\\\\",   "a\\",    "\\n",   "%",     "%%",   "_",
            "__",     "a%",     "a_",    "%a%",   "%25",  "%2F",
            "/",      "//",     "a/b",   "a//b",  "/a",   "a/",
            ".",      "..",     "...",   "../x",  "./x",  "x/..",
            "a/../x", "a.json", ".json", "~",     "*",    "?",
            "[a]",    "{a,b}",  "$1",    "$$",    ":a",   "a:b",
            ";",      "--",     "a;b",   "/*",    "(",    "|",
            "<a>",    "&",      "#",     "+",     "a+b",  "=",
            ",",      "null",   "NULL",  "true",  "0",    "00",
            "-0",     "1e3",    "1000",  "\x01",  "\x7F", "'; DROP TABLE documents; --"};
}

inline std::vector<std::string> ids_that_look_alike() {
    return {"\u00E9",
            "e\u0301",
            "e",
            "\u212B",
            "\u00C5",
            "A\u030A",
            "\uFB01",
            "fi",
            "\uFF41",
            "a",
            "\u0430",
            "\uFEFFa",
            "a\u200D",
            "\u2764",
            "\u2764\uFE0F",
            "\U0001F600",
            "\U0001F601",
            "\U0010FFFF",
            "\uFFFD",
            "?",
            "\uFFFF",
            "\uE000",
            "\U0001F468\u200D\U0001F469",
            "\U0001F468",
            "\U0001F469"};
}

/// Ids of every length at which something is known to end, each in two forms that differ in their last byte only.
inline std::vector<std::string> long_ids() {
    std::vector<std::string> ids;
    for (const std::size_t size :
         {31U, 32U, 63U, 64U, 100U, 127U, 128U, 200U, 249U, 250U, 254U, 255U, 256U, 300U, 400U, 511U, 512U}) {
        ids.push_back(std::string(size, 'x'));
        ids.push_back(std::string(size - 1, 'x') + "y");
    }
    std::string emoji;
    while (emoji.size() < max_id_bytes) emoji += "\U0001F600";
    ids.push_back(emoji);
    ids.push_back(std::string(max_id_bytes, '/'));
    ids.push_back(std::string(max_id_bytes, '\x01'));
    return ids;
}

/// Ids in no order, for which the orders by language, by UTF-16 and by number differ from that by bytes.
inline std::vector<std::string> ids_to_sort() {
    return {"b",   "B", "\U00010000", "10",     "a",  "9",       "\uE000", "A",  "ab", "a b",
            "a-b", "_", "~",          "aa",     "1",  "100",     "\u00E9", "e",  "f",  "z",
            "Z",   " ", "\x7F",       "\uFFFD", "!",  "e\u0301", "a.b",    "aB", "Ab", "AB",
            "-1",  "2", "a_b",        "\u00DF", "ss", "\uFF41",  "\x01"};
}

/// Ids that may not be written, with what is wrong with them.
inline std::vector<std::pair<std::string, std::string>> impossible_ids() {
    return {{"an empty id", ""},
            {"an id of 513 bytes", std::string(max_id_bytes + 1, 'x')},
            {"an id of 10,000 bytes", std::string(10'000, 'x')},
            {"an id of 129 characters and 516 bytes",
             [] {
                 std::string emoji;
                 while (emoji.size() <= max_id_bytes) emoji += "\U0001F600";
                 return emoji;
             }()},
            {"an id with NUL", std::string{"a\0b", 3}},
            {"an id that ends with NUL", std::string{"a\0", 2}},
            {"an id that is no UTF-8", "a\xFF"},
            {"an id that ends within a character", "a\xC3"},
            {"an id with half a surrogate pair", "\xED\xA0\x80"},
            {"an id with an overlong slash", "\xC0\xAF"}};
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
