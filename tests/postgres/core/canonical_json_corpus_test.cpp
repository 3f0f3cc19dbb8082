// SPDX-License-Identifier: MIT

#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <libpq-fe.h>
#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::RandomJson;

namespace {

constexpr std::uint64_t seed = 20'240'229;
constexpr std::size_t batch_size = 2'000;

/// Asks the server how it prints JSON texts as jsonb.
class Judge {
public:
    Judge() : connection_{PQconnectdb(server_.create_database().c_str()), &PQfinish} {
        if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(connection_.get())};
        if (PQsetClientEncoding(connection_.get(), "UTF8") != 0) throw std::runtime_error{"no UTF8"};
        ask("CREATE FUNCTION jsonb_or_null(t text) RETURNS text LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN t::jsonb::text; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$",
            {});
    }

    /// The server's text for each; an error for one is an error for all.
    std::vector<std::optional<std::string>> texts(const std::vector<std::string>& documents) {
        return ask("SELECT t::jsonb::text FROM unnest($1::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n", documents);
    }

    /// The server's text for each, nothing for what it refuses.
    std::vector<std::optional<std::string>> texts_or_refusals(const std::vector<std::string>& documents) {
        return ask("SELECT jsonb_or_null(t) FROM unnest($1::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n", documents);
    }

private:
    std::vector<std::optional<std::string>> ask(const char* sql, const std::vector<std::string>& documents) {
        std::string array = "{";
        for (const auto& document : documents) {
            array += array.size() == 1 ? "\"" : ",\"";
            for (const char c : document) {
                if (c == '"' || c == '\\') array += '\\';
                array += c;
            }
            array += '"';
        }
        array += '}';
        const char* parameter = array.c_str();
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{
            PQexecParams(connection_.get(), sql, documents.empty() ? 0 : 1, nullptr, &parameter, nullptr, nullptr, 0),
            &PQclear};
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            throw std::runtime_error{PQerrorMessage(connection_.get())};
        }
        std::vector<std::optional<std::string>> answers;
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            const auto length = static_cast<std::size_t>(PQgetlength(result.get(), row, 0));
            answers.push_back(PQgetisnull(result.get(), row, 0) == 1
                                  ? std::optional<std::string>{}
                                  : std::string{PQgetvalue(result.get(), row, 0), length});
        }
        if (answers.size() != documents.size()) throw std::runtime_error{"a row went missing"};
        return answers;
    }

    gs::testing::PostgresServer server_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::string ours_or_refusal(std::string_view text) {
    try {
        return gs::canonical_json_text(text);
    } catch (const gs::InvalidInputError& e) {
        return "refused: " + std::string{e.what()};
    }
}

/// A text for `value` that leaves the work to the server: keys backwards, doubles with exponent, escapes at random.
std::string raw_text(const nlohmann::json& value, RandomJson& random) {
    if (value.is_number_float()) {
        std::array<char, 32> buffer{};
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.get<double>(),
                                       std::chars_format::scientific)
                             .ptr;
        return {buffer.data(), end};
    }
    if (value.is_string()) return random.quoted(value.get_ref<const std::string&>());
    std::string out;
    if (value.is_array()) {
        for (const auto& item : value) out += (out.empty() ? "" : ",") + raw_text(item, random);
        return "[" + out + "]";
    }
    if (value.is_object()) {
        for (const auto& [key, member] : value.get_ref<const nlohmann::json::object_t&>() | std::views::reverse) {
            out += (out.empty() ? "" : ",") + random.quoted(key) + ":" + raw_text(member, random);
        }
        return "{" + out + "}";
    }
    return value.dump();
}

}  // namespace

TEST_CASE("the canonical text of JSON text is the server's, on 100,000 random documents") {
    Judge judge;
    RandomJson random{seed};
    std::size_t compared = 0;
    while (compared < 100'000) {
        std::vector<std::string> documents;
        documents.reserve(batch_size);
        for (std::size_t i = 0; i < batch_size; ++i) documents.push_back(random.text());
        const auto server = judge.texts(documents);
        for (std::size_t i = 0; i < batch_size; ++i, ++compared) {
            const auto ours = ours_or_refusal(documents[i]);
            if (ours == server[i]) continue;
            FAIL("seed " << seed << ", document " << compared << ": " << documents[i] << "\nserver: " << *server[i]
                         << "\nours:   " << ours);
        }
    }
    std::cout << compared << " documents as text: the same as the server's\n";
}

