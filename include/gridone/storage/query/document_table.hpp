// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP
#define GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/rule_name.hpp>
#include <gridone/storage/query/detail/rule_parts.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/index.hpp>
#include <gridone/storage/query/on_delete.hpp>
#include <gridone/storage/query/order.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// The documents that a unique rule or an index is about: `.unique(user::name, where(user::active == true))`.
template <class M>
[[nodiscard]] detail::Where<M> where(Filter<M> filter) {
    return {std::move(filter)};
}

/// The description of a table of `M` documents: a plain value that a backend, its memory twin and a schema manager
/// share. Its rules are the server's in PostgreSQL, once `ensure_schema` has run, and the twin's own in memory; what
/// breaks one is a `ConstraintError` with the rule's name.
template <class M>
class DocumentTable {
public:
    /// @throws InvalidInputError  for a name that PostgreSQL could not keep as it is; see `check_identifier`.
    explicit DocumentTable(TableNames names) : names_{std::move(names)} { detail::check_table_names(names_); }

    // A move copies: what was moved from stays usable.
    DocumentTable(const DocumentTable&) = default;
    DocumentTable& operator=(const DocumentTable&) = default;
    ~DocumentTable() = default;

    [[nodiscard]] const TableNames& names() const noexcept { return names_; }
    [[nodiscard]] const JsonLimits& limits() const noexcept { return limits_; }

    /// How many documents `read_all` gives at most.
    [[nodiscard]] std::size_t max_rows() const noexcept { return max_rows_; }

    /// The rules, for stores and schemas.
    [[nodiscard]] const detail::TableRules& rules() const noexcept { return rules_; }

    /// The same table with other limits on its documents.
    [[nodiscard]] DocumentTable with_limits(JsonLimits limits) const {
        DocumentTable copy = *this;
        copy.limits_ = limits;
        return copy;
    }

    /// The same table, of which `read_all` gives at most so many documents, or an error.
    [[nodiscard]] DocumentTable with_max_rows(std::size_t max_rows) const {
        DocumentTable copy = *this;
        copy.max_rows_ = max_rows;
        return copy;
    }

    /// The same table, no two documents of which have the same values in these fields; with `where(filter)` last, no
    /// two of those that it is true of. Documents without a value in one of the fields never collide. The rule is
    /// called `<table>_<fields>_key`.
    /// @throws InvalidInputError  the rule is there already.
    template <detail::RulePart<M>... Parts>
    [[nodiscard]] DocumentTable unique(const Parts&... parts) const {
        detail::UniqueRule rule{.where = Filter<M>{}.node()};
        std::vector<std::vector<std::string>> keys;
        [[maybe_unused]] const auto add_part = [&]<class Part>(const Part& part) {
            if constexpr (requires { part.filter; }) {
                rule.where = condition_of(part);
            } else {
                keys.push_back(rule.fields.emplace_back(detail::place_of(part)).keys);
            }
        };
        (add_part(parts), ...);
        if (rule.fields.empty()) throw InvalidInputError{"a rule without fields"};
        rule.name = detail::rule_name(names_.table_name, keys, "key");
        expect_new(rules_.unique, rule.name);
        DocumentTable copy = *this;
        copy.rules_.unique.push_back(std::move(rule));
        detail::check_partitions(copy.rules_);
        return copy;
    }
    template <class... Parts>
    void unique(const Parts&...) const = delete;  // gridone::storage: comparable fields of the model, where(filter)

    /// The same table with an index on these fields, in this order, for queries; with `where(filter)` last, on the
    /// documents that it is true of: `.index(device::site, device::name.descending(), id_field)`. `index_for` tells which
    /// index serves a query. Called `<table>_<fields>_idx`; one that is there already is not added. In memory it does
    /// nothing.
    template <detail::IndexPart<M>... Parts>
    [[nodiscard]] DocumentTable index(const Parts&... parts) const {
        detail::IndexRule rule{.where = Filter<M>{}.node()};
        [[maybe_unused]] const auto add_part = [&]<class Part>(const Part& part) {
            if constexpr (requires { part.filter; }) {
                rule.where = condition_of(part);
            } else if constexpr (detail::ComparableFieldOf<Part, M>) {
                rule.keys.push_back({.field = detail::place_of(part)});
            } else {
                rule.keys.push_back(Order<M>{part}.key());
            }
        };
        (add_part(parts), ...);
        return index(Index<M>{std::move(rule)});
    }
    [[nodiscard]] DocumentTable index(const Index<M>& index) const {
        detail::IndexRule rule = index.rule();
        if (rule.keys.empty()) throw InvalidInputError{"an index without fields"};
        if (!rules_.timestamps && detail::asks_for_timestamps(rule.keys)) {
            throw InvalidInputError{"an index on the times of a table without them: with_timestamps comes first"};
        }
        rule.name = detail::index_name(names_.table_name, rule.keys, *rule.where);
        DocumentTable copy = *this;
        const bool is_of_key = rule.keys.front().field.source == detail::FieldSource::id;
        const bool is_there = std::ranges::find(rules_.indexes, rule) != rules_.indexes.end();
        if (!is_of_key && !is_there) {
            expect_new(rules_.indexes, rule.name);
            copy.rules_.indexes.push_back(std::move(rule));
        }
        return copy;
    }
    template <class... Parts>
    void index(const Parts&...) const = delete;  // gridone::storage: comparable fields or orders, where(filter)

