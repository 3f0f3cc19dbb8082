// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_STANDBY_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_STANDBY_HPP

#include "postgres/server.hpp"
#include <gridone/storage/testing/postgres_server.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

/// A streaming standby of another test server, from which the other waits for confirmation of every commit.
class Standby {
public:
    explicit Standby(const gridone::storage::testing::PostgresServer& primary) : primary_{primary} {
        server_.stop();
        copy_primary();
        // The primary's settings came along; the last one counts.
        std::ofstream{server_.socket_directory() + "/data/postgresql.conf", std::ios::app}
            << "\nunix_socket_directories = '" << server_.socket_directory() << "'\nport = " << server_.port()
            << "\nlisten_addresses = ''\n";
        server_.start();
        by_hand(primary.url("postgres"), "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        by_hand(primary.url("postgres"), "SELECT pg_reload_conf()");
        by_hand(primary.url("postgres"), "CREATE TABLE replicated ()");  // returns when the standby has it
    }

    [[nodiscard]] gridone::storage::testing::PostgresServer& server() noexcept { return server_; }

    /// Returns when it accepts writes.
    void promote() {
        if (!by_hand(server_.url("postgres"), "SELECT pg_promote(true, 20)")[0][0].as<bool>()) {
            throw std::runtime_error{"the standby was not promoted"};
        }
    }

    /// Both servers, the primary first; a session is with the one that accepts writes.
    [[nodiscard]] std::string either(const std::string& database) const {
        return "host=" + primary_.socket_directory() + "," + server_.socket_directory() +
               " port=" + std::to_string(primary_.port()) + "," + std::to_string(server_.port()) +
               " user=postgres target_session_attrs=read-write dbname=" + database;
    }

private:
    void copy_primary() const {
        const std::string data = server_.socket_directory() + "/data";
        struct stat owner{};
        ::stat(data.c_str(), &owner);
        for (const auto& entry : std::filesystem::directory_iterator{data}) std::filesystem::remove_all(entry);
        std::string command;
        if (::geteuid() == 0) {
            command = "setpriv --reuid=" + std::to_string(owner.st_uid) + " --regid=" + std::to_string(owner.st_gid) +
                      " --clear-groups ";
        }
        command += by_hand(primary_.url("postgres"), "SELECT setting FROM pg_config WHERE name = 'BINDIR'")[0][0]
                       .as<std::string>() +
                   "/pg_basebackup --checkpoint=fast " + "--write-recovery-conf --no-sync -D '" + data +
                   "' -d 'host=" + primary_.socket_directory() + " port=" + std::to_string(primary_.port()) +
                   " user=postgres application_name=standby' >/dev/null";
        if (std::system(command.c_str()) != 0) throw std::runtime_error{"pg_basebackup failed"};
    }

    const gridone::storage::testing::PostgresServer& primary_;
    gridone::storage::testing::PostgresServer server_;
};

#endif
