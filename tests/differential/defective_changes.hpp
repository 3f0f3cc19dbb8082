// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_CHANGES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_CHANGES_HPP

#include "differential/case.hpp"
#include "differential/defect.hpp"
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/detail/field_change.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace differential {

/// The changes of a patch as a store makes them that has a defect.
class DefectiveChanges {
    using FieldChange = gridone::storage::detail::FieldChange;
    using ChangeKind = gridone::storage::detail::ChangeKind;

public:
    /// @param document  what is stored
    DefectiveChanges(Defect defect, json document) : defect_{defect}, document_(std::move(document)) {}

    void spoil(FieldChange& change) const {
        const json* there = at(change.path);
        const json* list = there != nullptr && there->is_array() ? there : nullptr;
        switch (change.kind) {
            case ChangeKind::unset:
                if (is(Defect::patch_unsets_to_null)) set(change, nullptr);
                return;
            case ChangeKind::increment:
                if (is(Defect::increment_needs_a_number) && there == nullptr) set(change, nullptr);
                if (is(Defect::increment_is_done_in_double) && there != nullptr && there->is_number_integer() &&
                    change.value.is_number_integer()) {
                    change.value = change.value.get<double>();
                    change.number = {.kind = gridone::storage::detail::NumberType::Kind::double_precision};
                }
                return;
            case ChangeKind::append:
                if (list == nullptr) return;
                if (is(Defect::append_replaces)) set(change, json::array({change.value}));
                if (is(Defect::append_concatenates) && change.value.is_array()) {
                    json all = *list;
                    all.insert(all.end(), change.value.begin(), change.value.end());
                    set(change, std::move(all));
                }
                return;
            case ChangeKind::remove_value:
                if (list != nullptr && is(Defect::remove_value_takes_the_first_only)) {
                    json left = *list;
                    const auto found = std::find(left.begin(), left.end(), change.value);
                    if (found == left.end()) return;
                    left.erase(found);
                    set(change, std::move(left));
                }
                return;
            case ChangeKind::set:
                if (is(Defect::patch_loses_what_is_beside)) set_parent(change);
                return;
        }
    }

    /// Makes changes that were refused such that they are not. False: it would not have accepted them either.
    bool force(std::vector<FieldChange>& changes) const {
        bool forced = false;
        for (FieldChange& change : changes) {
            const json* there = at(change.path);
            if (is(Defect::increment_wraps) && change.kind == ChangeKind::increment && there != nullptr &&
                there->is_number() && change.value.is_number_integer()) {
                set(change, change.number.min);
                forced = true;
            }
            if (is(Defect::patch_walks_through_scalars) && change.kind == ChangeKind::set && change.path.size() > 1) {
                set_parent(change);
                forced = true;
            }
        }
        return forced;
    }

    /// Integers through a double, as a careless client sends them.
    static std::string rounded(const std::string& text) {
        json document = gridone::storage::parse_json(text);
        if (!document.is_object()) return text;
        for (auto& [key, value] : document.items()) {
            constexpr std::int64_t far = std::int64_t{1} << 62U;  // the way back is defined up to there
            if (!value.is_number_integer() || value > far || value < -far) continue;
            value = static_cast<std::int64_t>(static_cast<double>(value.get<std::int64_t>()));
        }
        return gridone::storage::canonical_json(document);
    }

private:
    [[nodiscard]] bool is(Defect defect) const noexcept { return defect_ == defect; }

    [[nodiscard]] const json* at(std::span<const std::string> path) const {
        const json* place = &document_;
        for (const std::string& key : path) {
            if (!place->is_object() || !place->contains(key)) return nullptr;
            place = &place->at(key);
        }
        return place;
    }

    static void set(FieldChange& change, json value) {
        change.kind = ChangeKind::set;
        change.value = std::move(value);
    }

    /// Puts an object with this field alone in place of its parent.
    static void set_parent(FieldChange& change) {
        if (change.path.size() < 2) return;
        json whole = json::object();
        whole[change.path.back()] = change.value;
        change.path.pop_back();
        set(change, std::move(whole));
    }

    Defect defect_;
    json document_;
};

}  // namespace differential

#endif
