// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CAMPAIGN_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CAMPAIGN_HPP

#include "differential/case.hpp"
#include "differential/print_case.hpp"
#include "differential/random_case.hpp"
#include "differential/shapes.hpp"
#include "differential/shrink.hpp"
#include "differential/sides.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace differential {

/// Two sides that should do the same.
struct Pair {
    std::unique_ptr<Side> memory;
    std::unique_ptr<Side> server;

    /// Whether they differ, or agree on what no case should lead to.
    [[nodiscard]] bool differ(const Case& it) const {
        const Lines lines = memory->run(it);
        return lines != server->run(it) ||
               std::ranges::any_of(lines, [](const std::string& line) { return line.starts_with(Seen::bug); });
    }
};

inline Case random_case(std::uint64_t seed, std::uint64_t number) {
    static const std::size_t shape_count = shapes().size();
    return RandomCase{seed, number}.next(shape_count);
}

/// The two logs where they differ, one line of each.
inline std::string first_difference(const Lines& memory, const Lines& server) {
    auto [left, right] = std::ranges::mismatch(memory, server);
    if (left == memory.end() && right == server.end()) {
        left = std::ranges::find_if(memory, [](const std::string& line) { return line.starts_with(Seen::bug); });
        right = std::next(server.begin(), left - memory.begin());
    }
    return "// memory:     " + (left == memory.end() ? "(no more)" : *left) +
           "\n// PostgreSQL: " + (right == server.end() ? "(no more)" : *right) + "\n";
}

/// A failing case, made small.
inline Case smallest(const Pair& pair, const Case& it) {
    return Shrinker{[&](const Case& smaller) { return pair.differ(smaller); }}.smallest(it);
}

/// A failing case, made small, as a test.
inline std::string as_test(const Pair& pair, const Case& it) {
    const Case small = smallest(pair, it);
    return first_difference(pair.memory->run(small), pair.server->run(small)) + PrintedCase{small}.text();
}

}  // namespace differential

#endif
