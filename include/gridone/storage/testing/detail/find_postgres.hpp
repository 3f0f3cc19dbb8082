// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_FIND_POSTGRES_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_FIND_POSTGRES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// Where to look for the server's programs.
struct PostgresSearch {
    std::string bin_directory{};  ///< The only place, if given.
    std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "";
    bool ask_pg_config = true;
    std::string versions = "/usr/lib/postgresql";  ///< Debian keeps one folder per version here.
};

[[nodiscard]] inline bool has_server_programs(const std::string& folder) {
    return ::access((folder + "/initdb").c_str(), X_OK) == 0 && ::access((folder + "/postgres").c_str(), X_OK) == 0;
}

/// What `pg_config --bindir` prints, or nothing. It may name a folder that is not there: pg_config comes with libpq.
[[nodiscard]] inline std::string pg_config_bindir() {
    const auto close = [](std::FILE* stream) { ::pclose(stream); };
    std::string line;
    // The redirection comes first: a shell that finds no pg_config would complain on the caller's stderr.
    if (std::unique_ptr<std::FILE, decltype(close)> out{::popen("exec 2>/dev/null; pg_config --bindir", "re"), close}) {
        for (int c = std::fgetc(out.get()); c != EOF && c != '\n'; c = std::fgetc(out.get())) {
            line += static_cast<char>(c);
        }
    }
    return line;
}

/// The folder that holds `initdb` and `postgres`: from PATH, else pg_config, else the newest installed version.
///
/// @throws std::runtime_error  none found; says what to install.
[[nodiscard]] inline std::string find_postgres(const PostgresSearch& search = {}) {
    if (!search.bin_directory.empty()) {
        if (has_server_programs(search.bin_directory)) return search.bin_directory;
        throw std::runtime_error{"no PostgreSQL server found: 'initdb' and 'postgres' are not in " +
                                 search.bin_directory + ". Leave the folder out to have them looked for."};
    }
    for (std::size_t begin = 0; begin < search.path.size();) {
        const auto end = std::min(search.path.find(':', begin), search.path.size());
        if (const auto folder = search.path.substr(begin, end - begin); has_server_programs(folder)) return folder;
        begin = end + 1;
    }
    if (search.ask_pg_config) {
        if (const auto folder = pg_config_bindir(); has_server_programs(folder)) return folder;
    }
    std::vector<double> versions;  // 9.6, 15, 17
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{search.versions, none}) {
        const auto name = entry.path().filename().string();
        if (has_server_programs(search.versions + "/" + name + "/bin")) {
            versions.push_back(std::strtod(name.c_str(), nullptr));
        }
    }
    std::ranges::sort(versions, std::greater{});
    for (const auto version : versions) {
        std::string name = std::to_string(version);
        name.erase(name.find_last_not_of('0') + 1);
        if (name.back() < '0' || name.back() > '9') name.pop_back();  // the point, or the comma of another locale
        if (const auto folder = search.versions + "/" + name + "/bin"; has_server_programs(folder)) return folder;
    }
    throw std::runtime_error{
        "no PostgreSQL server found: 'initdb' and 'postgres' are neither on PATH, nor where 'pg_config --bindir' "
        "points, nor in " +
        search.versions +
        "/*/bin. Install the server (Debian, Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server) "
        "or put its bin folder on PATH."};
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
