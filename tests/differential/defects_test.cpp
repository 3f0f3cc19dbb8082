// SPDX-License-Identifier: MIT

#include "differential/campaign.hpp"
#include "differential/case.hpp"
#include "differential/defective_storage.hpp"
#include "differential/shapes.hpp"
#include "differential/sides.hpp"
#include "postgres/server.hpp"
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/on_delete.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace differential;

constexpr std::uint64_t seed = 4;
constexpr std::uint64_t most_cases = 30'000;  // three times as many as a plain run has; the rarest needs 16,408

std::optional<Case> first_that_differs(const Pair& pair) {
    for (std::uint64_t number = 0; number < most_cases; ++number) {
        Case it = random_case(seed, number);
        if (pair.differ(it)) return it;
    }
    return std::nullopt;
}

std::size_t calls_of(const std::vector<Operation>& operations) {
    std::size_t calls = 0;
    for (const Operation& operation : operations) calls += 1 + calls_of(operation.body);
    return calls;
}

/// Finds the defect, and makes the case that does so a small one.
void expect_found(const Pair& pair) {
    const std::optional<Case> found = first_that_differs(pair);
    CHECK(found);
    if (!found) return;
    const Case small = smallest(pair, *found);
    INFO(PrintedCase{small}.text());
    CHECK(pair.differ(small));
    CHECK(calls_of(small.operations) <= 5);
}

bool is_full_run() {
    const char* kind = std::getenv("GRIDONE_STORAGE_DIFFERENTIAL");  // NOLINT(concurrency-mt-unsafe): no threads here
    return kind != nullptr && std::string_view{kind} == "full";
}

/// These tests examine the differential test, not the library: a plain run takes every twelfth of them as a sample.
std::size_t step() {
    return is_full_run() ? 1 : 12;
}

/// Plants each defect, which `pair` refers to, on a side.
void expect_all_found(const Pair& pair, Defect& defect, std::size_t first_of_plain_run) {
    for (std::size_t number = is_full_run() ? 0 : first_of_plain_run; number < static_cast<std::size_t>(Defect::none);
         number += step()) {
        CAPTURE(number);
        defect = static_cast<Defect>(number);
        expect_found(pair);
    }
}

template <class Storage>
auto with(const Defect& defect) {
    return [&defect](auto backend) { return Storage{std::move(backend), defect}; };
}

}  // namespace

TEST_CASE("a defect of any operation in memory is found") {
    using Storage = DefectiveStorage<MemorySide<>::Backend>;
    Defect defect = Defect::none;
    const Pair pair{std::make_unique<MemorySide<Storage>>(with<Storage>(defect)),
                    std::make_unique<PostgresSide<>>(shared_server().create_database())};
    expect_all_found(pair, defect, 0);
}

TEST_CASE("a defect of any operation in PostgreSQL is found") {
    using Storage = DefectiveStorage<PostgresSide<>::Backend>;
    Defect defect = Defect::none;
    const Pair pair{std::make_unique<MemorySide<>>(),
                    std::make_unique<PostgresSide<Storage>>(shared_server().create_database(), with<Storage>(defect))};
    expect_all_found(pair, defect, 6);
}

namespace {

using Table = gridone::storage::DocumentTable<json>;

/// Tables of which one keeps another rule than it should.
std::vector<Shape> with_table(const Table& other) {
    std::vector<Shape> all = shapes();
    for (Shape& shape : all) {
        for (Table& table : shape.tables) {
            if (table.names() == other.names()) table = other;
        }
    }
    return all;
}

std::vector<Table> wrong_tables() {
    using gridone::storage::document_table;
    using gridone::storage::path;
    using gridone::storage::where;
    namespace on_delete = gridone::storage::on_delete;
    const auto a = path<std::string>("a");
    const auto b = path<std::string>("b");
    const auto c = path<std::string>("c");
    const auto unique = document_table<json>("unique");
    const auto kept = document_table<json>("kept");
    const auto children = document_table<json>("children");
    const auto in_pairs = [](const Table& table) { return table.unique(path<bool>("c"), path<std::int32_t>("0")); };
    return {
        in_pairs(unique.unique(path<double>("b"))),
        in_pairs(unique.unique(a)),
        in_pairs(unique.unique(a).unique(path<std::string>("b"))),
        unique.unique(a).unique(path<double>("b")).unique(path<bool>("c")),
        document_table<json>("partly_unique").unique(path<std::int64_t>("b")).unique(a, where(b.is_null())),
        document_table<json>("partly_unique")
            .unique(path<std::int64_t>("b"), where(path<bool>("c") == false))
            .unique(a, where(b.is_null())),
        document_table<json>("partly_unique").unique(path<std::int64_t>("b"), where(path<bool>("c") == true)),
        children.references(b, "others", on_delete::set_null),
        children.references(a, "parents", on_delete::cascade),
        children.references(a, "parents", on_delete::cascade).references(b, "others", on_delete::cascade),
        children.references(a, "parents", on_delete::set_null).references(b, "others", on_delete::set_null),
        children.references(a, "parents", on_delete::refuse).references(b, "others", on_delete::set_null),
        document_table<json>("grandchildren").references(c, "parents", on_delete::set_null),
        document_table<json>("users"),
        document_table<json>("users").references(a, "parents", on_delete::cascade),
        document_table<json>("cascades"),
        document_table<json>("nulls").references(a, "nulls", on_delete::refuse),
        kept.insert_only(a),
        kept.insert_only(path<json>("b", "a")),
        kept,
        document_table<json>("counted").unique(a),
        document_table<json>("few"),
        document_table<json>("few").with_max_rows(3),
    };
}

}  // namespace

TEST_CASE("a rule that is kept otherwise in memory or in PostgreSQL is found") {
    const std::vector<Table> tables = wrong_tables();
    for (std::size_t number = 0; number < tables.size(); number += is_full_run() ? 1 : 5) {
        CAPTURE(number);
        const std::vector<Shape> wrong = with_table(tables[number]);
        const bool in_memory = number % 2 == 0;
        expect_found(
            {in_memory ? std::make_unique<MemorySide<>>(std::identity{}, wrong) : std::make_unique<MemorySide<>>(),
             in_memory ? std::make_unique<PostgresSide<>>(shared_server().create_database())
                       : std::make_unique<PostgresSide<>>(shared_server().create_database(), std::identity{}, wrong)});
    }
}
