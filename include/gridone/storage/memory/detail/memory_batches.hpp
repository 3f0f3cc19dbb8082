// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_BATCHES_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_BATCHES_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_lookups.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_statement.hpp>
#include <gridone/storage/memory/detail/memory_transaction.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
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

/// The part of MemoryStore that changes many documents at once, and the way of every change.
class MemoryBatches : public MemoryLookups {
public:
    MemoryBatches(std::shared_ptr<MemoryState> state, const TableNames& names, const TableRules& rules,
                  const JsonLimits& limits)
        : MemoryLookups{std::move(state), names, rules}, rules_{rules}, limits_{limits} {}

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

    /// @returns the first id that was taken, if one was
    [[nodiscard]] std::optional<std::string> insert_stream(const CallSite& site, const NextText& next) const {
        struct Taken {
            std::string id;
        };
        try {
            (void)change(site, [&](MemoryStatement& statement) {
                std::vector<std::pair<std::string, std::string>> documents;
                while (auto each = next()) documents.emplace_back(each->id, std::move(each->text));
                for (auto& [id, text] : documents) {
                    if (statement.view().find(id) != nullptr) throw Taken{id};
                    statement.put(id, std::move(text));
                }
                return documents.size();
            });
        } catch (const Taken& taken) {
            return taken.id;
        }
        return std::nullopt;
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
                if (in_the_way(statement, each.id, each.text) != nullptr) continue;
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

protected:
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

    /// The row that keeps this document from being inserted, by its id or by a unique rule; null if there is none.
    [[nodiscard]] RowPointer in_the_way(const MemoryStatement& statement, std::string_view id,
                                        const std::string& text) const {
        if (RowPointer row = statement.view().find(id)) return row;
        if (rules_.unique.empty()) return nullptr;
        const nlohmann::json document = parse_json(text, limits_);
        for (std::size_t rule = 0; rule < rules_.unique.size(); ++rule) {
            if (RowPointer row = statement.in_place_of(rule, document)) return row;
        }
        return nullptr;
    }

    [[nodiscard]] const TableRules& rules() const noexcept { return rules_; }
    [[nodiscard]] const JsonLimits& limits() const noexcept { return limits_; }

private:
    static std::vector<Version> put_all(MemoryStatement& statement, const std::vector<NewText>& batch) {
        std::vector<Version> versions;
        versions.reserve(batch.size());
        for (const NewText& each : batch) versions.push_back(statement.put(each.id, each.text).version);
        return versions;
    }

    TableRules rules_;
    JsonLimits limits_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
