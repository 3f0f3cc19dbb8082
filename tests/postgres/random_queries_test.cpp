// SPDX-License-Identifier: MIT

#include "differential/random_value.hpp"
#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using nlohmann::json;
using Filter = gs::Filter<json>;

/// The same table on both backends.
struct Both {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::DocumentTable<json> table = gs::document_table<json>("things");
    gs::PostgresStorageBackend<json> postgres{manager, table};
    gs::MemoryStorageBackend<json> memory{table};

    Both() { gs::BaseSchemaManager{manager, {table}}.ensure_schema(); }
};

/// Documents and filters that have something to do with each other: few keys, and values near each other.
class RandomFilter {
public:
    explicit RandomFilter(std::uint64_t seed) : random_{seed} {}

    json document() {
        auto made = json::object();
        for (const std::string_view key : keys) {
            if (random_.below(5) != 0) made[std::string{key}] = value(2);
        }
        return made;
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    Filter filter(int depth) {
        switch (random_.below(depth > 0 ? 12 : 8)) {
            case 0:
            case 1:
                return compared(gs::path<double>(key(), key()), gs::path<double>(key()), number());
            case 2:
                return compared(gs::path<std::string>(key()), gs::path<std::string>(key(), key()), text());
            case 3:
                return compared(gs::path<gs::Timestamp>(key()), gs::path<gs::Timestamp>(key()), gs::from_iso(time()));
            case 4:
                return array(gs::path<std::vector<std::string>>(key()), gs::path<std::vector<double>>(key()));
            case 5:
                return object(gs::path<std::map<std::string, double>>(key()));
            case 6:
                return id(text());
            case 7:
                return gs::path<bool>(key()) == random_.one_in(2);
            case 8:
                return !filter(depth - 1);
            case 9:
                return filter(depth - 1) || filter(depth - 1);
            case 10:
                return filter(depth - 1) && filter(depth - 1);
            default:
                return gs::path<std::vector<json>>(key()).any(filter(depth - 1));
        }
    }

    gs::Order<json> order() {
        const bool down = random_.one_in(2);
        switch (random_.below(4)) {
            case 0:
                return directed(gs::path<double>(key()), down);
            case 1:
                return directed(gs::path<std::string>(key()), down);
            case 2:
                return directed(gs::path<gs::Timestamp>(key()), down);
            default:
                return directed(gs::path<bool>(key()), down);
        }
    }

    gs::Path<double> number_field() { return gs::path<double>(key()); }
    std::string id() { return text() + std::to_string(random_.below(1000)); }
    std::size_t below(std::size_t bound) { return random_.below(bound); }

private:
    static constexpr std::array<std::string_view, 3> keys{"a", "b'", "c.\"d"};

    std::string key() { return std::string{keys[random_.below(keys.size())]}; }

    double number() {
        static constexpr std::array<double, 9> all{0, 1, -1, 1.5, 1e17, 1e300, -0.0, 2, 9007199254740993.0};
        return all[random_.below(all.size())];
    }
    std::string text() {
        static constexpr std::array<std::string_view, 12> all{"",  "a", "A",          "ab",     "\u00e9", "e\u0301",
                                                              "%", "_", "\U0010FFFF", "\uD7FF", "\\",     "z'"};
        return std::string{all[random_.below(all.size())]};
    }
    std::string time() {
        static constexpr std::array<std::string_view, 6> all{
            "2024-02-29T00:00:00.0000009Z", "2024-02-29T00:00:00.500000999Z", "2024-02-29T00:00:00Z",
            "2024-02-29T01:00:00.5+01:00",  "0001-01-01T00:00:00Z",           "9999-12-31T23:59:59.999999Z"};
        return std::string{all[random_.below(all.size())]};
    }
    std::string no_time() {
        static constexpr std::array<std::string_view, 8> all{
            "2024-02-29T00:00:00",       "2024-02-29T00:00:00.0000000000Z",
            "2023-02-29T00:00:00Z",      "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z",
            "2024-02-29 00:00:00Z",      "2024-02-29T24:00:00Z"};
        return std::string{all[random_.below(all.size())]};
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    json value(int depth) {
        switch (random_.below(depth > 0 ? 11 : 8)) {
            case 0:
            case 1:
                return number();
            case 2:
                return static_cast<int>(random_.below(3));
            case 3:
            case 4:
                return text();
            case 5:
                return time();
            case 6:
                return no_time();
            case 7:
                return random_.one_in(3) ? json(nullptr) : json(random_.one_in(2));
            case 8:
                return json::array({value(depth - 1), value(depth - 1)});
            default: {
                auto made = json::object();
                made[key()] = value(depth - 1);
                made[key()] = value(depth - 1);
                return made;
            }
        }
    }

    template <class F, class Other, class V>
    Filter compared(const F& field, const Other& other, const V& value) {
        switch (random_.below(10)) {
            case 0:
                return field == value;
            case 1:
                return value != field;
            case 2:
                return field < value;
            case 3:
                return value <= field;
            case 4:
                return field > other;
            case 5:
                return field >= other;
            case 6:
                return field != other;
            case 7:
                return field.between(value, value);
            case 8:
                return field.in({value, value});
            default:
                return field.is_null();
        }
    }
    template <class Texts, class Numbers>
    Filter array(const Texts& texts, const Numbers& numbers) {
        switch (random_.below(4)) {
            case 0:
                return texts.contains(text());
            case 1:
                return numbers.contains(number());
            case 2:
                return texts.any(gs::element<std::string>.starts_with(text()));
            default:
                return numbers.any(!(gs::element<double> > number()));
        }
    }
    template <class Map>
    Filter object(const Map& map) {
        switch (random_.below(4)) {
            case 0:
                return map.contains_key(key());
            case 1:
                return map.contains_value(number());
            case 2:
                return map.any(gs::element<double> <= number());
            default:
                return map.is_null();
        }
    }
    Filter id(const std::string& text) {
        switch (random_.below(4)) {
            case 0:
                return gs::id_field.starts_with(text);
            case 1:
                return gs::id_field > text;
            case 2:
                return gs::path<std::string>(key()).contains(text);
            default:
                return gs::path<std::string>(key()).starts_with(text);
        }
    }
    template <class F>
    static gs::Order<json> directed(const F& field, bool down) {
        return down ? field.descending() : field.ascending();
    }

    gridone_tests::RandomJson random_;
};

}  // namespace

TEST_CASE("random filters and orders find the same in memory and in PostgreSQL, page by page") {
    Both both;
    RandomFilter random{20251124};
    for (int i = 0; i < 200; ++i) {
        const std::string id = random.id();
        const json document = random.document();
        both.postgres.write(id, document);
        both.memory.write(id, document);
    }
    std::size_t found = 0;
    std::size_t all = 0;
    for (int round = 0; round < 1000; ++round) {
        CAPTURE(round);
        const auto query = gs::query<json>().where(random.filter(3)).order_by(random.order(), random.order());
        const std::vector<std::string> ids = both.memory.query(query).ids();
        REQUIRE(both.postgres.query(query).ids() == ids);
        REQUIRE(both.postgres.query(query).count() == ids.size());
        const auto field = random.number_field();
        const auto counts_in_memory = both.memory.query(query).count_by(field);
        REQUIRE(both.postgres.query(query).count_by(field) == counts_in_memory);
        REQUIRE(both.postgres.query(query).sum(field) == both.memory.query(query).sum(field));
        REQUIRE(both.postgres.query(query).avg(field) == both.memory.query(query).avg(field));
        REQUIRE(both.postgres.query(query).min(field) == both.memory.query(query).min(field));
        REQUIRE(both.postgres.query(query).max(field) == both.memory.query(query).max(field));
        found += ids.size();
        all += 200;
        if (round % 10 != 0) continue;
        const auto part = query.limit(1 + random.below(40));
        std::vector<std::string> seen;
        gs::Page<json> page = both.postgres.query(part).page();
        for (;;) {
            for (const auto& document : page.items) seen.push_back(document.id);
            if (!page.next) break;
            page = both.postgres.query(part).page(*page.next);
        }
        REQUIRE(seen == ids);
    }
    // Neither nothing nor everything.
    CHECK(found > all / 10);
    CHECK(found < all * 9 / 10);
}
