// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_EXAMPLES_FILE_NAME_HPP
#define GRIDONE_STORAGE_EXAMPLES_FILE_NAME_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

/// The file for an id: `device-7` is device-7.json, `../x` is %2e%2e%2fx.json.
///
/// Only lower-case letters, digits, - and _ stay as they are. So no id leaves the folder, and two ids never share a
/// file, even where the file system takes A for a or composes accents. File names end at 255 bytes: a longer one goes
/// on in folders, which have no dot in their names and so never collide with a file.
inline std::filesystem::path file_name(std::string_view id) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::size_t most = 240;
    std::string name;
    for (const char c : id) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos) {
            name += c;
        } else {
            ((name += '%') += digits[byte >> 4U]) += digits[byte & 15U];
        }
    }
    std::filesystem::path path;
    std::size_t at = 0;
    for (; name.size() - at > most; at += most) path /= name.substr(at, most);
    return path / (name.substr(at) + ".json");
}

/// The id that a file of `file_name` is for.
inline std::string id_of(std::filesystem::path file) {
    file.replace_extension();
    std::string name;
    for (const auto& part : file) name += part.string();
    std::string id;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] != '%') {
            id += name[at];
            continue;
        }
        unsigned byte = 0;
        const char* const digits = name.data() + at + 1;
        std::from_chars(digits, digits + std::min<std::size_t>(2, name.size() - at - 1), byte, 16);
        id += static_cast<char>(static_cast<unsigned char>(byte));
        at += 2;
    }
    return id;
}

#endif
