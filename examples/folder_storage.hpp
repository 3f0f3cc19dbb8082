// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_EXAMPLES_FOLDER_STORAGE_HPP
#define GRIDONE_STORAGE_EXAMPLES_FOLDER_STORAGE_HPP

#include "file_name.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/id.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// Documents as JSON files in a folder: a `StorageBackend<M>` from nothing but the public parts of the library.
///
/// One object per folder at a time; any number of threads may use it. A document is replaced by renaming a finished
/// file over it, so that a program which dies leaves the old document or the new one, never half of one.
template <class M>
class FolderStorage {
public:
    explicit FolderStorage(std::filesystem::path folder) : folder_{std::move(folder)} {
        std::filesystem::create_directories(folder_);
    }

    [[nodiscard]] M read(std::string_view id) const {
        if (auto found = find(id)) return *std::move(found);
        throw gridone::storage::NotFoundError{name(), id};
    }

    [[nodiscard]] std::optional<M> find(std::string_view id) const {
        gridone::storage::check_id_text(id);
        const std::lock_guard lock{mutex_};
        if (!stored(id)) return std::nullopt;
        return load(file(id));
    }

    void write(std::string_view id, const M& value) {
        const std::string text = checked(id, value);
        const std::lock_guard lock{mutex_};
        store(id, text);
    }

    void insert(std::string_view id, const M& value) {
        const std::string text = checked(id, value);
        const std::lock_guard lock{mutex_};
        if (stored(id)) throw gridone::storage::AlreadyExistsError{because("insert", id, "the id is taken")};
        store(id, text);
    }

    void replace(std::string_view id, const M& value) {
        const std::string text = checked(id, value);
        const std::lock_guard lock{mutex_};
        if (!stored(id)) throw gridone::storage::NotFoundError{name(), id};
        store(id, text);
    }

    bool remove(std::string_view id) {
        gridone::storage::check_id_text(id);
        const std::lock_guard lock{mutex_};
        return stored(id) && std::filesystem::remove(file(id));
    }

    [[nodiscard]] bool contains(std::string_view id) const {
        gridone::storage::check_id_text(id);
        const std::lock_guard lock{mutex_};
        return stored(id);
    }

    [[nodiscard]] std::vector<M> read_all() const {
        const std::lock_guard lock{mutex_};
        std::vector<M> values;
        for (const std::string& id : ids()) values.push_back(load(file(id)));
        return values;
    }

    [[nodiscard]] std::vector<std::string> list_all() const {
        const std::lock_guard lock{mutex_};
        return ids();
    }

    [[nodiscard]] std::size_t count() const { return list_all().size(); }

    std::size_t clear() {
        const std::lock_guard lock{mutex_};
        const std::vector<std::string> removed = ids();
        for (const std::string& id : removed) std::filesystem::remove(file(id));
        return removed.size();
    }

private:
    [[nodiscard]] std::string name() const { return folder_.filename().string(); }
    [[nodiscard]] std::filesystem::path file(std::string_view id) const { return folder_ / file_name(id); }

    /// Ids that are never written need no look, which the file system would refuse for the longest.
    [[nodiscard]] bool stored(std::string_view id) const {
        return !id.empty() && id.size() <= gridone::storage::max_id_bytes && std::filesystem::exists(file(id));
    }

    /// Whatever cannot be stored is refused here, before the folder is touched.
    [[nodiscard]] static std::string checked(std::string_view id, const M& value) {
        gridone::storage::check_id(id);
        return gridone::storage::canonical_json(nlohmann::json(value));  // parentheses: braces would make an array
    }

    void store(std::string_view id, const std::string& text) {
        const auto unfinished = folder_ / "unfinished";  // no document has a file name without ".json"
        std::ofstream out{unfinished, std::ios::binary | std::ios::trunc};
        out << text;
        out.close();
        const auto target = file(id);
        std::error_code error;
        if (out) std::filesystem::create_directories(target.parent_path(), error);
        if (out && !error) std::filesystem::rename(unfinished, target, error);
        if (!out || error) {
            throw gridone::storage::ConnectionError{because("write", id, "the folder cannot be written to")};
        }
    }

    [[nodiscard]] M load(const std::filesystem::path& from) const {
        std::ifstream in{from, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (!in) throw gridone::storage::ConnectionError{because("read", {}, "a file cannot be read")};
        const nlohmann::json document = gridone::storage::parse_json(text);
        try {
            return document.get<M>();
        } catch (const nlohmann::json::exception&) {
            throw gridone::storage::DecodeError{"a file does not hold what the model expects"};
        }
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder_}) {
            if (entry.path().extension() == ".json") ids.push_back(id_of(entry.path().lexically_relative(folder_)));
        }
        std::sort(ids.begin(), ids.end());  // std::string compares unsigned bytes, which is the order we promise
        return ids;
    }

    [[nodiscard]] gridone::storage::ErrorInfo because(const char* operation, std::string_view id,
                                                      const char* reason) const {
        return {.reason = reason, .operation = operation, .table = name(), .id = std::string{id}};
    }

    std::filesystem::path folder_;
    mutable std::mutex mutex_;  // a std::shared_mutex may let readers keep a writer waiting for ever
};

#endif
