// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_TOTALS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_TOTALS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/detail/iso_time.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/detail/read_back.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/comparison_operators.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/literal.hpp>
#include <gridone/storage/query/detail/operations/storage_parts.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/seen_row.hpp>
#include <gridone/storage/query/query.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The type in which a field's value is returned: text owns its characters, also where the field is a string_view.
template <class F>
using ReturnedValue = std::conditional_t<IsText<ValueOf<F>>, std::string, ValueOf<F>>;

/// What a query tells about all the documents that its filter is true of, whatever limit and offset are. `Self` has
/// `spec()`.
template <class Self, class M, class Hooks>
class QueryTotals : public StorageParts<Self, M, Hooks> {
public:
    /// How many documents the filter is true of, whatever limit and offset are.
    [[nodiscard]] std::size_t count() const { return this->texts().query_count(this->at("query.count"), filter()); }

    /// Whether the filter is true of any document, whatever limit and offset are.
    [[nodiscard]] bool exists() const { return this->texts().query_exists(this->at("query.exists"), filter()); }

    /// The values of a field and how many of the documents have each, in order of the values; those without a value come
    /// last, as nothing. Ignores limit and offset.
    /// @throws DecodeError  a value that the field's type cannot hold.
    /// @note   SELECT value, count(*) … WHERE … GROUP BY value ORDER BY value
    template <IsField F>
        requires(FieldModel<typename F::model_type, M> && IsComparable<ValueOf<F>>)
    [[nodiscard]] std::vector<std::pair<std::optional<ReturnedValue<F>>, std::size_t>> count_by(const F& field) const {
        const CallSite site = this->at("query.count_by");
        const FieldPlace place = located(site, [&] { return place_of(field); });
        if (asks_for_timestamps(place)) expect_times(site);
        std::vector<std::pair<std::optional<ReturnedValue<F>>, std::size_t>> counts;
        for (const ValueCount& group : this->texts().query_groups(site, filter(), place)) {
            counts.emplace_back(value_from<ReturnedValue<F>>(site, place, group.value), group.documents);
        }
        return counts;
    }
    template <class F>
    void count_by(const F&) const = delete;  // gridone::storage: a field of the model whose values can be compared

    /// The least value of a field; nothing where no document has one. Ignores limit and offset.
    /// @throws DecodeError  a value that the field's type cannot hold; a column of the field, made by other means, that
    ///                      differs from the document.
    /// @note   SELECT id, data … WHERE … AND value IS NOT NULL ORDER BY value LIMIT 1
    template <IsField F>
        requires(FieldModel<typename F::model_type, M> && IsOrdered<ValueOf<F>>)
    [[nodiscard]] std::optional<ReturnedValue<F>> min(const F& field) const {
        return outermost("query.min", field, false);
    }
    template <class F>
    void min(const F&) const = delete;  // gridone::storage: a field of the model whose values have an order

    /// The greatest value of a field. Otherwise as `min`.
    template <IsField F>
        requires(FieldModel<typename F::model_type, M> && IsOrdered<ValueOf<F>>)
    [[nodiscard]] std::optional<ReturnedValue<F>> max(const F& field) const {
        return outermost("query.max", field, true);
    }
    template <class F>
    void max(const F&) const = delete;  // gridone::storage: a field of the model whose values have an order

    /// The sum of a field, 0 of no values. Exact, and rounded once where the field is no integer. Ignores limit and
    /// offset.
    /// @throws InvalidInputError  the sum is beyond 64 bits, or beyond double.
    /// @note   SELECT sum(value), count(value) … WHERE …
    template <IsField F>
        requires(FieldModel<typename F::model_type, M> && IsNumber<ValueOf<F>>)
    [[nodiscard]] auto sum(const F& field) const {
        using Sum = std::conditional_t<std::integral<ValueOf<F>>, std::int64_t, double>;
        const CallSite site = this->at("query.sum");
        const FieldPlace place = located(site, [&] { return place_of(field); });
        return number_from<Sum>(site, this->texts().query_sum(site, filter(), place).sum);
    }
    template <class F>
    void sum(const F&) const = delete;  // gridone::storage: a field of the model that is a number

