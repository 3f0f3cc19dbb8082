// SPDX-License-Identifier: MIT

#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gs = gridone::storage;
using gridone_tests::RandomJson;

namespace {

constexpr std::uint64_t seed = 20'240'229;

std::optional<std::string> canonical_or_refused(std::string_view text, std::string& reason) {
    try {
        return gs::canonical_json_text(text);
    } catch (const gs::InvalidInputError& e) {
        reason = e.what();
        return {};
    }
}

std::string decode_fault(std::string_view text) {
    try {
        (void)gs::parse_json(text);
        return {};
    } catch (const gs::DecodeError& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("what is written comes back equal, and its text is a fixed point") {
    RandomJson random{seed};
    for (int i = 0; i < 20'000; ++i) {
        const auto value = random.dom();
        const auto text = gs::canonical_json(value);
        INFO("seed " << seed << ", document " << i << ": " << text);
        const auto back = gs::parse_json(text);
        REQUIRE(back == value);
        REQUIRE(gs::canonical_json(back) == text);
        REQUIRE(gs::canonical_json_text(text) == text);
    }
}

TEST_CASE("every finite double comes back as itself") {
    RandomJson random{seed};
    for (int i = 0; i < 200'000; ++i) {
        const double value = random.finite();
        const auto text = gs::canonical_json(value);
        INFO("seed " << seed << ", number " << i << ": " << text);
        REQUIRE(gs::parse_json(text).get<double>() == value);
    }
}

TEST_CASE("the canonical text of a text means the same and is a fixed point") {
    RandomJson random{seed};
    for (int i = 0; i < 20'000; ++i) {
        const auto text = random.text();
        INFO("seed " << seed << ", document " << i << ": " << text);
        const auto canonical = gs::canonical_json_text(text);
        REQUIRE(gs::canonical_json_text(canonical) == canonical);
        try {
            const auto value = gs::parse_json(canonical);
            const auto direct = gs::parse_json(text);
            REQUIRE(direct == value);
            REQUIRE(gs::parse_json(gs::canonical_json(value)) == value);
        } catch (const gs::DecodeError& e) {
            const std::string_view what = e.what();
            const bool number = what.starts_with("an integer beyond 64 bits") || what.starts_with("a number beyond");
            REQUIRE(number);
        }
    }
}

TEST_CASE("both readers agree on what is JSON") {
    RandomJson random{seed};
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        auto text = random.text(2);
        for (std::size_t k = random.below(3) + 1; k > 0 && !text.empty(); --k) {
            const auto at = random.below(text.size());
            switch (random.below(3)) {
                case 0:
                    text.erase(at, 1);
                    break;
                case 1:
                    text.insert(at, 1, "{}[]\",:\\ue0-+.x"[random.below(15)]);
                    break;
                default:
                    text[at] = static_cast<char>(random.below(256));
            }
        }
        INFO("seed " << seed << ", document " << i << ": " << text);
        std::string reason;
        const auto canonical = canonical_or_refused(text, reason);
        if (canonical) {
            REQUIRE_FALSE(decode_fault(text).starts_with("not well-formed"));
            continue;
        }
        ++refused;
        if (reason.starts_with("a number") || reason.starts_with("jsonb cannot hold"))
            continue;  // JSON, yet not stored
        REQUIRE_FALSE(decode_fault(text).empty());
    }
    CHECK(refused > 5'000);
}

TEST_CASE("stored text is read as nlohmann reads it, or refused where it refuses it") {
    RandomJson random{seed};
    int accepted = 0;
    for (int i = 0; i < 60'000; ++i) {
        const std::string text = random.spoilt(random.text());
        INFO("seed " << seed << ", document " << i << ": " << text);
        const auto expected = nlohmann::json::parse(text, nullptr, false);
        const std::string fault = decode_fault(text);
        if (fault.empty()) {
            ++accepted;
            REQUIRE(gs::parse_json(text).dump() == expected.dump());  // the types of numbers as well
        } else if (fault.find("well-formed") != std::string::npos) {
            REQUIRE(expected.is_discarded());
        } else if (fault.find("range of double") != std::string::npos) {
            REQUIRE(expected.is_discarded());
        }  // what else is refused is no matter of nlohmann's
    }
    CHECK(accepted > 10'000);
}
