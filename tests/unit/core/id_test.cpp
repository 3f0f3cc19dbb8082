// SPDX-License-Identifier: MIT

#include <gridone/storage/core/id.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
namespace gs = gridone::storage;

namespace {

template <class Check>
std::string refusal(Check check, std::string_view id) {
    try {
        check(id);
    } catch (const gs::InvalidInputError& e) {
        return e.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("an id of 1 to 512 bytes of UTF-8 is accepted for writes") {
    for (const auto id :
         {"a"sv, " "sv, "'; DROP TABLE x; --"sv, "\"quoted\""sv, "\n"sv, "\u00e9"sv, "e\u0301"sv, "\U0001F600"sv}) {
        CHECK(refusal(gs::check_id, id) == "accepted");
        CHECK(refusal(gs::check_id_text, id) == "accepted");
    }
    CHECK(refusal(gs::check_id, std::string(512, 'x')) == "accepted");
}

TEST_CASE("an id that may not be written is refused with a reason that does not quote it") {
    CHECK(refusal(gs::check_id, "") == "an id must not be empty");
    CHECK(refusal(gs::check_id, std::string(513, 'x')) == "an id must not be longer than 512 bytes");
    CHECK(refusal(gs::check_id, "a\0b"sv) == "an id must not contain NUL");
    CHECK(refusal(gs::check_id, "secret\xFF") == "an id must be valid UTF-8");
    CHECK(refusal(gs::check_id, "\xED\xA0\x80") == "an id must be valid UTF-8");
}

TEST_CASE("the length of an id is counted in bytes") {
    std::string id;
    for (int i = 0; i < 128; ++i) id += "\U0001F600";
    CHECK(refusal(gs::check_id, id) == "accepted");
    CHECK(refusal(gs::check_id, id + 'x') == "an id must not be longer than 512 bytes");
}

TEST_CASE("for reads only what no server could hold is refused") {
    CHECK(refusal(gs::check_id_text, "") == "accepted");
    CHECK(refusal(gs::check_id_text, std::string(5000, 'x')) == "accepted");
    CHECK(refusal(gs::check_id_text, "a\0b"sv) == "an id must not contain NUL");
    CHECK(refusal(gs::check_id_text, "secret\xC3") == "an id must be valid UTF-8");
}