    /// The same table, each document of which names a document of the parent table in this field, or none. A document
    /// that names one which is not there is refused; `action` says what happens when the other is removed. The rule is
    /// called `<table>_<field>_fkey`. The parent's own description comes first in a schema, unless it is this table.
    /// @throws InvalidInputError  the rule is there already; a name of the parent that PostgreSQL could not keep.
    template <detail::TextFieldOf<M> F>
    [[nodiscard]] DocumentTable references(const F& field, const TableNames& parent, OnDelete action) const {
        detail::check_table_names(parent);
        DocumentTable copy = *this;
        detail::Reference rule{.field = detail::place_of(field), .parent = parent, .action = action};
        rule.name = detail::rule_name(names_.table_name, {rule.field.keys}, "fkey");
        expect_new(rules_.references, rule.name);
        detail::check_new_column(names_, rules_, rule.name, "column of a reference");
        copy.rules_.references.push_back(std::move(rule));
        return copy;
    }
    template <detail::TextFieldOf<M> F>
    [[nodiscard]] DocumentTable references(const F& field, std::string_view parent_table, OnDelete action) const {
        TableNames parent{.table_name = std::string{parent_table}};
        parent.schema_name = names_.schema_name;
        return references(field, parent, action);
    }
    template <detail::TextFieldOf<M> F, class Parent>
    [[nodiscard]] DocumentTable references(const F& field, const DocumentTable<Parent>& parent, OnDelete action) const {
        return references(field, parent.names(), action);
    }
    template <class F, class Parent>
        requires(!detail::TextFieldOf<F, M>)
    void references(const F&, const Parent&, OnDelete) const = delete;  // gridone::storage: a text field of the model

    /// The same table, of whose documents these fields are set by the insert alone: later writes keep what is stored,
    /// and a patch that names one is an `InvalidInputError`.
    template <detail::FieldOf<M>... Fields>
    [[nodiscard]] DocumentTable insert_only(const Fields&... fields) const {
        DocumentTable copy = *this;
        const auto add_keys = [&](const auto& field) {
            std::vector<std::string>& keys = copy.rules_.insert_only.emplace_back();
            for (const std::string_view key : field.keys()) keys.emplace_back(key);
            detail::check_keys(keys);
            if (keys.empty()) throw InvalidInputError{"an insert-only field without a key: the whole document"};
        };
        (add_keys(fields), ...);
        return copy;
    }
    template <class... Fields>
    void insert_only(const Fields&...) const = delete;  // gridone::storage: fields of the model

    /// The same table with a column that counts what is written, so that a write of equal content is another version as
    /// well. A program that writes past the library and leaves the column alone is noticed by the content as ever.
    [[nodiscard]] DocumentTable with_revision_column(std::string_view name = "revision") const {
        DocumentTable copy = *this;
        copy.rules_.revision_column.reset();
        detail::check_new_column(names_, copy.rules_, name, "revision column");
        copy.rules_.revision_column = name;
        return copy;
    }

    /// The same table with a column that has the value of a field, for programs that ask in SQL, and for statistics of the
    /// server; queries, orders, indexes and unique rules of the field use it. The server computes it with each write,
    /// whoever writes (GENERATED ALWAYS AS … STORED). Called like the field: `config_host`. Its type is that of the field:
    /// `numeric`, `text COLLATE "C"`, `boolean`, or `timestamp` in UTC. In memory it does nothing.
    /// Where the table is there already, adding it takes as long as the server rewrites it, and nobody reads meanwhile;
    /// indexes and unique rules of the field become others of the same name, which are to be dropped before.
    /// @throws InvalidInputError  the column's name is taken, or none that PostgreSQL could keep.
    template <detail::ComparableFieldOf<M> F>
    [[nodiscard]] DocumentTable with_column(const F& field) const {
        std::string name;
        for (const std::string_view key : field.keys()) name.append(name.empty() ? "" : "_").append(key);
        return with_column(field, name);
    }
    template <detail::ComparableFieldOf<M> F>
    [[nodiscard]] DocumentTable with_column(const F& field, std::string_view name) const {
        detail::FieldColumn column{detail::place_of(field), std::string{name}};
        detail::check_keys(column.field.keys);
        detail::check_new_column(names_, rules_, name, "column of a field");
        DocumentTable copy = *this;
        copy.rules_.columns.push_back(std::move(column));
        return copy;
    }
    template <class F, class... Name>
        requires(!detail::ComparableFieldOf<F, M>)
    void with_column(const F&, const Name&...) const = delete;  // gridone::storage: a comparable field of the model

