// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using gs::path;
using nlohmann::json;

namespace {

using Patch = std::vector<gs::Change<gs::AnyModel>>;

/// Where the patch was refused; "accepted" if it was not.
std::string verdict(const Patch& patch, const gs::JsonLimits& limits = {}) {
    std::vector<gs::detail::FieldChange> changes;
    for (const auto& change : patch) changes.push_back(change.spec());
    try {
        gs::detail::check_changes(changes, limits);
        return "accepted";
    } catch (const gs::InvalidInputError& error) {
        return error.pointer();
    }
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("changes of different fields are accepted, also where one's name begins like the other's") {
    CHECK(verdict({path<int>("a").set(1)}) == "accepted");
    CHECK(verdict({path<int>("a", "b").set(1), path<int>("a", "c").unset(), path<int>("ab").increment(1),
                   path<int>("a/b").set(1), path<int>("b", "a").set(1)}) == "accepted");
}

TEST_CASE("a patch without changes, and a change of no field, are refused") {
    CHECK(verdict({}).empty());
    CHECK(verdict({gs::Change<gs::AnyModel>{gs::detail::FieldChange{}}}).empty());
}

TEST_CASE("two changes of one field, or of a field and a part of it, are refused with the field's place") {
    CHECK(verdict({path<int>("x", "a").set(1), path<int>("x", "a").unset()}) == "/x/a");
    CHECK(verdict({path<int>("a", "b", "c").set(1), path<int>("b").set(1), path<int>("a", "b").unset()}) == "/a/b");
    CHECK(verdict({path<int>("a").set(1), path<int>("a", "b").set(1), path<int>("a!").set(1)}) == "/a");
    CHECK(verdict({path<int>("").set(1), path<int>("", "").set(1)}) == "/");
}

TEST_CASE("a key that cannot be stored is refused, whatever the change") {
    const std::string with_nul{"a\0b", 3};
    CHECK(verdict({path<int>("x", with_nul).set(1)}) == "/x");
    CHECK(verdict({path<int>(with_nul, "x").unset()}).empty());
    CHECK(verdict({path<int>("x", "\xff").increment(1)}) == "/x");
    CHECK(verdict({path<json>("x", "\xed\xa0\x80").remove_value(1)}) == "/x");
}

TEST_CASE("a value that cannot be stored is refused with its place in the document") {
    CHECK(verdict({path<double>("a", "b").set(not_a_number)}) == "/a/b");
    CHECK(verdict({path<float>("a").set(1e39)}) == "/a");
    CHECK(verdict({path<json>("a~b").set(json{{"x", {1.0, infinity}}})}) == "/a~0b/x/1");
    CHECK(verdict({path<json>("a").append(std::string{"a\0b", 3})}) == "/a");
    CHECK(verdict({path<json>("a").remove_value("\xff")}) == "/a");
    CHECK(verdict({path<json>("a").set(json::binary({1}))}) == "/a");
}

TEST_CASE("an increment by what is no finite number is refused") {
    CHECK(verdict({path<double>("a", "b").increment(not_a_number)}) == "/a/b");
    CHECK(verdict({path<double>("a").increment(-infinity)}) == "/a");
    CHECK(verdict({path<float>("a").increment(1e39)}) == "/a");
    CHECK(verdict({path<json>("a").increment(infinity)}) == "/a");
}

TEST_CASE("the limits of a document hold for a change, with its path") {
    const gs::JsonLimits limits{.max_depth = 2, .max_bytes = 30};
    CHECK(verdict({path<json>("a", "b").set(1)}, limits) == "accepted");
    CHECK(verdict({path<json>("a", "b").set(json::array())}, limits) == "/a/b");
    CHECK(verdict({path<json>("a", "b", "c").unset()}, limits) == "/a/b");
    CHECK(verdict({path<json>("a").set(std::string(30, 'x'))}, limits).empty());
}
