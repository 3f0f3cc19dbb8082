// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using nlohmann::json;
using Changes = std::vector<gs::Change<json>>;

/// The same table on both backends.
struct Both {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    gs::DocumentTable<json> table = gs::document_table<json>("things");
    gs::PostgresStorageBackend<json> postgres{manager, table};
    gs::MemoryStorageBackend<json> memory{table};

    Both() { gs::BaseSchemaManager{manager, {table}}.ensure_schema(); }

    /// Patches both, and gives what is then stored in both.
    json patched(const json& before, const Changes& changes) {
        postgres.write("x", before);
        memory.write("x", before);
        postgres.patch("x", changes);
        memory.patch("x", changes);
        CHECK(postgres.read("x").dump() == memory.read("x").dump());
        return postgres.read("x");
    }
};

gs::Path<json> at(std::vector<std::string> keys) {
    return gs::Path<json>{std::move(keys)};
}

Changes many(std::size_t count, std::size_t depth) {
    Changes changes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(1000 + i);
        std::vector<std::string> keys(depth - 1, "in" + number);
        keys.push_back("f" + number);
        switch (i % 5) {
            case 0:
                changes.push_back(at(keys).set(static_cast<int>(i)));
                break;
            case 1:
                changes.push_back(at(keys).unset());
                break;
            case 2:
                changes.push_back(at(keys).increment(1));
                break;
            case 3:
                changes.push_back(at(keys).append(number));
                break;
            default:
                changes.push_back(at(keys).remove_value(number));
        }
    }
    return changes;
}

std::size_t length_of_sql(const Changes& changes) {
    std::vector<gs::detail::FieldChange> specs;
    for (const auto& change : changes) specs.push_back(change.spec());
    std::vector<gs::detail::ParameterType> types;
    std::vector<std::string_view> values;
    const gs::detail::ChangedDocument changed{"data", specs, gs::JsonLimits{}, types, values};
    return changed.document().size() + changed.condition().size();
}

}  // namespace

TEST_CASE("a patch of 200 changes is one statement, and its text grows with the changes") {
    for (const std::size_t depth : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
        CAPTURE(depth);
        const std::size_t fifty = length_of_sql(many(50, depth));
        const std::size_t hundred = length_of_sql(many(100, depth));
        const std::size_t two_hundred = length_of_sql(many(200, depth));
        // Linear: the second hundred adds what the first fifty added, twice (the numbers of parameters grow a little).
        CHECK(two_hundred - hundred < (hundred - fifty) * 22 / 10);
        CHECK(two_hundred > hundred);

        Both both;
        std::size_t statements = 0;
        gs::PoolOptions options;
        options.on_event = [&](const gs::StorageEvent& event) {
            if (event.kind == gs::StorageEvent::Kind::statement) ++statements;
        };
        gs::PostgresConnectionManager watched{both.url, options};
        gs::PostgresStorageBackend<json> storage{watched, both.table};
        storage.write("x", json::object());
        statements = 0;
        storage.patch("x", many(200, depth));
        CHECK(statements == 1);
        CHECK(both.patched(json::object(), many(200, depth)).dump() == storage.read("x").dump());
    }
}

TEST_CASE("keys of a patch are what they are, whatever they look like") {
    static constexpr std::array<std::string_view, 16> hostile{
        "'",   "\"", "\\",       "{}", "a,b", "$1",   "0",  "-1",
        "%s%", "--", "'); DROP", "",   " ",   "NULL", "/~", "\u00e9e\u0301\U0001F600"};
    Both both;
    json before = json::object();
    Changes changes;
    json expected = json::object();
    for (const std::string_view outer : hostile) {
        for (const std::string_view inner : hostile) {
            const std::string key{outer};
            before[key][std::string{inner}] = "before";
            expected[key][std::string{inner}] = std::string{inner} + " in " + key;
            changes.push_back(at({key, std::string{inner}}).set(std::string{inner} + " in " + key));
        }
    }
    CHECK(both.patched(before, changes) == expected);
    CHECK(both.patched(json::object(), changes) == expected);

    Changes taken_away;
    for (const std::string_view outer : hostile) taken_away.push_back(at({std::string{outer}, "'"}).unset());
    for (auto& [key, inside] : expected.items()) inside.erase("'");
    CHECK(both.patched(both.postgres.read("x"), taken_away) == expected);
}

TEST_CASE("an increment of a double keeps every digit, whatever extra_float_digits is") {
    struct Sum {
        double stored;
        double by;
    };
    static constexpr std::array<Sum, 7> sums{{{0.1, 0.2},
                                              {1e15, 0.3},
                                              {123456789.12, 1},
                                              {1e300, 1e284},
                                              {5e-324, 5e-324},
                                              {1.0000000000000002, 0},
                                              {18014398509481984.0, 4}}};
    Both both;
    const auto value = gs::path<double>("value");
    const auto single = gs::path<float>("single");
    for (const int digits : {-15, 0, 1, 3}) {
        CAPTURE(digits);
        by_hand(both.url, "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET extra_float_digits = " +
                              std::to_string(digits) + "', current_database()); END$$");
        gs::PostgresConnectionManager manager{both.url};
        gs::PostgresStorageBackend<json> postgres{manager, both.table};
        for (const auto& [stored, by] : sums) {
            CAPTURE(stored, by);
            const json before{{"value", stored}, {"single", 0.1F}};
            const double expected = stored + by;
            const double expected_single = static_cast<double>(0.1F + 0.2F);
            const auto check = [&](auto& storage) {
                const auto sum_of = [&](const json& document) {
                    CHECK(document["single"].template get<double>() == expected_single);
                    return document["value"].template get<double>();
                };
                storage.write("x", before);
                storage.patch("x", value.increment(by), single.increment(0.2F));
                CHECK(sum_of(storage.read("x")) == expected);
                const auto version = storage.write("x", before);
                storage.patch("x", gs::if_version(version), value.increment(by), single.increment(0.2F));
                CHECK(sum_of(storage.read("x")) == expected);
                storage.write("x", before);
                storage.query().patch(value.increment(by), single.increment(0.2F));
                CHECK(sum_of(storage.read("x")) == expected);
                storage.write("x", before);
                storage.transaction([&](gs::Transaction& tx) {
                    storage.in(tx).patch("x", value.increment(by), single.increment(0.2F));
                });
                CHECK(sum_of(storage.read("x")) == expected);
            };
            check(postgres);
            check(both.memory);
        }
    }
}

TEST_CASE("a patch goes as deep as a document may be") {
    Both both;
    const auto path_of = [](std::size_t depth) { return gs::Path<json>{std::vector<std::string>(depth, "in")}; };
    const std::size_t deepest = gs::JsonLimits{}.max_depth;
    json expected = 1;
    // The document itself is one level; the number at the end is none.
    for (std::size_t depth = 0; depth < deepest; ++depth) {
        json around = json::object();
        around["in"] = std::move(expected);
        expected = std::move(around);
    }
    CHECK(both.patched(json::object(), {path_of(deepest).set(1)}) == expected);
    CHECK(both.patched(json::object(), {path_of(deepest).increment(1)}) == expected);

    for (const bool in_postgres : {true, false}) {
        const auto beyond = [&] {
            if (in_postgres) return both.postgres.patch("x", path_of(deepest + 1).set(1));
            return both.memory.patch("x", path_of(deepest + 1).set(1));
        };
        CHECK_THROWS_AS(beyond(), gs::InvalidInputError);
    }
    CHECK(both.postgres.read("x") == expected);
    CHECK(both.memory.read("x") == expected);
}
