// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_TABLE_RULES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_TABLE_RULES_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/on_delete.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// No two of the documents that meet the condition have the same values in these fields.
struct UniqueRule {
    std::string name = {};
    std::vector<FieldPlace> fields = {};
    FilterPointer where = {};

    friend bool operator==(const UniqueRule& a, const UniqueRule& b) {
        return a.name == b.name && a.fields == b.fields && *a.where == *b.where;
    }
};

/// An index on the documents that meet a condition, in this order.
struct IndexRule {
    std::string name = {};
    std::vector<OrderKey> keys = {};
    FilterPointer where = {};
    bool of_contents = false;  ///< Of what the one key, a sequence or a map, holds: GIN.

    friend bool operator==(const IndexRule& a, const IndexRule& b) {
        return a.name == b.name && a.keys == b.keys && *a.where == *b.where && a.of_contents == b.of_contents;
    }
};

/// A field holds the id of a document of the parent table.
struct Reference {
    std::string name = {};
    FieldPlace field = {};
    TableNames parent = {};
    OnDelete action = OnDelete::refuse;

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// A column that the server fills with the value of a field.
struct FieldColumn {
    FieldPlace field = {};
    std::string name = {};

    friend bool operator==(const FieldColumn&, const FieldColumn&) = default;
};

/// The columns with the times at which a document was stored first and last.
struct TimestampColumns {
    std::string created_at = {};
    std::string updated_at = {};

    friend bool operator==(const TimestampColumns&, const TimestampColumns&) = default;
};

/// What a table demands of its documents.
struct TableRules {
    std::vector<UniqueRule> unique;
    std::vector<IndexRule> indexes;
    std::vector<Reference> references;
    std::vector<std::vector<std::string>> insert_only;  ///< Keys of fields.
    std::optional<std::string> revision_column;
    std::vector<FieldColumn> columns;
    std::optional<TimestampColumns> timestamps;
    std::size_t hash_partitions = 0;  ///< 0: one table.

    friend bool operator==(const TableRules&, const TableRules&) = default;
};

/// @throws UsageError
[[noreturn]] inline void refuse_other_description(const TableNames& names) {
    throw UsageError{
        ErrorInfo{.reason = "the database has this table with another description", .table = names.table_name}};
}

/// The values of a unique rule's fields in a document, so that equal keys collide: nothing where the document does not
/// meet the condition or a field has no value.
inline std::optional<std::string> unique_key(const UniqueRule& rule, const nlohmann::json& document) {
    if (!matches(*rule.where, document)) return std::nullopt;
    auto values = nlohmann::json::array();
    for (const FieldPlace& field : rule.fields) {
        const SeenDocument seen{.document = &document};
        const nlohmann::json* value = value_at(seen, field);
        if (value == nullptr) return std::nullopt;
        values.push_back(field.kind == ValueKind::time ? nlohmann::json(to_iso(*time_in(*value))) : *value);
    }
    return canonical_json(values, JsonLimits{.max_bytes = std::size_t{1} << 30U});
}

/// Refuses a patch that names a field which only an insert may set. @throws InvalidInputError
inline void refuse_insert_only(const TableRules& rules, std::span<const FieldChange> changes) {
    for (const FieldChange& change : changes) {
        for (const std::vector<std::string>& keys : rules.insert_only) {
            const std::size_t common = std::min(keys.size(), change.path.size());
            if (!std::equal(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(common), change.path.begin())) {
                continue;
            }
            throw InvalidInputError{"a field that only an insert may set", pointer_of(change.path)};
        }
    }
}

/// The document that is written over a stored one: its insert-only fields are those of the stored one, or missing as
/// they are there.
inline nlohmann::json keep_insert_only(const TableRules& rules, const nlohmann::json& stored, nlohmann::json written) {
    for (const std::vector<std::string>& keys : rules.insert_only) {
        const nlohmann::json* from = &stored;
        for (const std::string& key : keys) {
            const bool is_there = from != nullptr && from->is_object() && from->contains(key);
            from = is_there ? &from->at(key) : nullptr;
        }
        nlohmann::json* to = &written;
        for (std::size_t key = 0; key + 1 < keys.size() && to != nullptr; ++key) {
            const bool makes = from != nullptr && to->is_object() && !to->contains(keys[key]);
            if (makes) (*to)[keys[key]] = nlohmann::json::object();
            to = to->is_object() && to->contains(keys[key]) ? &to->at(keys[key]) : nullptr;
        }
        if (to == nullptr || !to->is_object()) continue;
        if (from != nullptr) {
            (*to)[keys.back()] = *from;
        } else {
            to->erase(keys.back());
        }
    }
    return written;
}

}  // namespace gridone::storage::inline v0::detail

#endif
