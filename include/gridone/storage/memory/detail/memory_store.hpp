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
            const auto found = in_the_way(statement, site.id, text);
            if (found.second != nullptr) return {.row = found.second->of(found.first)};
            statement.put(site.id, text);
            return {.row = statement.view().find(site.id)->of(site.id), .inserted = true};
        });
    }

    [[nodiscard]] std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                                   const std::string& text) const {
        const auto position = static_cast<std::size_t>(std::ranges::find(rules().unique, rule.name, &UniqueRule::name) -
                                                       rules().unique.begin());
        return change(site, [&](MemoryStatement& statement) -> std::optional<Settled> {
            const auto found = statement.in_place_of(position, parse_json(text, limits()));
            const bool has_place = found.second != nullptr;
            if (statement.view().find(site.id) != nullptr && !(has_place && found.first == site.id)) {
                return std::nullopt;
            }
            const std::string id = has_place ? found.first : std::string{site.id};
            statement.put(id, text);
            return Settled{statement.view().find(id)->of(id), !has_place};
        });
    }

    [[nodiscard]] std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            const RowPointer row = statement.view().find(site.id);
            if (row == nullptr) return std::nullopt;
            return statement.put(site.id, changed(site, row->text, changes)).version;
        });
    }

    [[nodiscard]] std::optional<Written> change_if(const CallSite& site, std::span<const FieldChange> changes,
                                                   Version seen) const {
        const Guarded result = change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow& row) {
            return std::optional{statement.put(site.id, changed(site, row.text, changes))};
        });
        return result.written_if_done();
    }

    std::size_t query_remove(const CallSite& site, const QuerySpec& spec) const {
        return change(site, [&](MemoryStatement& statement) {
            const std::vector<StoredRow> chosen = chosen_rows(rows_in(statement.view()), spec);
            for (const StoredRow& row : chosen) {
                if (statement.view().find(row.id) != nullptr) statement.remove(row.id);
            }
            return chosen.size();
        });
    }

    [[nodiscard]] std::vector<StoredRow> query_patch(const CallSite& site, const QuerySpec& spec,
                                                     std::span<const FieldChange> changes) const {
        return change(site, [&](MemoryStatement& statement) {
            std::vector<StoredRow> chosen = chosen_rows(rows_in(statement.view()), spec);
            std::ranges::sort(chosen, {}, &StoredRow::id);
            CallSite at = site;
            // What does not fit is told before what breaks a rule.
            for (StoredRow& row : chosen) {
                at.id = row.id;
                row.text = changed(at, row.text, changes);
            }
            for (StoredRow& row : chosen) {
                statement.put(row.id, std::move(row.text));
                row = statement.view().find(row.id)->of(row.id);
            }
            return chosen;
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
