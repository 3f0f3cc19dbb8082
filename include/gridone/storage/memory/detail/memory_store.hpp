// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_lookups.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_statement.hpp>
#include <gridone/storage/memory/detail/memory_transaction.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/detail/text_store.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// JSON texts in one table of a database in memory. Texts go in and out as copies.
class MemoryStore : public MemoryLookups {
public:
    MemoryStore(std::shared_ptr<MemoryState> state, const TableNames& names, const TableRules& rules,
                const JsonLimits& limits)
        : MemoryLookups{std::move(state), names, rules}, rules_{rules}, limits_{limits} {}

    [[nodiscard]] Deadline deadline() const { return MemoryState::deadline(); }

    void transaction(const CallSite& site, const TransactionOptions& options,
                     const std::function<void(Transaction&)>& body) const {
        MemoryTransaction::run(state(), site, options, body);
    }

    Version put(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) { return statement.put(site.id, text); });
    }

    std::optional<Version> insert(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            if (statement.view().find(site.id) != nullptr) return std::nullopt;
            return statement.put(site.id, text);
        });
    }

    std::optional<Version> replace(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            if (statement.view().find(site.id) == nullptr) return std::nullopt;
            return statement.put(site.id, text);
        });
    }

    [[nodiscard]] Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const {
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow&) {
            return std::optional{statement.put(site.id, text)};
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
        return change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow&) -> std::optional<Version> {
            statement.remove(site.id);
            return std::nullopt;
        });
    }

    [[nodiscard]] Settled insert_or_find(const CallSite& site, const std::string& text) const {
        return change(site, [&](MemoryStatement& statement) -> Settled {
            const auto found = in_the_way(statement, site.id, text);
            if (found.second != nullptr) return {.row = {found.first, found.second->text, found.second->version}};
            const Version version = statement.put(site.id, text);
            return {.row = {std::string{site.id}, text, version}, .inserted = true};
        });
    }

    [[nodiscard]] std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                                   const std::string& text) const {
        const auto position = static_cast<std::size_t>(std::ranges::find(rules_.unique, rule.name, &UniqueRule::name) -
                                                       rules_.unique.begin());
        return change(site, [&](MemoryStatement& statement) -> std::optional<Settled> {
            const auto found = statement.in_place_of(position, parse_json(text, limits_));
            const bool has_place = found.second != nullptr;
            if (statement.view().find(site.id) != nullptr && !(has_place && found.first == site.id)) {
                return std::nullopt;
            }
            const std::string id = has_place ? found.first : std::string{site.id};
            const Version version = statement.put(id, text);
            return Settled{{id, statement.view().find(id)->text, version}, !has_place};
        });
    }

    [[nodiscard]] std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        return change(site, [&](MemoryStatement& statement) -> std::optional<Version> {
            const RowPointer row = statement.view().find(site.id);
            if (row == nullptr) return std::nullopt;
            return statement.put(site.id, changed(site, row->text, changes));
        });
    }

    [[nodiscard]] std::optional<Version> change_if(const CallSite& site, std::span<const FieldChange> changes,
                                                   Version seen) const {
        const Guarded result = change_seen(site, seen, [&](MemoryStatement& statement, const MemoryRow& row) {
            return std::optional{statement.put(site.id, changed(site, row.text, changes))};
        });
        return result.version_if_done();
    }

    [[nodiscard]] std::vector<Version> put_many(const CallSite& site, const std::vector<NewText>& batch) const {
        return change(site, [&](MemoryStatement& statement) { return put_all(statement, batch); });
    }

    /// What is wrong with the call itself is told before the first document is asked for.
    void put_stream(const CallSite& site, const NextText& next) const {
        (void)change(site, [&](MemoryStatement& statement) {
            std::map<std::string, std::string> last;
            while (auto each = next()) last.insert_or_assign(std::string{each->id}, std::move(each->text));
            std::vector<NewText> batch;
            batch.reserve(last.size());
            for (auto& [id, text] : last) batch.push_back({id, std::move(text)});
            return put_all(statement, batch);
        });
    }

    [[nodiscard]] Inserted insert_many(const CallSite& site, const std::vector<NewText>& batch) const {
        return change(site, [&](MemoryStatement& statement) -> Inserted {
            const MemoryView before = statement.view();
            for (const NewText& each : batch) {
                if (before.find(each.id) != nullptr) return {.taken = std::string{each.id}};
            }
            return {.versions = put_all(statement, batch)};
        });
    }

    [[nodiscard]] std::vector<std::string> insert_missing(const CallSite& site,
                                                          const std::vector<NewText>& batch) const {
        return change(site, [&](MemoryStatement& statement) {
            std::vector<std::string> inserted;
            for (const NewText& each : batch) {
                if (in_the_way(statement, each.id, each.text).second != nullptr) continue;
                statement.put(each.id, each.text);
                inserted.emplace_back(each.id);
            }
            return inserted;
        });
    }

    std::size_t remove_many(const CallSite& site, std::span<const std::string_view> ids) const {
        return change(site, [&](MemoryStatement& statement) {
            std::size_t removed = 0;
            for (const std::string_view id : ids) {
                if (statement.view().find(id) == nullptr) continue;
                statement.remove(id);
                ++removed;
            }
            return removed;
        });
    }

    std::size_t clear(const CallSite& site) const {
        return change(site, [&](MemoryStatement& statement) {
            const std::vector<std::string> ids = ids_in(statement.view());
            for (const std::string& id : ids) statement.remove(id);
            return ids.size();
        });
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
                row.version = statement.put(row.id, std::move(row.text));
                row.text = statement.view().find(row.id)->text;
            }
            return chosen;
        });
    }

