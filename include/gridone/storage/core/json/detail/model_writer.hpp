// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_WRITER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_WRITER_HPP

#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/dom_writer.hpp>
#include <gridone/storage/core/json/detail/json_kinds.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/detail/key_order.hpp>
#include <gridone/storage/core/json/detail/located_at.hpp>
#include <gridone/storage/core/json/detail/member_table.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Writes models that list their members as jsonb prints them, with the checks of DomWriter.
class ModelWriter {
public:
    ModelWriter(BoundedText& out, std::size_t max_depth) noexcept
        : out_{out}, tree_{out, max_depth}, max_depth_{max_depth} {}

    template <class T>
    void value(const T& value, const JsonStep* at, std::size_t depth) {
        if constexpr (ListsJsonMembers<T>) {
            model(value, at, depth + 1);
        } else if constexpr (value_fault<T> != ValueFault::none) {
            // check_member has refused it.
        } else if constexpr (std::same_as<T, bool>) {
            out_.append(value ? "true" : "false");
        } else if constexpr (JsonNumeric<T>) {
            number(value, at);
        } else if constexpr (std::same_as<T, std::string>) {
            tree_.string(value, at);
        } else if constexpr (std::same_as<T, Timestamp>) {
            tree_.string(located_at(at, [&] { return to_iso(value.time()); }), at);
        } else if constexpr (is_optional<T>) {
            value ? this->value(*value, at, depth) : out_.append("null");
        } else if constexpr (is_json_array<T>) {
            array(value, at, depth + 1);
        } else if constexpr (is_json_dictionary<T>) {
            dictionary(value, at, depth + 1);
        } else if constexpr (std::same_as<T, nlohmann::json>) {
            tree_.value(value, at, depth);
        } else {
            tree_.value(located_at(at, [&] { return json_tree(value); }), at, depth);
        }
    }

private:
    template <class T>
    void number(T value, const JsonStep* at) {
        if constexpr (std::floating_point<T>) {
            tree_.floating(static_cast<double>(value), at);
        } else {
            tree_.integer(value);
        }
    }

    void expect_room(const JsonStep* at, std::size_t depth) const {
        if (depth > max_depth_) DomWriter::refuse("nested too deeply", at);
    }

    template <class M>
    void model(const M& model, const JsonStep* at, std::size_t depth) {
        using Table = MembersOf<M>;
        expect_room(at, depth);
        out_.append('{');
        Table::each([&](std::size_t which, auto member) {
            out_.append(which == 0 ? Table::first_label(0) : Table::labels[which]);
            const JsonStep step{.parent = at, .key = Table::keys[which]};
            value(model.*member, &step, depth);
        });
        out_.append('}');
    }

    template <class Items>
    void array(const Items& items, const JsonStep* at, std::size_t depth) {
        expect_room(at, depth);
        out_.append('[');
        JsonStep step{.parent = at};
        for (const auto& item : items) {
            if (step.index != 0) out_.append(", ");
            value(item, &step, depth);
            ++step.index;
        }
        out_.append(']');
    }

    template <class Entries>
    void dictionary(const Entries& entries, const JsonStep* at, std::size_t depth) {
        expect_room(at, depth);
        std::vector<const typename Entries::value_type*> sorted;
        sorted.reserve(entries.size());
        for (const auto& entry : entries) sorted.push_back(&entry);
        const auto less = [](const auto* a, const auto* b) { return jsonb_key_less(a->first, b->first); };
        if (!std::is_sorted(sorted.begin(), sorted.end(), less)) std::sort(sorted.begin(), sorted.end(), less);
        out_.append('{');
        bool first = true;
        for (const auto* entry : sorted) {
            if (!std::exchange(first, false)) out_.append(", ");
            tree_.string(entry->first, at);
            out_.append(": ");
            const JsonStep step{.parent = at, .key = entry->first};
            value(entry->second, &step, depth);
        }
        out_.append('}');
    }

    BoundedText& out_;
    DomWriter tree_;
    std::size_t max_depth_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
