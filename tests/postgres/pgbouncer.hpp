// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_PGBOUNCER_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_PGBOUNCER_HPP

#include <gridone/storage/testing/postgres_server.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// A PgBouncer in transaction mode with two connections to a test server, on a Unix socket in the server's folder. Runs
/// as the server's user; ends with its owner.
class PgBouncer {
public:
    /// Empty where it is not installed.
    [[nodiscard]] static std::string program() {
        const char* const path = std::getenv("PATH");
        std::istringstream folders{std::string{path == nullptr ? "" : path} + ":/usr/sbin"};
        for (std::string folder; std::getline(folders, folder, ':');) {
            if (::access((folder + "/pgbouncer").c_str(), X_OK) == 0) return folder + "/pgbouncer";
        }
        return {};
    }

    /// @param settings  for pgbouncer.ini; they win.
    explicit PgBouncer(const gridone::storage::testing::PostgresServer& server,
                       std::map<std::string, std::string> settings = {})
        : directory_{server.socket_directory()} {
        const auto otherwise = [&](const char* name, const std::string& value) { settings.try_emplace(name, value); };
        otherwise("pool_mode", "transaction");
        otherwise("default_pool_size", "2");
        otherwise("max_client_conn", "200");
        otherwise("auth_type", "trust");
        otherwise("auth_file", directory_ + "/users.txt");
        otherwise("unix_socket_dir", directory_);
        otherwise("listen_port", std::to_string(port));
        otherwise("server_login_retry", "1");
        std::string text =
            "[databases]\n* = host=" + directory_ + " port=" + std::to_string(server.port()) + "\n[pgbouncer]\n";
        for (const auto& [name, value] : settings) text += name + " = " + value + "\n";
        write("users.txt", "\"postgres\" \"\"\n");
        write("pgbouncer.ini", text);
        start();
    }
    PgBouncer(const PgBouncer&) = delete;
    PgBouncer& operator=(const PgBouncer&) = delete;
    PgBouncer(PgBouncer&&) = delete;
    PgBouncer& operator=(PgBouncer&&) = delete;
    ~PgBouncer() {
        ::kill(process_, SIGKILL);
        while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
    }

    /// The way to a database of the server through this. @param url  as the server gives it
    [[nodiscard]] std::string in_front_of(const std::string& url) const {
        return url + "&port=" + std::to_string(port);
    }

private:
    static constexpr int port = 6432;

    void write(const std::string& name, const std::string& text) const {
        const std::string file = directory_ + "/" + name;
        if (!(std::ofstream{file} << text << std::flush)) throw std::runtime_error{"cannot write " + name};
        ::chmod(file.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    }

    void start() {
        struct stat owner{};
        ::stat(directory_.c_str(), &owner);
        std::vector<std::string> text{"setpriv", "--pdeathsig", "KILL"};
        std::string executable = program();
        if (::geteuid() == 0) {  // as root it refuses to run; another user may not reach it where it is
            std::filesystem::copy_file(executable, directory_ + "/pgbouncer",
                                       std::filesystem::copy_options::skip_existing);
            executable = directory_ + "/pgbouncer";
            text.push_back("--reuid=" + std::to_string(owner.st_uid));
            text.push_back("--regid=" + std::to_string(owner.st_gid));
            text.emplace_back("--clear-groups");
        }
        text.push_back(executable);
        text.emplace_back("--quiet");
        text.push_back(directory_ + "/pgbouncer.ini");
        std::vector<char*> arguments;
        std::ranges::transform(text, std::back_inserter(arguments), [](std::string& one) { return one.data(); });
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files{};
        ::posix_spawn_file_actions_init(&files);
        const std::string log = directory_ + "/pgbouncer.log";
        ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        const int error = ::posix_spawnp(&process_, "setpriv", &files, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        if (error != 0) throw std::runtime_error{"cannot start pgbouncer"};
        const std::string here = "host=" + directory_ + " port=" + std::to_string(port) + " connect_timeout=2";
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (PQping(here.c_str()) == PQPING_NO_RESPONSE) {
            const bool ended = ::waitpid(process_, nullptr, WNOHANG) == process_;
            if (ended || std::chrono::steady_clock::now() > deadline) {
                std::ifstream file{log};
                throw std::runtime_error{"pgbouncer does not start: " +
                                         std::string{std::istreambuf_iterator<char>{file}, {}}};
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }

    std::string directory_;
    pid_t process_ = 0;
};

#endif
