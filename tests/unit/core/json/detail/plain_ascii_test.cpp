// SPDX-License-Identifier: MIT

#include <gridone/storage/core/json/detail/plain_ascii.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>

using gridone::storage::detail::plain_ascii;

TEST_CASE("plain ASCII ends at a quote, a backslash, a control or another character, wherever it stands") {
    for (std::size_t length = 0; length <= 20; ++length) {
        const std::string plain(length, 'a');
        CHECK(plain_ascii(plain) == length);
        for (std::size_t place = 0; place < length; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text = plain;
                text[place] = static_cast<char>(byte);
                const bool is_plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
                INFO("byte " << byte << " at " << place << " of " << length);
                REQUIRE(plain_ascii(text) == (is_plain ? length : place));
                // Behind it, what borrows from one byte for the next must not count.
                text.back() = '"';
                REQUIRE(plain_ascii(text) == (is_plain || place == length - 1 ? length - 1 : place));
            }
        }
    }
}
