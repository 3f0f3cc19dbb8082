// SPDX-License-Identifier: MIT

// with_postgres COMMAND ARGS…: runs a command with DATABASE_URL set to a fresh database of a private server, which is
// gone afterwards. Ends as the command does: its exit status, or 128 + the signal that ended it.

#include <gridone/storage/testing/postgres_server.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <iostream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::array forwarded = {SIGINT, SIGTERM, SIGHUP};

int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Waits for the child, and gives it the signals that are sent to us. What the terminal sends, it has got already.
int attend(pid_t child, const sigset_t& signals) {
    for (;;) {
        siginfo_t info{};
        const int signal = ::sigwaitinfo(&signals, &info);
        if (signal == SIGCHLD) {
            int status = 0;
            if (::waitpid(child, &status, WNOHANG) == child) return exit_status(status);
        } else if (signal > 0 && info.si_code <= 0) {
            ::kill(child, signal);
        }
    }
}

int run(char** command) {
    // Blocked from the first moment on: a signal that comes while the server starts is found below.
    sigset_t before{};
    sigset_t stopping{};
    sigemptyset(&stopping);
    for (const int signal : forwarded) sigaddset(&stopping, signal);
    sigset_t attended = stopping;
    sigaddset(&attended, SIGCHLD);
    std::signal(SIGCHLD, SIG_DFL);
    ::sigprocmask(SIG_BLOCK, &attended, &before);

    gridone::storage::testing::PostgresServer server;
    ::setenv("DATABASE_URL", server.create_database().c_str(), 1);
    const timespec now{};
    if (const int signal = ::sigtimedwait(&stopping, nullptr, &now); signal > 0) return 128 + signal;

    pid_t child = 0;
    posix_spawnattr_t attributes{};
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &before);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int error = ::posix_spawnp(&child, command[0], nullptr, &attributes, command, environ);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        std::cerr << "with_postgres: " << command[0] << ": " << std::strerror(error) << '\n';
        return error == ENOENT ? 127 : 126;
    }
    return attend(child, attended);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: with_postgres COMMAND ARGS…\n"
                     "Runs COMMAND with DATABASE_URL set to a fresh database of a private PostgreSQL server.\n";
        return 2;
    }
    try {
        return run(argv + 1);
    } catch (const std::exception& error) {
        std::cerr << "with_postgres: " << error.what() << '\n';
        return 125;
    }
}
