// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_CHANGED_DOCUMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_CHANGED_DOCUMENT_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/increment.hpp>
#include <gridone/storage/postgres/sql/text_array.hpp>
#include <gridone/storage/query/detail/field_change.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Changes as SQL: the changed document, and whether the changes fit what is stored, both in terms of the data column
/// as it is. Means what `apply_changes` means. Keys and values are parameters; the text grows with the changes, not
/// with their product, since every part refers to the stored document.
class ChangedDocument {
public:
    /// @param changes  those that `check_changes` accepts
    /// @param types, values  the parameters so far, to which those of the changes are added; `values` refers into this
    ChangedDocument(std::string_view data, std::span<const FieldChange> changes, const JsonLimits& limits,
                    std::vector<ParameterType>& types, std::vector<std::string_view>& values)
        : data_{data}, limits_{limits}, types_{types}, values_{values} {
        Node root;
        for (const FieldChange& change : changes) {
            Node* node = &root;
            for (std::size_t key = 0; key + 1 < change.path.size(); ++key) node = &node->nodes[change.path[key]];
            node->leaves.emplace(change.path.back(), &change);
        }
        condition_ = "jsonb_typeof(" + data_ + ") = 'object'";
        document_ = content(root, {}, data_);
    }
    ChangedDocument(const ChangedDocument&) = delete;
    ChangedDocument& operator=(const ChangedDocument&) = delete;
    ChangedDocument(ChangedDocument&&) = delete;
    ChangedDocument& operator=(ChangedDocument&&) = delete;
    ~ChangedDocument() = default;

    [[nodiscard]] const std::string& document() const noexcept { return document_; }
    [[nodiscard]] const std::string& condition() const noexcept { return condition_; }

private:
    /// The changes of one object.
    struct Node {
        std::map<std::string, const FieldChange*, std::less<>> leaves;
        std::map<std::string, Node, std::less<>> nodes;

        /// Whether it makes the object where there is none.
        [[nodiscard]] bool creates() const {
            for (const auto& [key, change] : leaves) {
                if (change->kind != ChangeKind::unset && change->kind != ChangeKind::remove_value) return true;
            }
            for (const auto& [key, node] : nodes) {
                if (node.creates()) return true;
            }
            return false;
        }
    };

    using Path = std::vector<std::string>;

    std::string parameter(ParameterType type, std::string value) {
        types_.push_back(type);
        values_.emplace_back(kept_.emplace_back(std::move(value)));
        return "$" + std::to_string(types_.size());
    }

    /// The stored value at this path, NULL if there is none.
    std::string stored_at(const Path& path) {
        return "(" + data_ + " #> " + parameter(ParameterType::text_array, std::string{text_array(path).wire()}) + ")";
    }

    void require_kind(const std::string& stored, std::string_view kind) {
        condition_ += " AND coalesce(jsonb_typeof" + stored + ", 'null') IN ('null', '" + std::string{kind} + "')";
    }

    /// The object with its changes made. @param stored  the object itself
    std::string content(const Node& node, const Path& path, const std::string& stored) {
        TextArray unset;
        std::string made;
        for (const auto& [key, change] : node.leaves) {
            if (change->kind == ChangeKind::unset) {
                unset.push_back(key);
            } else {
                made += " || " + leaf(*change, path, key);
            }
        }
        for (const auto& [key, child] : node.nodes) made += " || " + part(child, path, key);
        if (unset.size() == 0) return stored + made;
        return "(" + stored + " - " + parameter(ParameterType::text_array, std::string{unset.wire()}) + ")" + made;
    }

    /// An object with the one key whose value is an object with changes.
    std::string part(const Node& child, const Path& parent, const std::string& key) {
        Path path = parent;
        path.push_back(key);
        const std::string stored = stored_at(path);
        require_kind(stored, "object");
        const std::string is_there = "CASE WHEN jsonb_typeof" + stored + " = 'object' THEN ";
        if (child.creates()) {
            return single(key, content(child, path, "(" + is_there + stored + " ELSE '{}' END)"));
        }
        return "(" + is_there + single(key, content(child, path, stored)) + " ELSE '{}' END)";
    }

    std::string leaf(const FieldChange& change, const Path& parent, const std::string& key) {
        Path path = parent;
        path.push_back(key);
        switch (change.kind) {
            case ChangeKind::increment: {
                const std::string stored = stored_at(path);
                require_kind(stored, "number");
                const Increment increment{stored, change, [this](ParameterType type, std::string value) {
                                              return parameter(type, std::move(value));
                                          }};
                condition_ += " AND " + increment.condition();
                return single(key, increment.value());
            }
            case ChangeKind::append: {
                const std::string stored = stored_at(path);
                require_kind(stored, "array");
                return single(key, "CASE WHEN jsonb_typeof" + stored + " = 'array' THEN " + stored +
                                       " ELSE '[]' END || jsonb_build_array(" + json(change) + ")");
            }
            case ChangeKind::remove_value: {
                const std::string stored = stored_at(path);
                require_kind(stored, "array");
                const std::string left =
                    "(SELECT coalesce(jsonb_agg(element ORDER BY place), '[]') FROM jsonb_array_elements" + stored +
                    " WITH ORDINALITY AS elements (element, place) WHERE element <> " + json(change) + ")";
                return "(CASE WHEN jsonb_typeof" + stored + " = 'array' THEN " + single(key, left) + " ELSE '{}' END)";
            }
            case ChangeKind::set:
            case ChangeKind::unset:
                break;
        }
        return single(key, json(change));
    }

    std::string json(const FieldChange& change) {
        return parameter(ParameterType::jsonb, canonical_json(change.value, limits_));
    }

    std::string single(const std::string& key, const std::string& value) {
        return "jsonb_build_object(" + parameter(ParameterType::text, key) + ", " + value + ")";
    }

    std::string data_;
    const JsonLimits& limits_;
    std::vector<ParameterType>& types_;
    std::vector<std::string_view>& values_;
    std::deque<std::string> kept_;  // where values_ refers to
    std::string document_;
    std::string condition_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
