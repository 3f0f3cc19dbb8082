// SPDX-License-Identifier: MIT

#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/version.hpp>

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace gs = gridone::storage;

TEST_CASE("an error that a hook throws reads as its reason and place") {
    const gs::DecodeError error{"no such colour", "/paint/colour"};
    CHECK(std::string{error.what()} == "no such colour (at /paint/colour)");
    CHECK(error.pointer() == "/paint/colour");
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(error.retry() == gs::Retry::never);
    CHECK(error.sqlstate().empty());
}

TEST_CASE("NotFoundError made by a service keeps the id out of its text") {
    const gs::NotFoundError error{"widgets", "secret-7"};
    CHECK(std::string{error.what()} == "widgets: no document with this id");
    CHECK(error.id() == "secret-7");
    CHECK(error.table() == "widgets");
}

TEST_CASE("an error on its way out learns operation, table and id, and keeps its type and what it knew") {
    const gs::detail::CallSite site{.operation = "write", .table = "widgets", .id = "a"};
    try {
        gs::detail::located(site, []() { throw gs::InvalidInputError{"too heavy", "/mass"}; });
        FAIL("nothing was thrown");
    } catch (const gs::InvalidInputError& error) {
        CHECK(std::string{error.what()} == "write widgets: too heavy (at /mass)");
        CHECK(error.operation() == "write");
        CHECK(error.id() == "a");
    }
    try {
        gs::detail::located(site, []() { throw gs::NotFoundError{"parts", "b"}; });
        FAIL("nothing was thrown");
    } catch (const gs::NotFoundError& error) {
        CHECK(error.table() == "parts");
        CHECK(error.id() == "b");
    }
}

TEST_CASE("an error that was moved from still has its text and details") {
    gs::ConstraintError first{gs::ErrorInfo{.reason = "twice", .table = "widgets", .constraint = "one_key"}};
    const gs::ConstraintError second = std::move(first);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what it is about
    CHECK(std::string{first.what()} == "widgets: twice");
    CHECK(first.constraint() == "one_key");
    CHECK(std::string{second.what()} == first.what());

    gs::AcquireTimeoutError timeout{gs::ErrorInfo{.reason = "no connection"}, gs::PoolCounters{.max_size = 3},
                                    "refused"};
    gs::AcquireTimeoutError other{gs::ErrorInfo{}, {}, {}};
    other = std::move(timeout);
    CHECK(timeout.last_connect_failure() == "refused");
    CHECK(std::string{timeout.what()} == "no connection");
    CHECK(other.counters().max_size == 3);

    gs::VersionConflictError conflict{gs::ErrorInfo{.reason = "other version"}, gs::Version{7}};
    const std::exception_ptr thrown = std::make_exception_ptr(std::move(conflict));
    CHECK(std::string{conflict.what()} == "other version");
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK_THROWS_AS(std::rethrow_exception(thrown), gs::VersionConflictError);
    STATIC_CHECK(std::is_nothrow_copy_constructible_v<gs::AcquireTimeoutError>);
    STATIC_CHECK(std::is_nothrow_move_constructible_v<gs::ConstraintError>);
}

TEST_CASE("a copy of an error is independent of what its original learns later") {
    gs::DecodeError original{"odd"};
    const gs::DecodeError copy = original;
    gs::detail::ErrorAccess::locate(original, {.operation = "read", .table = "widgets", .id = "a"});
    CHECK(std::string{copy.what()} == "odd");
    CHECK(std::string{original.what()} == "read widgets: odd");
}
