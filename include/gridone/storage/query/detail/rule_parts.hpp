// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_RULE_PARTS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_RULE_PARTS_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/identifier.hpp>
#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

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
/// One that holds many values.
template <class F, class M>
concept ContainerFieldOf =
    FieldOf<F, M> && (IsSequence<Held<typename F::value_type>> || IsMap<Held<typename F::value_type>>);

/// @throws InvalidInputError  for a name that PostgreSQL could not keep as it is, or has already.
inline void check_column(std::string_view name, std::string_view what) {
    check_identifier(name, what);
    for (const std::string_view taken : {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}) {
        if (name != taken) continue;
        throw InvalidInputError{"the " + std::string{what} + " has the name of a system column of PostgreSQL"};
    }
}

/// @throws InvalidInputError
inline void check_table_names(const TableNames& names) {
    check_identifier(names.table_name, "table name");
    if (names.table_name.find('.') != std::string::npos) {
        throw InvalidInputError{
            "the table name contains a dot; give the schema apart: {.table_name = \"widgets\", .schema_name = "
            "\"plant\"}"};
    }
    check_identifier(names.schema_name, "schema name");
    check_column(names.id_column, "id column");
    check_column(names.data_column, "data column");
    if (names.id_column != names.data_column) return;
    throw InvalidInputError{"the id column and the data column have the same name"};
}

/// @throws InvalidInputError  the name cannot be that of one more column.
inline void check_new_column(const TableNames& names, const TableRules& rules, std::string_view name,
                             std::string_view what) {
    check_column(name, what);
    std::vector<std::string> taken{names.id_column, names.data_column, rules.revision_column.value_or("")};
    for (const FieldColumn& column : rules.columns) taken.push_back(column.name);
    for (const Reference& reference : rules.references) taken.push_back(reference.name);
    if (rules.timestamps) taken.insert(taken.end(), {rules.timestamps->created_at, rules.timestamps->updated_at});
    if (std::ranges::find(taken, name) == taken.end()) return;
    throw InvalidInputError{"the " + std::string{what} + " has the name of another column"};
}

/// PostgreSQL knows unique indexes of a partitioned table only on its partition key.
/// @throws InvalidInputError
inline void check_partitions(const TableRules& rules) {
    if (rules.hash_partitions == 0 || rules.unique.empty()) return;
    throw InvalidInputError{"a table in partitions cannot have unique rules, but for the id"};
}

}  // namespace gridone::storage::inline v0::detail

#endif
