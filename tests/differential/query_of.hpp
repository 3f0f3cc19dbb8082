// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_QUERY_OF_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_QUERY_OF_HPP

#include "differential/case_query.hpp"
#include "differential/seen.hpp"
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>
#include <gridone/storage/query/query.hpp>

#include <cstddef>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace differential {

/// Calls `f(field)`.
template <class F>
decltype(auto) with_field(const CaseField& it, F&& f) {
    if (it.is_id) return f(gridone::storage::id_field);
    return with_type(it.type,
                     [&]<class T>(TypeTag<T>) -> decltype(auto) { return f(gridone::storage::Path<T>{it.keys}); });
}

/// The query of a description. A description that no type allows is a `std::logic_error`.
class QueryOf {
    using Filter = gridone::storage::Filter<gridone::storage::AnyModel>;
    using Order = gridone::storage::Order<json>;
    using Query = gridone::storage::Query<json>;
    using Kind = CaseFilter::Kind;

public:
    /// @param seen  knows the versions
    explicit QueryOf(const Seen& seen) : seen_{seen} {}

    [[nodiscard]] Query operator()(const CaseQuery& it) const {
        auto made = gridone::storage::query<json>();
        for (const CaseFilter& each : it.where) made = made.where(filter(each));
        std::vector<Order> orders;
        for (const CaseOrder& each : it.order) orders.push_back(order(each));
        if (orders.size() == 1) made = made.order_by(orders[0]);
        if (orders.size() == 2) made = made.order_by(orders[0], orders[1]);
        if (orders.size() == 3) made = made.order_by(orders[0], orders[1], orders[2]);
        if (it.limit >= 0) made = made.limit(it.limit);
        if (it.offset != 0) made = made.offset(it.offset);
        return made;
    }

private:
    [[nodiscard]] Filter filter(const CaseFilter& it) const {
        switch (it.kind) {
            case Kind::everything:
                return {};
            case Kind::negation:
                return !filter(it.parts.at(0));
            case Kind::all_of:
            case Kind::any_of: {
                Filter made = filter(it.parts.at(0));
                for (std::size_t part = 1; part < it.parts.size(); ++part) {
                    if (it.kind == Kind::all_of) {
                        made &= filter(it.parts[part]);
                    } else {
                        made = made || filter(it.parts[part]);
                    }
                }
                return made;
            }
            case Kind::version_equal:
                return gridone::storage::version_field == version(it);
            case Kind::version_not_equal:
                return version(it) != gridone::storage::version_field;
            case Kind::version_in:
                return gridone::storage::version_field.in({version(it), seen_.newest(), version(it)});
            default:
                return with_field(it.field, [&](const auto& field) { return leaf(field, it); });
        }
    }

    template <class Field>
    [[nodiscard]] Filter leaf(const Field& field, const CaseFilter& it) const {
        using namespace gridone::storage::detail;
        using Value = typename Field::value_type;
        if (it.kind == Kind::is_null) return field.is_null();
        if constexpr (IsComparable<Value>) {
            if (it.kind == Kind::in) return field.in(it.literal.get<std::vector<Value>>());
            if (it.kind <= Kind::greater_equal) return comparison(field, it);
        }
        if constexpr (IsOrdered<Value>) {
            if (it.kind == Kind::between) {
                return field.between(it.literal.at(0).get<Value>(), it.literal.at(1).get<Value>());
            }
        }
        if constexpr (IsText<Value>) {
            if (it.kind == Kind::starts_with) return field.starts_with(it.literal.get<Value>());
            if (it.kind == Kind::contains) return field.contains(it.literal.get<Value>());
        }
        if constexpr (IsSequence<Value>) {
            using Element = typename Value::value_type;
            if (it.kind == Kind::any) return field.any(filter(it.parts.at(0)));
            if constexpr (IsComparable<Element>) {
                if (it.kind == Kind::contains) return field.contains(it.literal.get<Element>());
            }
        }
        if constexpr (IsMap<Value>) {
            using Mapped = typename Value::mapped_type;
            if (it.kind == Kind::any) return field.any(filter(it.parts.at(0)));
            if (it.kind == Kind::contains_key) return field.contains_key(it.literal.get<std::string>());
            if constexpr (IsComparable<Mapped>) {
                if (it.kind == Kind::contains_value) return field.contains_value(it.literal.get<Mapped>());
            }
        }
        throw std::logic_error{"a condition that no field of this type has"};
    }

    template <class Field>
    [[nodiscard]] static Filter comparison(const Field& field, const CaseFilter& it) {
        using Value = typename Field::value_type;
        if (!it.other) {
            const auto value = it.literal.get<Value>();
            return it.literal_is_first ? compared(it.kind, value, field) : compared(it.kind, field, value);
        }
        if constexpr (gridone::storage::detail::IsNumber<Value>) {
            if (it.other->type == FieldType::real) {
                return compared(it.kind, field, gridone::storage::Path<double>{it.other->keys});
            }
        }
        if constexpr (gridone::storage::detail::IsText<Value>) {
            if (it.other->is_id) return compared(it.kind, field, gridone::storage::id_field);
        }
        return compared(it.kind, field, gridone::storage::Path<Value>{it.other->keys});
    }

    template <class L, class R>
    [[nodiscard]] static Filter compared(Kind kind, const L& left, const R& right) {
        if (kind == Kind::equal) return left == right;
        if (kind == Kind::not_equal) return left != right;
        if constexpr (gridone::storage::detail::OrderOf<L, R>) {
            if (kind == Kind::less) return left < right;
            if (kind == Kind::less_equal) return left <= right;
            if (kind == Kind::greater) return left > right;
            if (kind == Kind::greater_equal) return left >= right;
        }
        throw std::logic_error{"a comparison that no field of this type has"};
    }

    [[nodiscard]] static Order order(const CaseOrder& it) {
        return with_field(it.field, [&](const auto& field) -> Order {
            if constexpr (requires { field.ascending().key(); }) {
                return it.descending ? field.descending() : field.ascending();
            } else {
                throw std::logic_error{"an order by a field whose values have none"};
            }
        });
    }

    [[nodiscard]] gridone::storage::Version version(const CaseFilter& it) const {
        return it.version < 0 ? seen_.newest() : seen_.version(static_cast<std::size_t>(it.version));
    }

    const Seen& seen_;
};

}  // namespace differential

#endif
