// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A sorted map from id to JSON text. Texts go in and out as copies, so no caller holds a reference into it.
class MemoryStore {
public:
    [[nodiscard]] std::optional<std::string> find(const CallSite& site) const {
        const std::lock_guard lock{mutex_};
        const auto found = texts_.find(site.id);
        return found == texts_.end() ? std::nullopt : std::optional{found->second};
    }

    void put(const CallSite& site, std::string text) {
        const std::lock_guard lock{mutex_};
        texts_.insert_or_assign(std::string{site.id}, std::move(text));
    }

    bool insert(const CallSite& site, const std::string& text) {
        const std::lock_guard lock{mutex_};
        return texts_.try_emplace(std::string{site.id}, text).second;
    }

    bool replace(const CallSite& site, std::string text) {
        const std::lock_guard lock{mutex_};
        const auto found = texts_.find(site.id);
        if (found == texts_.end()) return false;
        found->second = std::move(text);
        return true;
    }

    bool remove(const CallSite& site) {
        const std::lock_guard lock{mutex_};
        const auto found = texts_.find(site.id);
        if (found == texts_.end()) return false;
        texts_.erase(found);
        return true;
    }

    [[nodiscard]] bool contains(const CallSite& site) const {
        const std::lock_guard lock{mutex_};
        return texts_.contains(site.id);
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> rows(const CallSite&) const {
        const std::lock_guard lock{mutex_};
        return {texts_.begin(), texts_.end()};
    }

    [[nodiscard]] std::vector<std::string> ids(const CallSite&) const {
        const std::lock_guard lock{mutex_};
        std::vector<std::string> ids;
        ids.reserve(texts_.size());
        for (const auto& [id, text] : texts_) ids.push_back(id);
        return ids;
    }

    [[nodiscard]] std::size_t count(const CallSite&) const {
        const std::lock_guard lock{mutex_};
        return texts_.size();
    }

    std::size_t clear(const CallSite&) {
        const std::lock_guard lock{mutex_};
        const std::size_t removed = texts_.size();
        texts_.clear();
        return removed;
    }

private:
    mutable std::mutex mutex_;  // not a shared one: with readers that never pause, glibc's starves the writers
    std::map<std::string, std::string, std::less<>> texts_;  // std::string orders by unsigned bytes
};

}  // namespace gridone::storage::inline v0::detail

#endif
