// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/detail/copy_documents.hpp>

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>

namespace gs = gridone::storage;

namespace {

std::optional<std::string> taken(const std::string& details, const std::string& id_column = "\"id\"",
                                 const std::string& sqlstate = "23505") {
    return gs::detail::taken_id(gs::ConstraintError{{.sqlstate = sqlstate, .details = details}}, id_column);
}

}  // namespace

TEST_CASE("the taken id is what stands in the parentheses, whatever language is around them") {
    CHECK(taken("Key (id)=(b-1) already exists.") == "b-1");
    CHECK(taken("Schl\u00fcssel \u00bb(id)=(b-1)\u00ab existiert bereits.") == "b-1");
    CHECK(taken("Key (id)=((a)=(b)) already exists.") == "(a)=(b)");
    CHECK(taken("Key (id)=() already exists.") == "");
    CHECK(taken("Key (\"Id\")=(b-1) already exists.", "\"Id\"") == "b-1");
}

TEST_CASE("what else is refused tells no taken id") {
    CHECK_FALSE(taken("Key ((data ->> 'name'::text))=(bolt) already exists."));
    CHECK_FALSE(taken("Key (site)=(b-1) is not present in table \"sites\".", "\"site\"", "23503"));
    CHECK_FALSE(taken(""));
    CHECK_FALSE(taken("Key (id)=("));
}
