// SPDX-License-Identifier: MIT

#include <gridone/storage/core/detail/utf8.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;

TEST_CASE("every Unicode scalar value is written as valid UTF-8 of the right length") {
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        std::string text;
        gs::detail::append_utf8(text, code);
        const std::size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (text.size() != length || gs::detail::utf8_sequence(text) != length || !gs::detail::valid_utf8(text)) {
            FAIL("U+" << std::hex << code);
        }
    }
}

TEST_CASE("malformed UTF-8 is found wherever it stands") {
    const std::vector<std::string> malformed{
        "\x80",              // a continuation byte alone
        "\xBF",              //
        "\xC3",              // cut after the first byte
        "\xE2\x82",          // cut after the second
        "\xF0\x9F\x98",      // cut after the third
        "\xC0\x80",          // NUL, overlong
        "\xC1\xBF",          //
        "\xE0\x9F\xBF",      // overlong in three bytes
        "\xF0\x8F\xBF\xBF",  // overlong in four bytes
        "\xED\xA0\x80",      // a high surrogate
        "\xED\xBF\xBF",      // a low surrogate
        "\xF4\x90\x80\x80",  // U+110000
        "\xF5\x80\x80\x80",  //
        "\xFE",              //
        "\xFF",              //
        "\xC3(",             // a lead byte before ASCII
        "\xE2\x82(",         //
        "\xF0\x9F\x98(",     //
    };
    for (const auto& bad : malformed) {
        CHECK(gs::detail::utf8_sequence(bad) == 0);
        for (std::size_t before = 0; before < 20; ++before) {
            for (const auto* after : {"", "a", "01234567"}) {
                INFO(before << " bytes before, then '" << after << "'");
                std::string text(before, 'x');
                text.append(bad).append(after);
                CHECK_FALSE(gs::detail::valid_utf8(text));
            }
        }
    }
}

TEST_CASE("valid UTF-8 passes at any offset from a block of ASCII") {
    CHECK(gs::detail::valid_utf8(""));
    CHECK(gs::detail::valid_utf8(std::string_view{"\0", 1}));
    for (std::size_t before = 0; before < 20; ++before) {
        const std::string ascii(before, 'x');
        for (const auto* text : {"\u00e9", "\u20ac", "\U0001F600", "\xED\x9F\xBF", "\uE000", "\uFFFF", "\U0010FFFF"}) {
            std::string mixed = ascii;
            CHECK(gs::detail::valid_utf8(mixed.append(text)));
            CHECK(gs::detail::valid_utf8(mixed.append(ascii)));
        }
    }
}

TEST_CASE("a sequence ends where the view ends") {
    CHECK(gs::detail::utf8_sequence("") == 0);
    const std::string euro = "\u20ac";
    CHECK(gs::detail::utf8_sequence(std::string_view{euro}.substr(0, 2)) == 0);
    CHECK_FALSE(gs::detail::valid_utf8(std::string_view{euro}.substr(0, 2)));
}
