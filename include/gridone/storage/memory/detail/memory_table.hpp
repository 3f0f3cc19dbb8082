// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_TABLE_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_TABLE_HPP

#include <gridone/storage/memory/detail/memory_orders.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Finds the rows that have a key. Contains every version of a row that is committed or that the writer can still
/// commit or restore, so that a rollback restores nothing here.
class MemoryIndex {
public:
    /// @param position  of its key among `MemoryRow::keys`
    explicit MemoryIndex(std::size_t position) : position_{position}, rows_{Less{position}} {}

    void insert(const RowPointer& row) {
        if (row->keys[position_]) rows_.insert(row);
    }
    void erase(const RowPointer& row) noexcept {
        if (row->keys[position_]) rows_.erase(row);
    }

    /// Calls `f(row)` for the rows of the view that have the key, by id, for as long as it returns true. `f` changes
    /// nothing.
    template <class View, class F>
    void find(const View& view, std::string_view key, F&& f) const {
        for (auto row = rows_.lower_bound(Place{key, {}}); row != rows_.end() && *(*row)->keys[position_] == key;) {
            const RowPointer current = view.find((*row)->id);
            if (current != nullptr && current->keys[position_] == key && !f(current)) return;
            row = rows_.upper_bound(Place{key, (*row)->id});
        }
    }

private:
    using Place = std::tuple<std::string_view, std::string_view>;  ///< Key and id.
    struct Less {
        using is_transparent = void;
        std::size_t position;

        [[nodiscard]] Place place(const RowPointer& row) const { return {*row->keys[position], row->id}; }
        bool operator()(const RowPointer& a, const RowPointer& b) const {
            const auto order = place(a) <=> place(b);
            return order < 0 || (order == 0 && std::less<>{}(a.get(), b.get()));
        }
        bool operator()(const RowPointer& row, const Place& other) const { return place(row) < other; }
        bool operator()(const Place& other, const RowPointer& row) const { return other < place(row); }
    };

    std::size_t position_;
    std::set<RowPointer, Less> rows_;
};

/// One table. Its address does not change while its database exists.
///
/// Readers use the first two, under the lock of the database. The others belong to the client that has the right to write.
struct MemoryTable {
    MemoryRows rows{};  ///< What is committed.
    MemoryOrders orders{};
    std::optional<TableRules> rules{};   ///< None before a storage was made with the table.
    std::vector<MemoryIndex> indexes{};  ///< Of the unique constraints, then of the references.
    std::int64_t last_revision = 0;      ///< As a sequence, it never goes back.

    void describe(const TableRules& description) {
        std::vector<MemoryIndex> made;
        const std::size_t count = description.unique.size() + description.references.size();
        made.reserve(count);
        for (std::size_t position = 0; position < count; ++position) made.emplace_back(position);
        rules = description;
        indexes = std::move(made);
    }

    [[nodiscard]] const MemoryIndex& of_reference(std::size_t reference) const {
        return indexes[rules->unique.size() + reference];
    }

    /// What the indexes contain of a document.
    [[nodiscard]] std::vector<std::optional<std::string>> keys_of(const nlohmann::json& document) const {
        const SeenDocument seen{.document = &document};
        std::vector<std::optional<std::string>> keys;
        keys.reserve(indexes.size());
        for (const UniqueRule& rule : rules->unique) keys.push_back(unique_key(rule, document));
        for (const Reference& reference : rules->references) {
            const nlohmann::json* value = value_at(seen, reference.field);
            keys.push_back(value == nullptr ? std::nullopt : std::optional{value->get<std::string>()});
        }
        return keys;
    }

    void add_to_indexes(const RowPointer& row) {
        for (MemoryIndex& index : indexes) index.insert(row);
    }
    /// Also of a row that is only in some of them.
    void remove_from_indexes(const RowPointer& row) noexcept {
        for (MemoryIndex& index : indexes) index.erase(row);
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