private:
    /// Gives what `f(statement)` gives; what it changes happens as a whole or not at all.
    template <class F>
    std::invoke_result_t<F&, MemoryStatement&> change(const CallSite& site, F&& f) const {
        const auto in_one = [&](MemoryChanges& changes) {
            MemoryStatement statement{state(), table(), changes, site};
            auto result = f(statement);
            statement.finish();
            return result;
        };
        if (site.transaction == nullptr) {
            const MemoryState::Turn turn{state(), site};
            MemoryChanges changes;
            auto result = in_one(changes);
            state().commit(changes);
            return result;
        }
        MemoryTransaction& transaction = MemoryTransaction::of(site, state());
        transaction.check_writable(site);
        return transaction.guarded([&] { return in_one(transaction.changes()); });
    }

    /// `f(statement, row)` gives the new version, if a row is left.
    template <class F>
    Guarded change_seen(const CallSite& site, Version seen, F&& f) const {
        return change(site, [&](MemoryStatement& statement) -> Guarded {
            const RowPointer row = statement.view().find(site.id);
            if (row == nullptr) return {.verdict = Guarded::Verdict::missing};
            if (row->version != seen) return {.verdict = Guarded::Verdict::conflict, .version = row->version};
            return {.verdict = Guarded::Verdict::done, .version = f(statement, *row)};
        });
    }

    [[nodiscard]] std::string changed(const CallSite& site, const std::string& text,
                                      std::span<const FieldChange> changes) const {
        return located(site,
                       [&] { return canonical_json(apply_changes(parse_json(text, limits_), changes), limits_); });
    }

    static std::vector<Version> put_all(MemoryStatement& statement, const std::vector<NewText>& batch) {
        std::vector<Version> versions;
        versions.reserve(batch.size());
        for (const NewText& each : batch) versions.push_back(statement.put(each.id, each.text));
        return versions;
    }

    /// The row that keeps this document from being inserted, by its id or by a unique rule; null if there is none.
    [[nodiscard]] std::pair<std::string, RowPointer> in_the_way(const MemoryStatement& statement, std::string_view id,
                                                                const std::string& text) const {
        if (RowPointer row = statement.view().find(id)) return {std::string{id}, std::move(row)};
        if (rules_.unique.empty()) return {};
        const nlohmann::json document = parse_json(text, limits_);
        for (std::size_t rule = 0; rule < rules_.unique.size(); ++rule) {
            if (auto found = statement.in_place_of(rule, document); found.second != nullptr) return found;
        }
        return {};
    }

    TableRules rules_;
    JsonLimits limits_;
};

static_assert(TextStore<MemoryStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
