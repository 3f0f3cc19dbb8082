// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_OPEN_SOCKETS_HPP
#define GRIDONE_STORAGE_TESTS_OPEN_SOCKETS_HPP

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

/// Of this process.
inline std::set<int> open_sockets() {
    std::set<int> sockets;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone);
        if (target.string().starts_with("socket:")) sockets.insert(std::atoi(entry.path().filename().c_str()));
    }
    return sockets;
}

#endif
