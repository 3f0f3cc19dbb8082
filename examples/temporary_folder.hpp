// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_EXAMPLES_TEMPORARY_FOLDER_HPP
#define GRIDONE_STORAGE_EXAMPLES_TEMPORARY_FOLDER_HPP

#include <filesystem>
#include <random>
#include <string>
#include <system_error>

/// A folder of our own, removed with its content at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::random_device random;
        do path_ = std::filesystem::temp_directory_path() / ("gridone_storage-" + std::to_string(random()));
        while (!std::filesystem::create_directory(path_));  // false: somebody has it
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

#endif
