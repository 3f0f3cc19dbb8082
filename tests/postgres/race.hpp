// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_RACE_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_RACE_HPP

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// Starts `processes` children that all wait for the same moment, then run `child`; gives how many failed.
int failures_of_race(int processes, auto&& child) {
    std::array<int, 2> gate{};
    REQUIRE(::pipe(gate.data()) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        const pid_t pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            char token = 0;
            ::close(gate[1]);
            [[maybe_unused]] const auto end_of_file = ::read(gate[0], &token, 1);
            int status = 1;
            try {
                child();
                status = 0;
            } catch (const std::exception&) {
            }
            ::_exit(status);
        }
        children.push_back(pid);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    int failures = 0;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failures;
    }
    return failures;
}

#endif
