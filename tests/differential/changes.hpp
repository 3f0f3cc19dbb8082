// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CHANGES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_CHANGES_HPP

#include "differential/case.hpp"
#include "differential/seen.hpp"
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace differential {

using Change = gridone::storage::Change<json>;

/// `path<type>(keys…).kind(value)`
inline Change change_of(const PathChange& change) {
    return with_type(change.type, [&]<class T>(TypeTag<T>) -> Change {
        const gridone::storage::Path<T> path{change.keys};
        constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
        if constexpr (is_number) {
            if (change.kind == ChangeOf::increment) return path.increment(change.value.get<T>());
        }
        if constexpr (gridone::storage::detail::IsSequence<T>) {
            using Element = typename T::value_type;
            if (change.kind == ChangeOf::append) return path.append(change.value.get<Element>());
            if (change.kind == ChangeOf::remove_value) return path.remove_value(change.value.get<Element>());
        }
        if (change.kind == ChangeOf::unset) return path.unset();
        return path.set(change.value.get<T>());
    });
}

inline std::vector<Change> changes_of(const std::vector<PathChange>& changes) {
    std::vector<Change> made;
    made.reserve(changes.size());
    for (const PathChange& change : changes) made.push_back(change_of(change));
    return made;
}

/// Puts a value into a document, making objects of what is in its way.
inline void set_at(json& document, const Keys& keys, const json& value) {
    json* place = &document;
    for (const std::string& key : keys) {
        if (!place->is_object()) *place = json::object();
        place = &(*place)[key];
    }
    *place = value;
}

/// Takes a value out of a document, if it is there.
inline void erase_at(json& document, const Keys& keys) {
    json* place = &document;
    for (std::size_t at = 0; at + 1 < keys.size(); ++at) {
        if (!place->is_object() || !place->contains(keys[at])) return;
        place = &(*place)[keys[at]];
    }
    if (place->is_object() && !keys.empty()) place->erase(keys.back());
}

inline void take_steps(json& document, const std::vector<Step>& steps) {
    for (const Step& step : steps) {
        if (step.kind == Step::Kind::stop) throw Stop{};
        if (step.kind == Step::Kind::set) {
            set_at(document, step.keys, step.value);
        } else {
            erase_at(document, step.keys);
        }
    }
}

}  // namespace differential

#endif
