// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_APPLY_CHANGES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_APPLY_CHANGES_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/detail/equal_json.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/whole_number.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What the changes of a patch mean.
class ChangeEvaluator {
public:
    /// Makes one change. @throws InvalidInputError  it does not fit; what was changed before it stays so
    static void apply(nlohmann::json& document, const FieldChange& change) {
        const std::span<const std::string> path{change.path};
        const bool creates = change.kind != ChangeKind::unset && change.kind != ChangeKind::remove_value;
        nlohmann::json* parent = &document;
        if (!document.is_object()) throw InvalidInputError{"the stored document is no object"};
        for (std::size_t key = 0; key + 1 < path.size(); ++key) {
            if (!parent->contains(path[key])) {
                if (!creates) return;
                (*parent)[path[key]] = nlohmann::json::object();
            }
            nlohmann::json& child = (*parent)[path[key]];
            if (child.is_null()) {
                if (!creates) return;
                child = nlohmann::json::object();
            }
            if (!child.is_object()) {
                throw InvalidInputError{"what is stored here is no object, so it has no field",
                                        pointer_of(path.first(key + 1))};
            }
            parent = &child;
        }
        make(*parent, path.back(), change);
    }

private:
    static void make(nlohmann::json& parent, const std::string& key, const FieldChange& change) {
        const bool is_there = parent.contains(key) && !parent.at(key).is_null();
        switch (change.kind) {
            case ChangeKind::set:
                parent[key] = change.value;
                return;
            case ChangeKind::unset:
                parent.erase(key);
                return;
            case ChangeKind::increment:
                parent[key] = sum(is_there ? parent.at(key) : nlohmann::json(0), change);
                return;
            case ChangeKind::append:
                if (!is_there) parent[key] = nlohmann::json::array();
                require_array(parent.at(key), change);
                parent[key].push_back(change.value);
                return;
            case ChangeKind::remove_value: {
                if (!is_there) return;
                nlohmann::json& array = parent.at(key);
                require_array(array, change);
                auto left = nlohmann::json::array();
                for (nlohmann::json& element : array) {
                    if (!equal_json(element, change.value)) left.push_back(std::move(element));
                }
                array = std::move(left);
                return;
            }
        }
    }

    static void require_array(const nlohmann::json& stored, const FieldChange& change) {
        if (stored.is_array()) return;
        throw InvalidInputError{"what is stored here is no array", pointer_of(change.path)};
    }

    static nlohmann::json sum(const nlohmann::json& stored, const FieldChange& change) {
        if (!stored.is_number()) throw InvalidInputError{"what is stored here is no number", pointer_of(change.path)};
        switch (change.number.kind) {
            case NumberType::Kind::integer:
                return integer_sum(stored, change);
            case NumberType::Kind::single_precision: {
                const float single = static_cast<float>(stored.get<double>());
                if (!std::isfinite(single)) refuse_range(change);
                const double exact = static_cast<double>(single) + change.value.get<double>();
                const float result = static_cast<float>(exact);
                if (!std::isfinite(result)) refuse_range(change);
                return static_cast<double>(result);
            }
            case NumberType::Kind::double_precision: {
                const double result = stored.get<double>() + change.value.get<double>();
                if (!std::isfinite(result)) refuse_range(change);
                return result;
            }
        }
        return stored;
    }

    /// @throws InvalidInputError  it is no integer, or beyond 64 bits
    static WholeNumber integer_of(const nlohmann::json& number, const FieldChange& change) {
        if (!number.is_number_float()) return whole_number(number);
        const std::optional<WholeNumber> whole = whole_number(number.get<double>());
        if (!whole) refuse_range(change);
        return *whole;
    }

    static bool fits(const WholeNumber& value, const NumberType& type) {
        if (!value.negative) return value.magnitude <= type.max;
        return value.magnitude <= 0 - static_cast<std::uint64_t>(type.min);
    }

    static nlohmann::json integer_sum(const nlohmann::json& stored, const FieldChange& change) {
        const WholeNumber a = integer_of(stored, change);
        const WholeNumber b = integer_of(change.value, change);
        if (!fits(a, change.number)) refuse_range(change);
        WholeNumber result = a;
        if (a.negative == b.negative) {
            result.magnitude = a.magnitude + b.magnitude;
            if (result.magnitude < a.magnitude) refuse_range(change);
        } else if (a.magnitude >= b.magnitude) {
            result.magnitude = a.magnitude - b.magnitude;
        } else {
            result = {b.negative, b.magnitude - a.magnitude};
        }
        if (result.magnitude == 0) result.negative = false;
        if (!fits(result, change.number)) refuse_range(change);
        if (!result.negative) return nlohmann::json(result.magnitude);
        return nlohmann::json(static_cast<std::int64_t>(0 - result.magnitude));
    }

    [[noreturn]] static void refuse_range(const FieldChange& change) {
        throw InvalidInputError{"the number is, or would be, beyond the range of the field's type",
                                pointer_of(change.path)};
    }
};

/// The document with its changes made, which are all of different places. @throws InvalidInputError  one does not fit
inline nlohmann::json apply_changes(nlohmann::json document, std::span<const FieldChange> changes) {
    for (const FieldChange& change : changes) ChangeEvaluator::apply(document, change);
    return document;
}

}  // namespace gridone::storage::inline v0::detail

#endif
