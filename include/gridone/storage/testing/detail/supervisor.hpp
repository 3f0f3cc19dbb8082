// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_SUPERVISOR_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_SUPERVISOR_HPP

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gridone::storage::inline v0::testing::detail {

using Deadline = std::chrono::steady_clock::time_point;

/// For `poll`: the milliseconds left, never negative.
[[nodiscard]] inline int milliseconds_until(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<long long>(left.count(), 0, 3'600'000));
}

/// A file descriptor that is closed with its owner.
class FileDescriptor {
public:
    explicit FileDescriptor(int fd = -1) noexcept : fd_{fd} {}
    FileDescriptor(FileDescriptor&& from) noexcept : fd_{std::exchange(from.fd_, -1)} {}
    FileDescriptor& operator=(FileDescriptor&& from) noexcept {
        std::swap(fd_, from.fd_);
        return *this;
    }
    ~FileDescriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

/// The shell program that owns the server's folder and processes, and outlives us just long enough to remove both.
///
/// It reads requests from a socket of which only this process has the other end: whatever ends this process, the end of
/// the socket is the order to clean up. It is no child of ours for long, and in a session of its own, so neither Ctrl-C
/// nor a test runner that kills a whole process tree takes it along.
inline constexpr const char* supervisor_script = R"sh(
umask 077
supervise() {
    bin=$1 dir= uid= gid= postmaster=
    unset PGDATA PGPORT PGDATESTYLE PGCLIENTENCODING
    export TZ=UTC
    trap leave EXIT
    trap exit HUP TERM
    if [ "$(id -u)" = 0 ]; then  # as root the server refuses to run
        user=postgres
        id "$user" >/dev/null || user=nobody
        uid=$(id -u "$user") gid=$(id -g "$user")
    fi
    while read -r request; do
        case $request in
        folder) make_folder ;;
        initdb) if initdb; then echo done; else echo failed; fi ;;
        start)
            (drop "$bin/postgres" -D "$dir/data") </dev/null >>"$dir/log" 2>&1 3<>"$dir/alive" &
            postmaster=$!
            echo "$postmaster" ;;
        reap)
            wait "$postmaster"
            postmaster=
            echo done ;;
        esac
    done
}
drop() {
    [ -z "$uid" ] || set -- setpriv "--reuid=$uid" "--regid=$gid" --clear-groups "$@"
    exec "$@"
}
make_folder() {
    for parent in "$TMPDIR" /tmp; do
        # 107 bytes is all that the name of a socket may have
        if [ -z "$parent" ] || [ "${#parent}" -gt 70 ]; then continue; fi
        dir=$(mktemp -d "$parent/gridone-pg-XXXXXX") || continue
        if [ -z "$uid" ] || { chown "$uid:$gid" "$dir" && (drop test -w "$dir"); }; then
            cd "$dir" && mkfifo alive && : >log && echo "$dir" && return
        fi
        rm -rf "$dir"
    done
    dir=
    echo failed
}
initdb() {
    auth=trust
    if [ -f password ]; then
        auth=scram-sha-256
        [ -z "$uid" ] || chown "$uid:$gid" password
    fi
    # Without ICU a cluster in byte order is what is left; byte order needs no locale to be installed.
    initialise --locale-provider=icu --icu-locale=en-US --locale=C.UTF-8 ||
        { rm -rf data && initialise --no-locale; } || return
    rm -f password
}
initialise() (
    [ "$auth" = trust ] || set -- "$@" --pwfile=password
    drop "$bin/initdb" -D data -U postgres --encoding=UTF8 --no-sync "--auth=$auth" "$@" </dev/null >>log 2>&1
)
leave() {
    trap '' HUP TERM
    cd /
    [ -n "$dir" ] || return
    # Immediate, for the data is discarded anyway, and only this ends a server whose backends are stopped or stuck.
    # Again and again, for a server that has only just been started ignores it.
    while [ -n "$postmaster" ] && kill -QUIT "$postmaster" && kill -CONT "$postmaster"; do sleep 0.02; done
    # A postmaster that was killed leaves this file and a segment of shared memory, and perhaps backends.
    if [ -f "$dir/data/postmaster.pid" ]; then
        for process in /proc/[0-9]*; do
            if [ "$process/cwd" -ef "$dir/data" ]; then kill -KILL "${process#/proc/}"; fi
        done
        set -- $(sed -n 7p "$dir/data/postmaster.pid")
        [ -z "$2" ] || ipcrm -m "$2"
    fi
    tries=0
    until rm -rf "$dir" || [ "$tries" = 200 ]; do tries=$((tries + 1)); sleep 0.02; done
}
supervise "$1" <&3 >&3 3>&- 2>/dev/null &
)sh";

