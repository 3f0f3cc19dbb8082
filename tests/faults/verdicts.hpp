// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_VERDICTS_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_VERDICTS_HPP

#include <cstddef>
#include <string>

/// What calls said about themselves.
struct Verdicts {
    std::size_t succeeded = 0;
    std::size_t not_applied = 0;
    std::size_t unknown = 0;

    Verdicts& operator+=(const Verdicts& other) noexcept {
        succeeded += other.succeeded;
        not_applied += other.not_applied;
        unknown += other.unknown;
        return *this;
    }
    [[nodiscard]] std::size_t calls() const noexcept { return succeeded + not_applied + unknown; }
    [[nodiscard]] std::string text() const {
        return "calls=" + std::to_string(calls()) + " succeeded=" + std::to_string(succeeded) +
               " not_applied=" + std::to_string(not_applied) + " unknown=" + std::to_string(unknown);
    }
};

#endif
