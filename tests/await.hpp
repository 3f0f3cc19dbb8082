// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_AWAIT_HPP
#define GRIDONE_STORAGE_TESTS_AWAIT_HPP

#include <chrono>
#include <stdexcept>
#include <thread>

/// Whether the condition came true in time.
inline bool comes_true(auto&& condition, std::chrono::milliseconds within = std::chrono::seconds{20}) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// The same for a condition without which the test makes no sense.
inline void await(auto&& condition) {
    if (!comes_true(condition)) throw std::runtime_error{"the awaited state did not come"};
}

#endif
