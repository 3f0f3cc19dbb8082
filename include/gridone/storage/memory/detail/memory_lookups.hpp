// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_LOOKUPS_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_LOOKUPS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/detail/text_part.hpp>
#include <gridone/storage/memory/detail/chosen_rows.hpp>
#include <gridone/storage/memory/detail/exact_sum.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/memory/detail/memory_transaction.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a store in memory does without changing anything.
class MemoryLookups {
public:
    MemoryLookups(std::shared_ptr<MemoryState> state, const TableNames& names, const TableRules& rules)
        : state_{std::move(state)}, table_{&state_->table(names, rules)} {}

    [[nodiscard]] std::optional<std::string> find(const CallSite& site) const {
        const RowPointer row = find_row(site);
        return row == nullptr ? std::nullopt : std::optional{row->json.text()};
    }

    [[nodiscard]] std::optional<StoredText> find_document(const CallSite& site) const {
        const RowPointer row = find_row(site);
        return row == nullptr ? std::nullopt
                              : std::optional{StoredText{row->json.text(), row->version, row->timestamps}};
    }

    /// Nobody else writes while there is a transaction.
    [[nodiscard]] std::optional<StoredText> lock(const CallSite& site) const {
        MemoryTransaction::of(site, *state_).check_writable(site);
        return find_document(site);
    }

