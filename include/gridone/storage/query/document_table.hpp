// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP
#define GRIDONE_STORAGE_QUERY_DOCUMENT_TABLE_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/identifier.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/rule_name.hpp>
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

namespace detail {

/// The condition of an index or a unique rule.
template <class M>
struct Where {
    Filter<M> filter;
};

template <class F, class M>
concept FieldOf = requires(const F& field) {
    field.keys();
    typename F::value_type;
    requires FieldModel<typename F::model_type, M>;
};
/// A field that can be a part of a rule: one whose values can be compared.
template <class F, class M>
concept ComparableFieldOf = FieldOf<F, M> && IsComparable<Held<typename F::value_type>>;
/// What a rule is made of: such a field, or at last `where(filter)`.
template <class P, class M>
concept RulePart = ComparableFieldOf<P, M> || requires(const P& part) {
    { part.filter } -> std::convertible_to<Filter<M>>;
};
template <class P, class M>
concept IndexPart = RulePart<P, M> || std::convertible_to<P, Order<M>>;
template <class F, class M>
concept TextFieldOf = FieldOf<F, M> && IsText<Held<typename F::value_type>>;

}  // namespace detail

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
    explicit DocumentTable(TableNames names) : names_{std::move(names)} { check_names(names_); }

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
        check_names(parent);
        DocumentTable copy = *this;
        detail::Reference rule{.field = detail::place_of(field), .parent = parent, .action = action};
        rule.name = detail::rule_name(names_.table_name, {rule.field.keys}, "fkey");
        expect_new(rules_.references, rule.name);
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
        check_column(name, "revision column");
        if (name == names_.id_column || name == names_.data_column) {
            throw InvalidInputError{"the revision column has the name of another column"};
        }
        DocumentTable copy = *this;
        copy.rules_.revision_column = name;
        return copy;
    }

    /// Refuses a patch that breaks a rule of the table, whatever is stored. @throws InvalidInputError
    void check_patch(std::span<const detail::FieldChange> changes) const {
        detail::refuse_insert_only(rules_, changes);
    }

private:
    static void check_column(std::string_view name, std::string_view what) {
        check_identifier(name, what);
        for (const std::string_view taken : {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}) {
            if (name != taken) continue;
            throw InvalidInputError{"the " + std::string{what} + " has the name of a system column of PostgreSQL"};
        }
    }

    static void check_names(const TableNames& names) {
        check_identifier(names.table_name, "table name");
        check_identifier(names.schema_name, "schema name");
        check_column(names.id_column, "id column");
        check_column(names.data_column, "data column");
        if (names.id_column != names.data_column) return;
        throw InvalidInputError{"the id column and the data column have the same name"};
    }

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
