// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_POINTER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_JSON_POINTER_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// One step from the root to a value. Lives on the stack of a walk, so that a pointer costs nothing until it is wanted.
/// The root itself is the null `JsonStep*`.
struct JsonStep {
    const JsonStep* parent = nullptr;
    std::optional<std::string_view> key{};  ///< Nothing in an array.
    std::size_t index = 0;
};

inline void append_pointer_token(std::string& pointer, std::string_view key) {
    pointer += '/';
    for (const char c : key) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
}

inline void append_pointer_token(std::string& pointer, std::size_t index) {
    pointer += '/' + std::to_string(index);
}

[[nodiscard]] inline std::string json_pointer(const JsonStep* last) {
    std::vector<const JsonStep*> steps;
    for (; last != nullptr; last = last->parent) steps.push_back(last);
    std::reverse(steps.begin(), steps.end());
    std::string pointer;
    for (const JsonStep* step : steps) {
        if (step->key) {
            append_pointer_token(pointer, *step->key);
        } else {
            append_pointer_token(pointer, step->index);
        }
    }
    return pointer;
}

}  // namespace gridone::storage::inline v0::detail

#endif