    [[nodiscard]] bool contains(const CallSite& site) const { return find_row(site) != nullptr; }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> find_many(
        const CallSite& site, std::span<const std::string_view> ids) const {
        return texts_of(look(site, [&](const MemoryView& view) {
            std::vector<RowPointer> rows;
            for (const std::string_view id : ids) {
                if (RowPointer row = view.find(id)) rows.push_back(std::move(row));
            }
            return rows;
        }));
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> rows(const CallSite& site,
                                                                        std::size_t max_rows) const {
        return texts_of(look(site, [&](const MemoryView& view) {
            std::vector<RowPointer> rows;
            view.walk(std::nullopt, [&](const RowPointer& row) {
                rows.push_back(row);
                return rows.size() <= max_rows;
            });
            return rows;
        }));
    }

    [[nodiscard]] std::vector<StoredRow> rows_after(const CallSite& site,
                                                    const std::optional<std::string>& after) const {
        constexpr std::size_t most_rows = 1000;
        constexpr std::size_t enough_bytes = std::size_t{1} << 20;
        return stored_rows(look(site, [&](const MemoryView& view) {
            std::vector<RowPointer> chunk;
            std::size_t bytes = 0;
            view.walk(after, [&](const RowPointer& row) {
                chunk.push_back(row);
                bytes += row->json.text().size();
                return chunk.size() < most_rows && bytes < enough_bytes;
            });
            return chunk;
        }));
    }

    [[nodiscard]] std::vector<std::string> ids(const CallSite& site) const {
        return look(site, [](const MemoryView& view) { return ids_in(view); });
    }

    [[nodiscard]] std::size_t count(const CallSite& site) const {
        return look(site, [](const MemoryView& view) { return view.count(); });
    }

    [[nodiscard]] std::vector<StoredRow> query(const CallSite& site, const QuerySpec& spec) const {
        std::vector<StoredRow> rows = stored_rows(chosen(site, spec));
        if (spec.only_keys) take_keys(rows, *spec.only_keys);
        return rows;
    }
    [[nodiscard]] CountedRows query_counted(const CallSite& site, const QuerySpec& spec) const {
        ChosenRows chosen{spec};
        CountedRows counted;
        look(site, [&](const MemoryView& view) {
            chosen.collect(view, &table_->orders);
            counted.total = count_matches(view, *spec.where);
        });
        counted.rows = stored_rows(chosen.rows());
        if (spec.only_keys) take_keys(counted.rows, *spec.only_keys);
        return counted;
    }
    [[nodiscard]] std::vector<std::string> query_ids(const CallSite& site, const QuerySpec& spec) const {
        std::vector<std::string> ids;
        for (const RowPointer& row : chosen(site, spec)) ids.push_back(row->id);
        return ids;
    }
    [[nodiscard]] std::size_t query_count(const CallSite& site, const FilterNode& filter) const {
        return look(site, [&](const MemoryView& view) { return count_matches(view, filter); });
    }
    [[nodiscard]] bool query_exists(const CallSite& site, const FilterNode& filter) const {
        bool exists = false;
        look(site, [&](const MemoryView& view) {
            walk_matches(view, filter, {}, [&](const RowPointer&) { return !(exists = true); });
        });
        return exists;
    }

    [[nodiscard]] std::string query_plan(const CallSite& site, const QuerySpec& spec, bool run) const {
        std::string plan = "Walk over all " + std::to_string(count(site)) + " documents in memory";
        if (run) plan += ", of which " + std::to_string(chosen(site, spec).size()) + " are given";
        return plan + "\n";
    }

    [[nodiscard]] std::vector<ValueCount> query_groups(const CallSite& site, const FilterNode& filter,
                                                       const FieldPlace& field) const {
        return look(site, [&](const MemoryView& view) { return groups_of(view, filter, field); });
    }

    [[nodiscard]] SumOfValues query_sum(const CallSite& site, const FilterNode& filter, const FieldPlace& field) const {
        ExactSum sum;
        std::size_t values = 0;
        for (const ValueCount& group : query_groups(site, filter, field)) {
            if (group.value.is_null()) continue;
            for (std::size_t document = 0; document < group.documents; ++document) sum.add(group.value);
            values += group.documents;
        }
        return {sum.text(), values};
    }

protected:
    [[nodiscard]] MemoryState& state() const noexcept { return *state_; }
    [[nodiscard]] MemoryTable& table() const noexcept { return *table_; }

    static std::vector<std::string> ids_in(const MemoryView& view) {
        std::vector<std::string> ids;
        view.walk(std::nullopt, [&](const RowPointer& row) {
            ids.push_back(row->id);
            return true;
        });
        return ids;
    }

private:
    /// Gives what `f(view)` gives. Refers to nothing in the tables when it is done, but to rows, which do not change.
    template <class F>
    std::invoke_result_t<F&, const MemoryView&> look(const CallSite& site, F&& f) const {
        if (site.transaction == nullptr) return state_->read(site, [&] { return f(MemoryView{table_->rows}); });
        MemoryTransaction& transaction = MemoryTransaction::of(site, *state_);
        const MemoryView view = std::as_const(transaction.changes()).view(*table_);
        return transaction.guarded([&] { return state_->read_in_turn([&] { return f(view); }); });
    }

    [[nodiscard]] RowPointer find_row(const CallSite& site) const {
        return look(site, [&](const MemoryView& view) { return view.find(site.id); });
    }

    [[nodiscard]] std::vector<RowPointer> chosen(const CallSite& site, const QuerySpec& spec) const {
        ChosenRows chosen{spec};
        look(site, [&](const MemoryView& view) { chosen.collect(view, &table_->orders); });
        return chosen.rows();
    }

    static std::vector<std::pair<std::string, std::string>> texts_of(const std::vector<RowPointer>& rows) {
        std::vector<std::pair<std::string, std::string>> texts;
        texts.reserve(rows.size());
        for (const RowPointer& row : rows) texts.emplace_back(row->id, row->json.text());
        return texts;
    }

    static std::vector<StoredRow> stored_rows(const std::vector<RowPointer>& rows) {
        std::vector<StoredRow> stored;
        stored.reserve(rows.size());
        for (const RowPointer& row : rows) stored.push_back(stored_row(row));
        return stored;
    }
    static void take_keys(std::vector<StoredRow>& rows, const std::vector<std::string>& keys) {
        for (StoredRow& row : rows) {
            row.text = text_part(row.text, keys);
            row.parsed = nullptr;
        }
    }

    std::shared_ptr<MemoryState> state_;
    MemoryTable* table_;  // of the state
};

}  // namespace gridone::storage::inline v0::detail

#endif
