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
#include <gridone/storage/memory/detail/memory_view.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
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
        const bool is_ruled = !rules.unique.empty() || !rules.references.empty() || !rules.insert_only.empty();
        if (!is_ruled) return set(table_, id, std::move(text), {});
        nlohmann::json document = parse_json(text, unlimited);  // storages of one table may differ in their limits
        const RowPointer stored = rules.insert_only.empty() ? nullptr : view().find(id);
        if (stored != nullptr) {
            document = keep_insert_only(rules, parse_json(stored->text, unlimited), std::move(document));
            text = canonical_json(document, unlimited);
        }
        return put(table_, id, std::move(text), document);
    }

    /// The same of what has kept that already.
    Written reshape(std::string_view id, std::string text) {
        const nlohmann::json document = parse_json(text, unlimited);
        return put(table_, id, std::move(text), document);
    }

    /// Pre: the row is there.
    void remove(std::string_view id) { remove(table_, id); }

    /// The row that has the place of this document by a unique rule; null if there is none.
    [[nodiscard]] std::pair<std::string, RowPointer> in_place_of(std::size_t unique_rule,
                                                                 const nlohmann::json& document) const {
        const auto key = unique_key(table_.rules->unique[unique_rule], document);
        if (!key) return {};
        return having(table_, unique_rule, *key, {});
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

    Written put(MemoryTable& table, std::string_view id, std::string text, const nlohmann::json& document) {
        const TableRules& rules = *table.rules;
        RuledValues ruled;
        for (const UniqueRule& rule : rules.unique) ruled.unique.push_back(unique_key(rule, document));
        for (const Reference& reference : rules.references) {
            const SeenDocument seen{.document = &document};
            const nlohmann::json* value = value_at(seen, reference.field);
            ruled.references.push_back(value == nullptr ? std::nullopt : std::optional{value->get<std::string>()});
        }
        for (std::size_t rule = 0; rule < rules.unique.size(); ++rule) {
            if (ruled.unique[rule] && having(table, rule, *ruled.unique[rule], id).second != nullptr) {
                refuse(rules.unique[rule].name, "23505");
            }
        }
        if (!rules.references.empty()) written_.emplace_back(&table, id);
        return set(table, id, std::move(text), std::move(ruled));
    }

    Written set(MemoryTable& table, std::string_view id, std::string text, RuledValues ruled) {
        const std::int64_t revision = table.rules->revision_column ? ++table.last_revision : 0;
        std::optional<Timestamps> times;
        if (table.rules->timestamps) times = now_over(changes_.view(table).find(id));
        auto row = std::make_shared<const MemoryRow>(std::move(text), revision, times, std::move(ruled));
        const Version version = row->version;
        changes_.set(table, id, std::move(row));
        return {version, times};
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

    /// The row but that of `not_this` with this key of a unique rule.
    [[nodiscard]] std::pair<std::string, RowPointer> having(const MemoryTable& table, std::size_t rule,
                                                            const std::string& key, std::string_view not_this) const {
        std::pair<std::string, RowPointer> found;
        changes_.view(table).walk(std::nullopt, [&](const std::string& id, const RowPointer& row) {
            if (id == not_this || row->ruled.unique[rule] != key) return true;
            found = {id, row};
            return false;
        });
        return found;
    }

    /// What refers to a document by this reference.
    [[nodiscard]] std::vector<std::pair<std::string, RowPointer>> referring(const MemoryState::Referrer& referrer,
                                                                            const std::string& id) const {
        std::vector<std::pair<std::string, RowPointer>> found;
        changes_.view(*referrer.table).walk(std::nullopt, [&](const std::string& child, const RowPointer& row) {
            if (row->ruled.references[referrer.position] == id) found.emplace_back(child, row);
            return true;
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
                    for (const auto& [child, row] : referring(referrer, id)) remove(*referrer.table, child);
                    break;
                case OnDelete::set_null:
                    for (const auto& [child, row] : referring(referrer, id)) set_null(referrer, child, *row);
                    break;
            }
        }
    }

    void set_null(const MemoryState::Referrer& referrer, const std::string& child, const MemoryRow& row) {
        nlohmann::json document = parse_json(row.text, unlimited);
        nlohmann::json* value = &document;
        for (const std::string& key : referrer.reference->field.keys) value = &(*value)[key];
        *value = nullptr;
        put(*referrer.table, child, canonical_json(document, unlimited), document);
    }

    void check_references(const MemoryTable& table, const MemoryRow& row) const {
        for (std::size_t position = 0; position < row.ruled.references.size(); ++position) {
            const std::optional<std::string>& id = row.ruled.references[position];
            const Reference& reference = table.rules->references[position];
            if (id && changes_.view(state_.parent(reference)).find(*id) == nullptr) refuse(reference.name, "23503");
        }
    }

    void check_refused(const Refused& refused) const {
        if (changes_.view(*refused.parent).find(refused.id) != nullptr) return;
        if (!referring(refused.referrer, refused.id).empty()) refuse(refused.referrer.reference->name, "23503");
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
