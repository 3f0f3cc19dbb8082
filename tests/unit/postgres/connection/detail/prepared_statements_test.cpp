// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/prepared_statements.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using gridone::storage::detail::PreparedStatements;
using gridone::storage::detail::Statement;

namespace {

Statement own(std::string sql) {
    return {.sql = std::move(sql), .parameters = {}};
}
Statement made_up(std::string sql) {
    Statement statement = own(std::move(sql));
    statement.is_made_up = true;
    return statement;
}

/// The name that the statement is prepared under now, as a session does it.
std::string prepared(PreparedStatements& statements, const Statement& statement) {
    PreparedStatements::Entry* entry = statements.use(statement);
    if (entry == nullptr) return "";
    entry->is_prepared = true;
    return entry->name;
}

}  // namespace

TEST_CASE("the library's own statements are prepared at their first use and stay") {
    PreparedStatements statements{1};
    const std::string name = prepared(statements, own("SELECT 1"));
    CHECK_FALSE(name.empty());
    for (const char* other : {"SELECT 2", "SELECT 3"}) CHECK(prepared(statements, own(other)) != name);
    CHECK(prepared(statements, own("SELECT 1")) == name);
    CHECK(statements.take_dropped().empty());
}

TEST_CASE("a statement that is made up for a call is prepared at its second use") {
    PreparedStatements statements{2};
    CHECK(statements.use(made_up("a")) == nullptr);
    const std::string name = prepared(statements, made_up("a"));
    CHECK_FALSE(name.empty());
    CHECK(prepared(statements, made_up("a")) == name);
}

TEST_CASE("of statements that are made up the last used are kept, and what is dropped is told once") {
    PreparedStatements statements{2};
    const auto twice = [&](const char* sql) {
        (void)prepared(statements, made_up(sql));
        return prepared(statements, made_up(sql));
    };
    const std::string a = twice("a");
    const std::string b = twice("b");
    CHECK(prepared(statements, made_up("a")) == a);  // so that b is the older one
    CHECK(statements.use(made_up("c")) == nullptr);
    CHECK(statements.take_dropped() == std::vector{b});
    CHECK(statements.take_dropped().empty());
    CHECK(statements.use(made_up("d")) == nullptr);
    CHECK(statements.take_dropped() == std::vector{a});
    CHECK(statements.use(made_up("e")) == nullptr);  // c was never prepared, so there is nothing to forget
    CHECK(statements.take_dropped().empty());
    CHECK(twice("b") != b);
}

TEST_CASE("none that are made up are kept where none may be, and none of more than 16 KiB") {
    PreparedStatements none{0};
    for (int time = 0; time < 3; ++time) CHECK(none.use(made_up("a")) == nullptr);
    PreparedStatements statements{2};
    for (int time = 0; time < 3; ++time) CHECK(statements.use(made_up(std::string(20000, 'a'))) == nullptr);
    CHECK_FALSE(prepared(none, own("a")).empty());
}

TEST_CASE("a statement that is renewed is prepared under another name, and the old name is dropped") {
    PreparedStatements statements{2};
    const std::string name = prepared(statements, own("a"));
    PreparedStatements::Entry* const entry = statements.use(own("a"));
    statements.renew(*entry);
    CHECK_FALSE(entry->is_prepared);
    CHECK(entry->name != name);
    CHECK(statements.take_dropped() == std::vector{name});
    statements.renew(*entry);  // which the session does not have, so there is nothing to forget
    CHECK(statements.take_dropped().empty());
}

TEST_CASE("a session that forgets them all prepares them again") {
    PreparedStatements statements{2};
    (void)prepared(statements, own("a"));
    (void)prepared(statements, made_up("b"));
    (void)prepared(statements, made_up("b"));
    statements.clear();
    CHECK(statements.use(made_up("b")) == nullptr);
    CHECK_FALSE(statements.use(own("a"))->is_prepared);
    CHECK(statements.take_dropped().empty());
}