TEST_CASE("the canonical text of a value is the server's, on 100,000 random values") {
    Judge judge;
    RandomJson random{seed};
    std::size_t compared = 0;
    while (compared < 100'000) {
        std::vector<std::string> ours;
        std::vector<std::string> raw;
        for (std::size_t i = 0; i < batch_size; ++i) {
            const auto value = random.dom();
            ours.push_back(gs::canonical_json(value));
            raw.push_back(raw_text(value, random));
        }
        const auto server = judge.texts(raw);
        for (std::size_t i = 0; i < batch_size; ++i, ++compared) {
            if (ours[i] == server[i]) continue;
            FAIL("seed " << seed << ", document " << compared << ": " << raw[i] << "\nserver: " << *server[i]
                         << "\nours:   " << ours[i]);
        }
    }
    std::cout << compared << " documents as values: the same as the server's\n";
}

TEST_CASE("the server refuses the texts that we refuse, but for exponents beyond 400") {
    Judge judge;
    RandomJson random{seed};
    std::vector<std::string> documents{"",
                                       " ",
                                       "\f1",
                                       "01",
                                       "1.",
                                       ".1",
                                       "-",
                                       "[1,]",
                                       "{\"a\":1,}",
                                       "\"\\ud83d\"",
                                       "\"\\ude00\\ud83d\"",
                                       "\"\\u0000\"",
                                       "{\"\\u0000\":1}",
                                       "\"\x7f\"",
                                       "\"\t\"",
                                       "NaN"};
    const std::string most_whole(131'072, '9');
    const std::string most_fraction(16'383, '1');
    for (const char* sign : {"", "-"}) {
        documents.push_back(sign + most_whole);
        documents.push_back(sign + most_whole + "9");
        documents.push_back(sign + most_whole + ".5");
        documents.push_back(sign + most_whole.substr(400) + "e400");
        documents.push_back(sign + most_whole.substr(399) + "e400");
        documents.push_back(sign + most_whole + "9e-1");
        documents.push_back(sign + ("0." + most_fraction));
        documents.push_back(sign + ("0." + most_fraction + "1"));
        documents.push_back(sign + ("0." + most_fraction + "1e1"));
        documents.push_back(sign + ("1." + most_fraction + "e-1"));
        documents.push_back(sign + ("0." + std::string(16'383, '0')));
        documents.push_back(sign + ("0." + std::string(16'384, '0')));
    }
    while (documents.size() < 10 * batch_size) {
        auto text = random.text(2);
        for (std::size_t k = random.below(3) + 1; k > 0 && !text.empty(); --k) {
            // Only ASCII is touched: libpq could not send the rest.
            const auto at = random.below(text.size());
            if (static_cast<unsigned char>(text[at]) >= 0x80) continue;
            switch (random.below(3)) {
                case 0:
                    text.erase(at, 1);
                    break;
                case 1:
                    text.insert(at, 1, "{}[]\",:\\ue0-+.x"[random.below(15)]);
                    break;
                default:
                    text[at] = static_cast<char>(1 + random.below(127));
            }
        }
        documents.push_back(text);
    }
    const auto server = judge.texts_or_refusals(documents);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const auto ours = ours_or_refusal(documents[i]);
        if (ours.starts_with("refused: a number with an exponent")) continue;
        if (!server[i]) ++refused;
        if (server[i] ? ours == *server[i] : ours.starts_with("refused: ")) continue;
        FAIL("seed " << seed << ", document " << i << ": " << documents[i].substr(0, 2000) << "\nserver: "
                     << server[i].value_or("refused").substr(0, 2000) << "\nours:   " << ours.substr(0, 2000));
    }
    CHECK(refused > documents.size() / 4);
    std::cout << documents.size() << " damaged documents, " << refused << " of them refused, as the server does\n";
}
