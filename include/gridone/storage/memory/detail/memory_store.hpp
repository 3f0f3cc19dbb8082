// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/detail/memory_batches.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_statement.hpp>
#include <gridone/storage/memory/detail/memory_transaction.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/detail/text_store.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// JSON texts in one table of a database in memory. Texts go in and out as copies.
class MemoryStore : public MemoryBatches {
public:
    using MemoryBatches::MemoryBatches;

    [[nodiscard]] Deadline deadline() const { return MemoryState::deadline(); }

    void transaction(const CallSite& site, const TransactionOptions& options,
                     const std::function<void(Transaction&)>& body) const {
        MemoryTransaction::run(state(), site, options, body);
    }

    Version put(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) { return statement.put(site.id, text).version; });
    }

    std::optional<Version> insert(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            if (statement.view().find(site.id) != nullptr) return std::nullopt;
            return statement.put(site.id, text).version;
        });
    }

    std::optional<Version> replace(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            if (statement.view().find(site.id) == nullptr) return std::nullopt;
            return statement.put(site.id, text).version;
        });
    }

    [[nodiscard]] Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const {
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow&) {
            return std::optional{statement.put(site.id, text)};
        });
    }

    [[nodiscard]] Guarded reshape_if(const CallSite& site, const std::string& text, Version seen) const {
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow&) {
            return std::optional{statement.reshape(site.id, text)};
        });
    }

    bool remove(const CallSite& site) const {
        return change(site, [&](MemoryStatement& statement) {
            if (statement.view().find(site.id) == nullptr) return false;
            statement.remove(site.id);
            return true;
        });
    }

    [[nodiscard]] Guarded remove_if(const CallSite& site, Version seen) const {
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow&) -> std::optional<Written> {
            statement.remove(site.id);
            return std::nullopt;
        });
    }

    [[nodiscard]] Settled insert_or_find(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> Settled {
            if (const RowPointer found = in_the_way(statement, site.id, text)) return {.row = stored_row(found)};
            statement.put(site.id, text);
            return {.row = stored_row(statement.view().find(site.id)), .inserted = true};
        });
    }

    [[nodiscard]] std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                                   const std::string& text) const {
        const auto position = static_cast<std::size_t>(std::ranges::find(rules().unique, rule.name, &UniqueRule::name) -
                                                       rules().unique.begin());
        return change(site, [&](MemoryStatement& statement) -> std::optional<Settled> {
            const RowPointer found = statement.in_place_of(position, parse_json(text, limits()));
            const std::string id{found == nullptr ? site.id : found->id};
            if (statement.view().find(site.id) != nullptr && (found == nullptr || id != site.id)) return std::nullopt;
            statement.put(id, text);
            return Settled{stored_row(statement.view().find(id)), found == nullptr};
        });
    }

    [[nodiscard]] std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            const RowPointer row = statement.view().find(site.id);
            if (row == nullptr) return std::nullopt;
            return statement.put(site.id, changed(site, row->json.text(), changes)).version;
        });
    }

    [[nodiscard]] Guarded change_if(const CallSite& site, std::span<const FieldChange> changes, Version seen) const {
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow& row) {
            return std::optional{statement.put(site.id, changed(site, row.json.text(), changes))};
        });
    }

    std::size_t query_remove(const CallSite& site, const QuerySpec& spec) const {
        return change(site, [&](MemoryStatement& statement) {
            const std::vector<RowPointer> chosen = chosen_rows(statement.view(), spec);
            for (const RowPointer& row : chosen) statement.remove(row->id);
            return chosen.size();
        });
    }

    [[nodiscard]] std::vector<StoredRow> query_patch(const CallSite& site, const QuerySpec& spec,
                                                     std::span<const FieldChange> changes) const {
        return change(site, [&](MemoryStatement& statement) {
            std::vector<RowPointer> chosen = chosen_rows(statement.view(), spec);
            std::ranges::sort(chosen, {}, [](const RowPointer& row) -> std::string_view { return row->id; });
            CallSite at = site;
            // A change that does not fit is reported before a violated constraint.
            std::vector<std::string> texts;
            for (const RowPointer& row : chosen) {
                at.id = row->id;
                texts.push_back(changed(at, row->json.text(), changes));
            }
            std::vector<StoredRow> rows;
            for (std::size_t row = 0; row < chosen.size(); ++row) {
                statement.put(chosen[row]->id, std::move(texts[row]));
                rows.push_back(stored_row(statement.view().find(chosen[row]->id)));
            }
            return rows;
        });
    }

private:
    /// `f(statement, row)` gives what is written, if a row is left.
    template <class F>
    Guarded change_seen(const CallSite& site, Version seen, F&& f) const {
        return change(site, [&](MemoryStatement& statement) -> Guarded {
            const RowPointer row = statement.view().find(site.id);
            if (row == nullptr) return {.verdict = Guarded::Verdict::missing};
            if (row->version != seen) return {.verdict = Guarded::Verdict::conflict, .written = Written{row->version}};
            return {.verdict = Guarded::Verdict::done, .written = f(statement, *row)};
        });
    }

    [[nodiscard]] std::string changed(const CallSite& site, const std::string& text,
                                      std::span<const FieldChange> changes) const {
        return located(site,
                       [&] { return canonical_json(apply_changes(parse_json(text, limits()), changes), limits()); });
    }
};

static_assert(TextStore<MemoryStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
