// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_DIFFERENCE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_DIFFERENCE_HPP

#include <gridone/storage/query/detail/equal_json.hpp>
#include <gridone/storage/query/detail/field_change.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The changes that turn what a model knows of a stored object from `before` into `after`. Keys that only `stored` has
/// survive; an array counts as one value. All three are objects.
class Difference {
public:
    Difference(const nlohmann::json& stored, const nlohmann::json& before, const nlohmann::json& after) {
        walk(stored, before, after);
    }
    [[nodiscard]] std::vector<FieldChange> take() && { return std::move(changes_); }

private:
    void walk(const nlohmann::json& stored, const nlohmann::json& before, const nlohmann::json& after) {
        for (const auto& [key, value] : after.items()) {
            path_.push_back(key);
            const auto was = before.find(key);
            const auto there = stored.find(key);
            if (was != before.end() && there != stored.end() && there->is_object() && was->is_object() &&
                value.is_object()) {
                walk(*there, *was, value);
            } else if (was == before.end() || !equal_json(*was, value)) {
                add(ChangeKind::set, value);
            }
            path_.pop_back();
        }
        for (const auto& [key, value] : before.items()) {
            if (after.contains(key)) continue;
            path_.push_back(key);
            add(ChangeKind::unset, nullptr);
            path_.pop_back();
        }
    }

    void add(ChangeKind kind, const nlohmann::json& value) {
        FieldChange change{.kind = kind, .path = path_};
        change.value = value;
        changes_.push_back(std::move(change));
    }

    std::vector<std::string> path_;
    std::vector<FieldChange> changes_;
};

inline std::vector<FieldChange> difference(const nlohmann::json& stored, const nlohmann::json& before,
                                           const nlohmann::json& after) {
    return Difference{stored, before, after}.take();
}

}  // namespace gridone::storage::inline v0::detail

#endif