    /// The mean of a field; nothing where no document has a value. Otherwise as `sum`.
    template <IsField F>
        requires(FieldModel<typename F::model_type, M> && IsNumber<ValueOf<F>>)
    [[nodiscard]] std::optional<double> avg(const F& field) const {
        const CallSite site = this->at("query.avg");
        const FieldPlace place = located(site, [&] { return place_of(field); });
        const SumOfValues sum = this->texts().query_sum(site, filter(), place);
        if (sum.values == 0) return std::nullopt;
        return number_from<double>(site, sum.sum) / static_cast<double>(sum.values);
    }
    template <class F>
    void avg(const F&) const = delete;  // gridone::storage: a field of the model that is a number

protected:
    /// @throws UsageError  the query asks for times that the table does not keep.
    void expect_times(const CallSite& site) const {
        if (this->self().table().rules().timestamps) return;
        throw UsageError{site.because("it asks for times that the table does not keep; describe it with_timestamps()")};
    }

private:
    [[nodiscard]] const FilterNode& filter() const noexcept { return *this->self().spec().where; }

    /// @throws InvalidInputError  the number type cannot hold it.
    template <class Number>
    [[nodiscard]] static Number number_from(const CallSite& site, std::string_view decimal) {
        if constexpr (std::integral<Number>) {  // 3.00 is one
            const auto point = decimal.find('.');
            const bool is_whole =
                decimal.substr(std::min(point, decimal.size())).find_first_not_of(".0") == decimal.npos;
            if (is_whole) decimal = decimal.substr(0, point);
        }
        Number number{};
        const auto [end, error] = std::from_chars(decimal.data(), decimal.data() + decimal.size(), number);
        if (error == std::errc{} && end == decimal.data() + decimal.size()) return number;
        throw InvalidInputError{site.because("a result that its type cannot hold")};
    }

    /// @throws DecodeError  the type cannot hold it.
    template <class V>
    [[nodiscard]] static std::optional<V> value_from(const CallSite& site, const FieldPlace& place,
                                                     const nlohmann::json& value) {
        if (value.is_null()) return std::nullopt;
        return located(site, [&]() -> std::optional<V> {
            if constexpr (IsTime<V>) {
                const auto time = time_in(value);
                if (!time) throw DecodeError{"a value of the field that is not a time", pointer_of(place.keys)};
                if constexpr (std::same_as<V, Timestamp>) {
                    return V{*time};
                } else {
                    if (!can_hold_time<typename V::duration>(time->time_since_epoch())) {
                        throw DecodeError{"a time that the field's type cannot hold", pointer_of(place.keys)};
                    }
                    return std::chrono::floor<typename V::duration>(*time);
                }
            } else {
                if constexpr (IsNumber<V>) {
                    if (!can_hold<V>(value)) {
                        throw DecodeError{"a number that the field's type cannot hold", pointer_of(place.keys)};
                    }
                }
                V read = from_document<V, void>(NoHooks{}, value, site);
                if constexpr (std::is_enum_v<V>) {
                    if (!ReadBack::same_scalar(value, json_tree(read))) {
                        throw DecodeError{"a value that the field's type cannot hold", pointer_of(place.keys)};
                    }
                }
                return read;
            }
        });
    }

    template <class F>
    [[nodiscard]] std::optional<ReturnedValue<F>> outermost(std::string_view operation, const F& field,
                                                            bool greatest) const {
        CallSite site = this->at(operation);
        if (asks_for_timestamps(located(site, [&] { return place_of(field); }))) expect_times(site);
        const QuerySpec spec = located(site, [&] {
            const Query<M> all{
                {.where = this->self().spec().where, .order = {OrderKey{place_of(field), greatest}}, .limit = 1}};
            return all.where(!field.is_null()).spec();
        });
        const std::vector<StoredRow> found = this->texts().query(site, spec);
        if (found.empty()) return std::nullopt;
        const nlohmann::json document =
            located(site, [&] { return parse_json(found.front().text, this->self().table().limits()); });
        const SeenDocument seen = seen_row(found.front().id, found.front(), document);
        site.id = found.front().id;
        const FieldPlace& place = spec.order.front().field;
        const nlohmann::json* value = value_at(seen, place);
        if (value == nullptr) {
            ErrorInfo info = site.because(
                "the server chose this document by a value of the field that the document does not have: a column of "
                "the field differs from it; compare the table with verify_schema()");
            info.pointer = pointer_of(place.keys);
            throw DecodeError{std::move(info)};
        }
        return value_from<ReturnedValue<F>>(site, place, *value);
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
