// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_INCREMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_INCREMENT_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/query/detail/field_change.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// The sum of a stored number and a constant as SQL, in the type of the field, and whether it can be computed. The
/// server's float types raise an error where a result is out of range, also in a part of a condition that does not
/// count; so every part is written to be in range whatever is stored.
class Increment {
public:
    /// @param stored     the stored value, of kind number, null, or NULL
    /// @param parameter  adds a parameter of a type and gives its name
    template <class AddParameter>
    Increment(const std::string& stored, const FieldChange& change, AddParameter&& parameter)
        : number_{"(CASE jsonb_typeof" + stored + " WHEN 'number' THEN (" + stored +
                  " #>> '{}')::numeric ELSE 0 END)"} {
        switch (change.number.kind) {
            case NumberType::Kind::integer: {
                const std::string sum =
                    "(" + number_ + " + " + parameter(ParameterType::numeric, canonical_json(change.value)) + ")";
                const std::string range =
                    " BETWEEN " + std::to_string(change.number.min) + " AND " + std::to_string(change.number.max);
                condition_ = number_ + " = trunc(" + number_ + ") AND " + number_ + range + " AND " + sum + range;
                value_ = "to_jsonb(trunc(" + sum + "))";
                break;
            }
            case NumberType::Kind::double_precision: {
                const auto n = change.value.get<double>();
                bound_ = parameter(ParameterType::numeric, beyond_double);
                // The sum is beyond double exactly if that of the quarters is not below 2^1022. Only where the stored
                // number is small a quarter of it could be too small, and then the sum is not too large.
                const std::string quarters = "abs((CASE WHEN abs(" + number_ + ") < 1 THEN 0::float8 WHEN " +
                                             is_double() + " THEN " + as_double() + " * 0.25::float8 ELSE 0 END) + " +
                                             parameter(ParameterType::double_precision, shortest(n / 4)) + ")";
                condition_ = is_double() + " AND " + quarters + " < 4.49423283715578976932326297697256e307::float8";
                value_ = json(as_double() + " + " + parameter(ParameterType::double_precision, shortest(n)));
                break;
            }
            case NumberType::Kind::single_precision: {
                // Twice as precise as a float, a double has room for the sum of two, which is rounded once.
                bound_ = parameter(ParameterType::numeric, beyond_double);
                const std::string in_double = as_double();
                const std::string single = "(CASE WHEN abs(" + in_double +
                                           ") <= 7.006492321624085e-46::float8 THEN 0::float8 WHEN abs(" + in_double +
                                           ") < " + beyond_float + " THEN (" + in_double + "::float4)::float8 END)";
                const std::string sum =
                    "(" + single + " + " +
                    parameter(ParameterType::double_precision, shortest(change.value.get<double>())) + ")";
                condition_ = is_double() + " AND abs(" + in_double + ") < " + beyond_float + " AND abs" + sum + " < " +
                             beyond_float;
                value_ = json("(" + sum + "::float4)::float8");
                break;
            }
        }
    }

    [[nodiscard]] const std::string& condition() const noexcept { return condition_; }
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

private:
    /// Whether the stored number is not beyond double.
    [[nodiscard]] std::string is_double() const { return "abs(" + number_ + ") < " + bound_; }

    [[nodiscard]] std::string as_double() const {
        return "(CASE WHEN abs(" + number_ + ") < 2.5e-324 THEN 0::float8 WHEN " + is_double() + " THEN " + number_ +
               "::float8 END)";
    }

    /// A sum with the digits that this library writes for it. The server's are others where the shortest decimal that
    /// is read as a double lies in the middle between two, as 1e23 does: it does not trust readers there. Such decimals
    /// are whole numbers with at most 16 digits before the zeros, between 2^54 and 1e40.
    ///
    /// Every conversion of a double to text or JSON obeys `extra_float_digits`, which roles and databases may set so that
    /// digits are lost. It is set first, until the end of the transaction: CASE evaluates its condition before its result.
    [[nodiscard]] static std::string json(const std::string& sum) {
        return "(CASE WHEN set_config('extra_float_digits', '1', true) IS NOT NULL THEN "
               "(SELECT CASE WHEN abs(s) < 18014398509481984::float8 OR abs(s) > 1e40::float8 THEN to_jsonb(s) "
               "WHEN round(n, 15 - digits)::float8 = s THEN to_jsonb(round(n, 15 - digits)) "
               "WHEN round(n, 16 - digits)::float8 = s THEN to_jsonb(round(n, 16 - digits)) ELSE to_jsonb(s) END "
               "FROM (SELECT s, s::text::numeric AS n, length(trunc(abs(s::text::numeric))::text) AS digits FROM "
               "(SELECT " +
               sum + " AS s) AS summed) AS written) END)";
    }

    [[nodiscard]] static std::string shortest(double value) {
        std::array<char, 32> text{};
        return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
    }

    /// The least double that a float takes for infinity.
    static constexpr const char* beyond_float = "3.4028235677973366e38::float8";

    /// 2^1024 - 2^970, where rounding to infinity begins.
    static constexpr const char* beyond_double =
        "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070"
        "9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447"
        "5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904"
        "174497792";

    std::string number_;
    std::string bound_{};
    std::string condition_;
    std::string value_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
