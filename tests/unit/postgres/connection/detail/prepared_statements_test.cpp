// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/prepared_statements.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <utility>
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

TEST_CASE("the library's own statements are prepared at their first use while there is room") {
    PreparedStatements statements{3};
    const std::string name = prepared(statements, own("SELECT 1"));
    CHECK_FALSE(name.empty());
    for (const char* other : {"SELECT 2", "SELECT 3"}) CHECK(prepared(statements, own(other)) != name);
    CHECK(prepared(statements, own("SELECT 1")) == name);
    CHECK(statements.dropped().empty());
}

TEST_CASE("a statement that is made up for a call is prepared at its second use") {
    PreparedStatements statements{2};
    CHECK(statements.use(made_up("a")) == nullptr);
    const std::string name = prepared(statements, made_up("a"));
    CHECK_FALSE(name.empty());
    CHECK(prepared(statements, made_up("a")) == name);
}

TEST_CASE("once the cache is full, one of the library's own statements is prepared at its second use") {
    PreparedStatements statements{2};
    const std::string a = prepared(statements, own("a"));
    const std::string b = prepared(statements, own("b"));
    CHECK(statements.use(own("c")) == nullptr);
    CHECK(prepared(statements, own("a")) == a);  // so that b is the least recently used
    CHECK(statements.dropped().empty());
    CHECK_FALSE(prepared(statements, own("c")).empty());
    CHECK(statements.dropped() == std::vector{b});
}

TEST_CASE("the bound counts own and made-up statements together, and the least recently used is dropped") {
    PreparedStatements statements{2};
    const auto twice = [&](const char* sql) {
        (void)prepared(statements, made_up(sql));
        return prepared(statements, made_up(sql));
    };
    const std::string a = prepared(statements, own("a"));
    const std::string b = twice("b");
    CHECK(prepared(statements, own("a")) == a);
    const std::string c = twice("c");
    CHECK(statements.dropped() == std::vector{b});
    CHECK(prepared(statements, made_up("c")) == c);
    statements.clear_dropped();
    CHECK(statements.dropped().empty());
    CHECK(twice("d") != b);
    CHECK(statements.dropped() == std::vector{a});
}

TEST_CASE("a statement that was never prepared needs no deallocation") {
    PreparedStatements statements{1};
    CHECK_FALSE(statements.use(own("a"))->is_prepared);
    (void)statements.use(own("b"));
    CHECK(statements.use(own("b")) != nullptr);
    CHECK(statements.dropped().empty());
}

TEST_CASE("more statements than fit, used in turn, replace nothing") {
    PreparedStatements statements{10};
    std::size_t unprepared = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 30; ++i) {
            if (prepared(statements, own("SELECT " + std::to_string(i))).empty()) ++unprepared;
        }
    }
    CHECK(unprepared == 60);
    CHECK(statements.dropped().empty());
}

TEST_CASE("no statement is kept where none may be, and none that is made up of more than 16 KiB") {
    PreparedStatements none{0};
    for (int time = 0; time < 3; ++time) CHECK(none.use(made_up("a")) == nullptr);
    for (int time = 0; time < 3; ++time) CHECK(none.use(own("a")) == nullptr);
    PreparedStatements statements{2};
    for (int time = 0; time < 3; ++time) CHECK(statements.use(made_up(std::string(20000, 'a'))) == nullptr);
}

TEST_CASE("a statement that is renewed is prepared under another name, and the old name is dropped") {
    PreparedStatements statements{2};
    const std::string name = prepared(statements, own("a"));
    PreparedStatements::Entry* const entry = statements.use(own("a"));
    statements.renew(*entry);
    CHECK_FALSE(entry->is_prepared);
    CHECK(entry->name != name);
    CHECK(statements.dropped() == std::vector{name});
    statements.clear_dropped();
    statements.renew(*entry);  // which the session does not have, so there is nothing to forget
    CHECK(statements.dropped().empty());
}

TEST_CASE("a session that forgets them all prepares them again") {
    PreparedStatements statements{2};
    (void)prepared(statements, own("a"));
    (void)prepared(statements, made_up("b"));
    (void)prepared(statements, made_up("b"));
    statements.clear();
    CHECK(statements.use(made_up("b")) == nullptr);
    CHECK_FALSE(statements.use(own("a"))->is_prepared);
    CHECK(statements.dropped().empty());
}
