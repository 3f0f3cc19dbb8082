// SPDX-License-Identifier: MIT

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_statement.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace detail = gridone::storage::detail;

namespace {

using Texts = std::map<std::string, std::string>;

Texts texts_in(const detail::MemoryView& view, const std::optional<std::string>& after = std::nullopt) {
    std::vector<std::pair<std::string, std::string>> walked;
    view.walk(after, [&](const detail::RowPointer& row) {
        walked.emplace_back(row->id, row->json.text());
        return true;
    });
    const Texts texts{walked.begin(), walked.end()};
    // By id, each once.
    if (walked != std::vector<std::pair<std::string, std::string>>{texts.begin(), texts.end()}) return {{"order", ""}};
    return texts;
}

detail::RowPointer row_of(const std::string& id, const std::string& text) {
    return std::make_shared<const detail::MemoryRow>(id, text, 0);
}

}  // namespace

TEST_CASE("changes over tables are seen, undone and merged as a plain map would have it") {
    std::mt19937 random{20240607};
    const auto below = [&](std::size_t end) { return random() % end; };
    std::array<detail::MemoryTable, 2> tables;
    std::array<Texts, 2> committed;
    for (int round = 0; round < 200; ++round) {
        detail::MemoryChanges changes;
        std::array<Texts, 2> seen = committed;
        std::vector<std::pair<std::size_t, std::array<Texts, 2>>> savepoints{{changes.now(), seen}};
        for (std::size_t step = 0; step < 30; ++step) {
            const std::size_t table = below(2);
            const std::string id(1 + below(2), static_cast<char>('a' + below(4)));
            switch (below(8)) {
                case 0:
                    savepoints.emplace_back(changes.now(), seen);
                    break;
                case 1:
                    changes.undo_to(savepoints.back().first);
                    seen = savepoints.back().second;
                    if (savepoints.size() > 1) savepoints.pop_back();
                    break;
                case 2:
                case 3:
                    if (seen[table].erase(id) != 0) changes.set(tables[table], id, nullptr);
                    break;
                default: {
                    const std::string text = std::to_string(random());
                    changes.set(tables[table], id, row_of(id, text));
                    seen[table][id] = text;
                }
            }
            const auto view = changes.view(tables[table]);
            REQUIRE(texts_in(view) == seen[table]);
            REQUIRE(texts_in(view, id) == Texts{seen[table].upper_bound(id), seen[table].end()});
            REQUIRE(view.count() == seen[table].size());
            REQUIRE((view.find(id) != nullptr) == seen[table].contains(id));
        }
        for (std::size_t table = 0; table < 2; ++table) {
            REQUIRE(texts_in(detail::MemoryView{tables[table].rows}) == committed[table]);
        }
        if (below(3) == 0) continue;  // dropped
        changes.merge();
        committed = seen;
        for (std::size_t table = 0; table < 2; ++table) {
            REQUIRE(texts_in(detail::MemoryView{tables[table].rows}) == committed[table]);
            REQUIRE(texts_in(changes.view(tables[table])) == committed[table]);
        }
    }
}

TEST_CASE("a statement that does not come to its end leaves what was changed before it") {
    detail::MemoryState state;
    detail::MemoryTable& table = state.table({.table_name = "t"}, {});
    detail::MemoryChanges changes;
    const detail::CallSite site{.operation = "write"};
    {
        detail::MemoryStatement statement{state, table, changes, site};
        statement.put("a", "1");
        statement.put("b", "1");
        statement.finish();
    }
    {
        detail::MemoryStatement statement{state, table, changes, site};
        statement.put("a", "2");
        statement.remove("b");
        statement.put("c", "2");
        CHECK(texts_in(statement.view()) == Texts{{"a", "2"}, {"c", "2"}});
    }
    CHECK(texts_in(changes.view(table)) == Texts{{"a", "1"}, {"b", "1"}});
    CHECK(table.rows.empty());
}

TEST_CASE("a walk ends when its function has seen enough") {
    detail::MemoryTable table;
    table.rows = {{"a", row_of("a", "1")}, {"c", row_of("c", "1")}};
    const detail::MemoryRows changes{{"b", row_of("b", "2")}, {"c", nullptr}, {"d", row_of("d", "2")}};
    const detail::MemoryView view{table.rows, &changes};
    std::string walked;
    view.walk(std::nullopt, [&](const detail::RowPointer& row) {
        walked += row->id;
        return row->id != "b";
    });
    CHECK(walked == "ab");
}

TEST_CASE("texts that are close to each other have versions far from each other") {
    const auto bits = [](const std::string& text, std::int64_t revision) {
        return static_cast<std::uint64_t>(std::stoll(detail::version_of(text, revision).text()));
    };
    std::set<std::uint64_t> seen;
    std::size_t asked = 0;
    std::size_t distance = 0;
    const auto expect_far = [&](std::uint64_t one, std::uint64_t other) {
        ++asked;
        seen.insert(other);
        distance += static_cast<std::size_t>(std::popcount(one ^ other));
    };
    for (std::size_t length = 1; length <= 40; ++length) {
        const std::string text(length, 'a');
        const std::uint64_t one = bits(text, 0);
        expect_far(bits(std::string(length - 1, 'a'), 0), one);
        expect_far(one, bits(text, 1));
        expect_far(one, bits(text + '\0', 0));
        for (std::size_t at = 0; at < length; ++at) {
            for (unsigned bit = 0; bit < 7; ++bit) {
                std::string close = text;
                close[at] = static_cast<char>(static_cast<unsigned char>(close[at]) ^ (1U << bit));
                expect_far(one, bits(close, 0));
            }
        }
    }
    CHECK(seen.size() == asked);
    const double mean = static_cast<double>(distance) / static_cast<double>(asked);
    CHECK(mean > 31);
    CHECK(mean < 33);
    CHECK(detail::version_of("a text", 3) == detail::version_of("a text", 3));
}
