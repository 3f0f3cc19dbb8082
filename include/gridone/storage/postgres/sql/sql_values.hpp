// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_SQL_VALUES_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_SQL_VALUES_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>
#include <gridone/storage/postgres/sql/text_array.hpp>
#include <gridone/storage/query/detail/field_place.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// How the values of conditions come into SQL: as parameters, which are collected here, or literally, for DDL.
class SqlValues {
public:
    enum class As { parameters, literals };

    explicit SqlValues(As as) : as_{as} {}

    /// A text, number (which may be written as a text), truth value or time.
    std::string scalar(const nlohmann::json& value, ValueKind kind) {
        switch (kind) {
            case ValueKind::number:
                return put(ParameterType::numeric, value.is_string() ? value.get<std::string>() : canonical_json(value),
                           "::numeric");
            case ValueKind::boolean:
                return put(ParameterType::boolean, value.get<bool>() ? "true" : "false", "::boolean");
            case ValueKind::time:
                return put(ParameterType::timestamp, clock_of(value), "::timestamp");
            case ValueKind::text:
            case ValueKind::array:
            case ValueKind::object:
            case ValueKind::any:
                break;
        }
        return text(value.get_ref<const std::string&>());
    }

    /// An array of such values.
    std::string list(const nlohmann::json& values, ValueKind kind) {
        TextArray array;
        std::string literal = "ARRAY[";
        for (const nlohmann::json& value : values) {
            const std::string element = kind == ValueKind::text   ? value.get<std::string>()
                                        : kind == ValueKind::time ? clock_of(value)
                                                                  : canonical_json(value);
            if (as_ == As::parameters) {
                array.push_back(element);
            } else {
                literal += (literal.back() == '[' ? "" : ", ") + quote_literal(element);
            }
        }
        const std::string type = std::string{type_name(kind)} + "[]";
        if (as_ == As::literals) return "(" + literal + "]::" + type + ")";
        return "(" + put(ParameterType::text_array, std::string{array.wire()}, "") + "::" + type + ")";
    }

    std::string text(std::string value) { return put(ParameterType::text, std::move(value), "::text"); }
    std::string json(const nlohmann::json& value) {
        return put(ParameterType::jsonb, canonical_json(value), "::jsonb");
    }

    /// A count; one that no table reaches stands for all that are greater.
    std::string number(std::size_t value) {
        constexpr std::size_t more_than_any = std::size_t{1} << 62U;
        return put(ParameterType::bigint, std::to_string(std::min(value, more_than_any)), "::bigint");
    }

    /// A parameter of the server's protocol, whatever this is made for.
    std::string put(ParameterType type, std::string value, std::string_view cast) {
        if (as_ == As::literals) return quote_literal(value).append(cast);
        constexpr std::size_t most = 65535;
        if (types_.size() == most) {
            throw InvalidInputError{
                "more than 65535 values, which is what one statement can take; in() takes any number"};
        }
        types_.push_back(type);
        values_.push_back(std::move(value));
        return "$" + std::to_string(types_.size());
    }

    [[nodiscard]] const std::vector<ParameterType>& types() const noexcept { return types_; }

    /// Views of the values.
    [[nodiscard]] std::vector<std::string_view> views() const { return {values_.begin(), values_.end()}; }

private:
    /// A time in UTC as timestamp reads it, which has no zone.
    static std::string clock_of(const nlohmann::json& value) {
        const auto& iso = value.get_ref<const std::string&>();
        return iso.substr(0, iso.size() - 1);
    }

    static std::string_view type_name(ValueKind kind) noexcept {
        switch (kind) {
            case ValueKind::number:
                return "numeric";
            case ValueKind::boolean:
                return "boolean";
            case ValueKind::time:
                return "timestamp";
            case ValueKind::text:
            case ValueKind::array:
            case ValueKind::object:
            case ValueKind::any:
                break;
        }
        return "text";
    }

    As as_;
    std::vector<ParameterType> types_;
    std::deque<std::string> values_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
