// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STATEMENT_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STATEMENT_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/on_delete.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// One operation that writes to a table, all or nothing: what it changed is undone if it ends before `finish`.
///
/// The rules of the table are kept where the server keeps them: unique ones with each row that is written, references
/// when the operation finishes.
class MemoryStatement {
public:
    MemoryStatement(MemoryState& state, MemoryTable& table, MemoryChanges& changes, const CallSite& site) noexcept
        : state_{state}, table_{table}, changes_{changes}, site_{site}, begin_{changes.now()} {}
    MemoryStatement(const MemoryStatement&) = delete;
    MemoryStatement& operator=(const MemoryStatement&) = delete;
    MemoryStatement(MemoryStatement&&) = delete;
    MemoryStatement& operator=(MemoryStatement&&) = delete;
    ~MemoryStatement() {
        if (!finished_) changes_.undo_to(begin_);
    }

    /// The table as this operation has left it so far.
    [[nodiscard]] MemoryView view() const { return changes_.view(table_); }

    /// Stores a document; over another one, what only an insert sets stays as it was. @throws ConstraintError
    Written put(std::string_view id, std::string text) {
        const TableRules& rules = *table_.rules;
        if (!rules.insert_only.empty()) {
            if (const RowPointer stored = view().find(id)) {  // storages of one table may differ in their limits
                text = canonical_json(
                    keep_insert_only(rules, parse_json(stored->json.text(), unlimited), parse_json(text, unlimited)),
                    unlimited);
            }
        }
        return put(table_, id, std::move(text));
    }

    /// The same of what has kept that already.
    Written reshape(std::string_view id, std::string text) { return put(table_, id, std::move(text)); }

    /// Pre: the row is there.
    void remove(std::string_view id) { remove(table_, id); }

    /// The row that has the place of this document by a unique rule; null if there is none.
    [[nodiscard]] RowPointer in_place_of(std::size_t unique_rule, const nlohmann::json& document) const {
        const auto key = unique_key(table_.rules->unique[unique_rule], document);
        return key ? having(table_, unique_rule, *key, {}) : nullptr;
    }

    /// The operation has done its work. @throws ConstraintError  a reference would be broken
    void finish() {
        while (!removed_.empty()) {
            const auto [table, id] = std::move(removed_.back());
            removed_.pop_back();
            follow_removal(*table, id);
        }
        for (const auto& [table, id] : written_) {
            const RowPointer row = changes_.view(*table).find(id);
            if (row != nullptr) check_references(*table, *row);
        }
        for (const Refused& refused : refused_) check_refused(refused);
        finished_ = true;
    }

private:
    using Place = std::pair<MemoryTable*, std::string>;

    /// A document was removed that others may still refer to at the end.
    struct Refused {
        MemoryState::Referrer referrer;
        MemoryTable* parent;
        std::string id;
    };

    Written put(MemoryTable& table, std::string_view id, std::string text) {
        const TableRules& rules = *table.rules;
        const std::int64_t revision = rules.revision_column ? ++table.last_revision : 0;
        std::optional<Timestamps> times;
        if (rules.timestamps) times = now_over(changes_.view(table).find(id));
        const auto row = std::make_shared<MemoryRow>(id, std::move(text), revision, times);
        if (!table.indexes.empty()) row->keys = table.keys_of(row->json.document());
        for (std::size_t rule = 0; rule < rules.unique.size(); ++rule) {
            if (row->keys[rule] && having(table, rule, *row->keys[rule], id) != nullptr) {
                refuse(rules.unique[rule].name, "23505");
            }
        }
        if (!rules.references.empty()) written_.emplace_back(&table, id);
        changes_.set(table, id, row);
        return {row->version, times};
    }

    static Timestamps now_over(const RowPointer& stored) {
        const Timestamp now = Timestamp::now();
        const Timestamps before = stored != nullptr && stored->timestamps ? *stored->timestamps : Timestamps{now, now};
        return {before.created_at, std::max(now, before.updated_at)};
    }

    void remove(MemoryTable& table, std::string_view id) {
        changes_.set(table, id, nullptr);
        removed_.emplace_back(&table, id);
    }

    /// The row but that of `not_this` with this key of a unique rule; null if there is none.
    [[nodiscard]] RowPointer having(const MemoryTable& table, std::size_t rule, std::string_view key,
                                    std::string_view not_this) const {
        RowPointer found;
        table.indexes[rule].find(changes_.view(table), key, [&](const RowPointer& row) {
            if (row->id != not_this) found = row;
            return found == nullptr;
        });
        return found;
    }

    /// What refers to a document by this reference, by id.
    [[nodiscard]] std::vector<RowPointer> referring(const MemoryState::Referrer& referrer, std::string_view id,
                                                    std::size_t most = std::size_t(-1)) const {
        std::vector<RowPointer> found;
        const MemoryTable& table = *referrer.table;
        table.of_reference(referrer.position).find(changes_.view(table), id, [&](const RowPointer& row) {
            found.push_back(row);
            return found.size() < most;
        });
        return found;
    }

    void follow_removal(MemoryTable& parent, const std::string& id) {
        if (changes_.view(parent).find(id) != nullptr) return;
        for (const MemoryState::Referrer& referrer : state_.referrers_to(parent)) {
            switch (referrer.reference->action) {
                case OnDelete::refuse:
                    refused_.push_back({referrer, &parent, id});
                    break;
                case OnDelete::cascade:
                    for (const RowPointer& row : referring(referrer, id)) remove(*referrer.table, row->id);
                    break;
                case OnDelete::set_null:
                    for (const RowPointer& row : referring(referrer, id)) set_null(referrer, *row);
                    break;
            }
        }
    }

    void set_null(const MemoryState::Referrer& referrer, const MemoryRow& row) {
        nlohmann::json document = parse_json(row.json.text(), unlimited);
        nlohmann::json* value = &document;
        for (const std::string& key : referrer.reference->field.keys) value = &(*value)[key];
        *value = nullptr;
        put(*referrer.table, row.id, canonical_json(document, unlimited));
    }

    void check_references(const MemoryTable& table, const MemoryRow& row) const {
        for (std::size_t position = 0; position < table.rules->references.size(); ++position) {
            const std::optional<std::string>& id = row.keys[table.rules->unique.size() + position];
            const Reference& reference = table.rules->references[position];
            if (id && changes_.view(state_.parent(reference)).find(*id) == nullptr) refuse(reference.name, "23503");
        }
    }

    void check_refused(const Refused& refused) const {
        if (changes_.view(*refused.parent).find(refused.id) != nullptr) return;
        if (!referring(refused.referrer, refused.id, 1).empty()) refuse(refused.referrer.reference->name, "23503");
    }

    [[noreturn]] void refuse(const std::string& rule, const char* sqlstate) const {
        ErrorInfo info = site_.because("a rule of the table forbids it: " + rule);
        info.constraint = rule;
        info.sqlstate = sqlstate;
        throw ConstraintError{std::move(info)};
    }

    MemoryState& state_;
    MemoryTable& table_;
    MemoryChanges& changes_;
    const CallSite& site_;
    std::size_t begin_;
    std::vector<Place> removed_;  // whose consequences are still to come
    std::vector<Place> written_;
    std::vector<Refused> refused_;
    bool finished_ = false;
};

}  // namespace gridone::storage::inline v0::detail

#endif