    /// The same table with columns that tell when each document was stored first and last, kept by the server whoever
    /// writes: documents have `timestamps`, queries and orders `created_at_field` and `updated_at_field`. A write of equal
    /// content is one as well. The columns are `timestamptz`, filled by a trigger.
    [[nodiscard]] DocumentTable with_timestamps(std::string_view created_at = "created_at",
                                                std::string_view updated_at = "updated_at") const {
        DocumentTable copy = *this;
        copy.rules_.timestamps.reset();
        detail::check_new_column(names_, copy.rules_, created_at, "column of the first time");
        detail::check_new_column(names_, copy.rules_, updated_at, "column of the last time");
        if (created_at == updated_at) throw InvalidInputError{"the columns of both times have the same name"};
        copy.rules_.timestamps = {std::string{created_at}, std::string{updated_at}};
        return copy;
    }

    /// The same table with an index on what a sequence or a map holds (GIN), for `contains` on the one and `contains_key` on
    /// the other: `.contents_index(device::tags)`. Called `<table>_<field>_gin`. In memory it does nothing.
    /// @throws InvalidInputError  the index is there already.
    template <detail::ContainerFieldOf<M> F>
    [[nodiscard]] DocumentTable contents_index(const F& field) const {
        detail::IndexRule rule{.keys = {{.field = detail::place_of(field)}}, .where = Filter<M>{}.node()};
        rule.name = detail::rule_name(names_.table_name, {rule.keys.front().field.keys}, "gin");
        rule.of_contents = true;
        expect_new(rules_.indexes, rule.name);
        DocumentTable copy = *this;
        copy.rules_.indexes.push_back(std::move(rule));
        return copy;
    }
    template <class F>
    void contents_index(const F&) const = delete;  // gridone::storage: a field that is a sequence or a map

    /// The same table in so many partitions, by a hash of the id: `<table>_p0` … In memory it does nothing. How many is
    /// decided once; a table without partitions is not divided, and before PostgreSQL 17 one with them gets no revision
    /// column later.
    /// @throws InvalidInputError  the table has unique rules; none at all, or more than 1024.
    [[nodiscard]] DocumentTable with_hash_partitions(std::size_t partitions) const {
        if (partitions == 0 || partitions > 1024) throw InvalidInputError{"a table has 1 to 1024 partitions"};
        DocumentTable copy = *this;
        copy.rules_.hash_partitions = partitions;
        detail::check_partitions(copy.rules_);
        return copy;
    }

    /// Refuses a patch that breaks a rule of the table, whatever is stored. @throws InvalidInputError
    void check_patch(std::span<const detail::FieldChange> changes) const {
        detail::refuse_insert_only(rules_, changes);
    }

private:
    template <class Rules>
    static void expect_new(const Rules& rules, const std::string& name) {
        if (std::ranges::find(rules, name, [](const auto& rule) { return rule.name; }) == rules.end()) return;
        throw InvalidInputError{"the table's description has the same rule twice: " + name};
    }

    /// @throws InvalidInputError  it cannot be that of an index.
    static detail::FilterPointer condition_of(const auto& where) {
        const Filter<M> filter{where.filter};
        if (detail::is_about_one_row(*filter.node())) return filter.node();
        throw InvalidInputError{
            "the condition of a rule is about the document alone, and not about what its"
            " sequences and maps hold"};
    }

    TableNames names_;
    JsonLimits limits_;
    std::size_t max_rows_ = 1'000'000;
    detail::TableRules rules_;
};

/// A table `(id text PRIMARY KEY, data jsonb NOT NULL)` in the schema `public`.
template <class M>
[[nodiscard]] DocumentTable<M> document_table(std::string_view table_name) {
    return DocumentTable<M>{TableNames{.table_name = std::string{table_name}}};
}

/// The same with names of your own: `document_table<Device>({.table_name = "devices", .schema_name = "plant"})`.
template <class M>
[[nodiscard]] DocumentTable<M> document_table(TableNames names) {
    return DocumentTable<M>{std::move(names)};
}

}  // namespace gridone::storage::inline v0

#endif