/// The socket to a running `supervisor_script`.
class Supervisor {
public:
    explicit Supervisor(const std::string& bin_directory) : owner_{::getpid()} {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair", errno);
        socket_ = FileDescriptor{ends[0]};
        const FileDescriptor theirs{ends[1]};
        spawn(theirs.get(), bin_directory);
    }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Returns when everything is gone. In a forked copy of the owner it does nothing.
    ~Supervisor() {
        if (::getpid() != owner_) return;
        ::shutdown(socket_.get(), SHUT_WR);  // unlike close, this also counts when a forked copy of us lives on
        char ignored{};
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (wait_readable(deadline) && ::recv(socket_.get(), &ignored, 1, 0) > 0) continue;
    }

    /// @returns the one line that answers; empty if none came in time or the supervisor is gone.
    [[nodiscard]] std::string ask(std::string_view request, Deadline deadline) {
        const std::string line = std::string{request} + '\n';
        if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
            return {};
        }
        std::string answer;
        for (char c{}; wait_readable(deadline) && ::recv(socket_.get(), &c, 1, 0) == 1; answer += c) {
            if (c == '\n') return answer;
        }
        return {};
    }

private:
    [[noreturn]] static void fail(const char* what, int error) {
        throw std::system_error{error, std::generic_category(), what};
    }

    [[nodiscard]] bool wait_readable(Deadline deadline) const {
        pollfd readable{socket_.get(), POLLIN, 0};
        int ready = 0;
        do ready = ::poll(&readable, 1, milliseconds_until(deadline));
        while (ready < 0 && errno == EINTR);
        return ready > 0;
    }

    /// posix_spawn, since a fork of a process with threads may run next to nothing before its exec.
    static void spawn(int socket, const std::string& bin_directory) {
        posix_spawn_file_actions_t files{};
        posix_spawnattr_t attributes{};
        if (const int error = ::posix_spawn_file_actions_init(&files); error != 0) fail("posix_spawn", error);
        if (const int error = ::posix_spawnattr_init(&attributes); error != 0) fail("posix_spawn", error);
        ::posix_spawn_file_actions_adddup2(&files, socket, 3);
        for (const int fd : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
        ::posix_spawn_file_actions_addclosefrom_np(&files, 4);  // whoever waits for the end of a pipe waits for us only
#endif
        sigset_t none{};
        sigset_t all{};
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setflags(
            &attributes, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));

        std::array<std::string, 5> text{"sh", "-c", supervisor_script, "postgres-supervisor", bin_directory};
        std::array<char*, 6> arguments{};
        std::ranges::transform(text, arguments.begin(), [](std::string& argument) { return argument.data(); });
        pid_t child = 0;
        const int error = ::posix_spawn(&child, "/bin/sh", &files, &attributes, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
        if (error != 0) fail("posix_spawn /bin/sh", error);
        while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;  // it has left the supervisor behind
    }

    pid_t owner_;
    FileDescriptor socket_;
};

}  // namespace gridone::storage::inline v0::testing::detail

#endif
