// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/public_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace gs = gridone::storage;
using gs::detail::Effect;
using gs::detail::Failure;

namespace {

template <class Error>
bool becomes(const Failure& failure, Effect effect) {
    try {
        gs::detail::throw_public_error(failure, {.operation = "write", .table = "t"}, effect);
    } catch (const Error&) {
        return true;
    } catch (...) {
        return false;
    }
}

Failure server_error(const std::string& sqlstate) {
    return Failure{Failure::Kind::server_error, {}, sqlstate};
}

}  // namespace

TEST_CASE("the longest matching row of the SQLSTATE map decides") {
    CHECK(becomes<gs::TransientError>(server_error("40001"), Effect::writes));
    CHECK(becomes<gs::OutcomeUnknownError>(server_error("40003"), Effect::writes));
    CHECK(becomes<gs::ConstraintError>(server_error("23514"), Effect::writes));
    CHECK(becomes<gs::InvalidInputError>(server_error("22P05"), Effect::writes));
    CHECK(becomes<gs::SchemaError>(server_error("42P01"), Effect::reads));
    CHECK(becomes<gs::InternalError>(server_error("42601"), Effect::reads));
    CHECK(becomes<gs::PermissionError>(server_error("42501"), Effect::reads));
    CHECK(becomes<gs::InternalError>(server_error("XX001"), Effect::reads));
    CHECK(becomes<gs::UsageError>(server_error("25P02"), Effect::writes));
}

TEST_CASE("a lost connection means not applied for a read and unknown for a write") {
    const Failure lost{Failure::Kind::lost, "lost"};
    CHECK(becomes<gs::ConnectionError>(lost, Effect::reads));
    CHECK(becomes<gs::OutcomeUnknownError>(lost, Effect::writes));
    CHECK(becomes<gs::ConnectionError>(server_error("57P01"), Effect::reads));
    CHECK(becomes<gs::OutcomeUnknownError>(server_error("57P01"), Effect::writes));
}

TEST_CASE("a deadline means not applied for a read and unknown for a write") {
    const Failure late{Failure::Kind::deadline, "late"};
    CHECK(becomes<gs::DeadlineExceededError>(late, Effect::reads));
    CHECK(becomes<gs::OutcomeUnknownError>(late, Effect::writes));
}

TEST_CASE("a write that was only being prepared was not applied") {
    Failure lost{Failure::Kind::lost, "lost"};
    lost.may_have_run = false;
    CHECK(becomes<gs::ConnectionError>(lost, Effect::writes));
}

TEST_CASE("a cancelled statement is told apart from one that reached the server's time limit") {
    Failure interrupted = server_error("57014");
    CHECK(becomes<gs::CancelledError>(interrupted, Effect::writes));
    interrupted.statement_timed_out = true;
    CHECK(becomes<gs::DeadlineExceededError>(interrupted, Effect::writes));
}

TEST_CASE("the server's text is in details only, SQLSTATE and constraint have their own place") {
    Failure failure = server_error("23505");
    failure.details = "Key (email)=(secret@example.com) already exists.";
    failure.constraint = "users_email_key";
    try {
        gs::detail::throw_public_error(failure, {.operation = "write", .table = "users"}, Effect::writes);
    } catch (const gs::ConstraintError& error) {
        CHECK(std::string{error.what()} ==
              "write users: a rule of the table forbids it: users_email_key [SQLSTATE 23505]");
        CHECK(error.constraint() == "users_email_key");
        CHECK(error.details().find("secret@example.com") != std::string::npos);
        CHECK(error.outcome() == gs::Outcome::not_applied);
    }
}
