// SPDX-License-Identifier: MIT

#include "linearizability.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace {

using linearizability::Call;
using Kind = Call::Kind;

Call read(linearizability::Value value, std::uint64_t begin, std::uint64_t end) {
    return {.kind = Kind::read, .value = value, .begin = begin, .end = end};
}
Call write(int value, std::uint64_t begin, std::uint64_t end) {
    return {.kind = Kind::write, .value = value, .begin = begin, .end = end};
}
Call insert(int value, bool succeeded, std::uint64_t begin, std::uint64_t end) {
    return {.kind = Kind::insert, .value = value, .succeeded = succeeded, .begin = begin, .end = end};
}
Call remove(bool succeeded, std::uint64_t begin, std::uint64_t end) {
    return {.kind = Kind::remove, .succeeded = succeeded, .begin = begin, .end = end};
}
Call open(Call call) {
    call.is_open = true;
    return call;
}
bool holds(std::vector<Call> calls) {
    return linearizability::History{std::move(calls)}.is_linearizable();
}

}  // namespace

TEST_CASE("a history that could have happened one after another is told from one that could not") {
    CHECK(holds({}));
    CHECK(holds({write(1, 0, 1), read(1, 2, 3)}));
    CHECK(holds({write(1, 0, 3), read(std::nullopt, 1, 2)}));
    CHECK(holds({write(1, 0, 3), read(1, 1, 2)}));
    CHECK(holds({write(1, 0, 5), write(2, 0, 5), read(2, 1, 2), read(1, 3, 4)}));
    CHECK_FALSE(holds({write(1, 0, 1), read(std::nullopt, 2, 3)}));
    CHECK_FALSE(holds({write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)}));
    // Once one has seen the new value, nobody sees the old one.
    CHECK_FALSE(holds({write(1, 0, 9), read(1, 1, 2), read(std::nullopt, 3, 4)}));
    CHECK_FALSE(holds({write(1, 0, 9), write(2, 0, 9), read(2, 1, 2), read(1, 3, 4), read(2, 5, 6)}));
}

TEST_CASE("inserts and removals tell whether there was a document") {
    CHECK(holds({insert(1, true, 0, 1), insert(2, false, 2, 3), remove(true, 4, 5), remove(false, 6, 7)}));
    CHECK(holds({insert(1, true, 0, 3), insert(2, true, 0, 3), remove(true, 0, 3)}));
    CHECK_FALSE(holds({insert(1, true, 0, 3), insert(2, true, 0, 3)}));
    CHECK_FALSE(holds({insert(1, false, 0, 1)}));
    CHECK_FALSE(holds({remove(true, 0, 1)}));
    CHECK_FALSE(holds({write(1, 0, 1), remove(false, 2, 3)}));
}

TEST_CASE("a call of unknown outcome took effect at any time, or never") {
    CHECK(holds({open(write(1, 0, 0)), read(std::nullopt, 1, 2)}));
    CHECK(holds({open(write(1, 0, 0)), read(std::nullopt, 1, 2), read(1, 3, 4)}));
    CHECK_FALSE(holds({open(write(1, 5, 0)), read(1, 1, 2)}));
    CHECK_FALSE(holds({open(write(1, 0, 0)), read(1, 1, 2), read(std::nullopt, 3, 4)}));
    CHECK(holds({open(insert(1, true, 0, 0)), insert(2, false, 1, 2)}));
    CHECK(holds({write(1, 0, 1), open(remove(true, 2, 0)), read(std::nullopt, 3, 4)}));
}
