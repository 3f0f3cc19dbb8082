// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_ORDER_HPP
#define GRIDONE_STORAGE_QUERY_ORDER_HPP

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>

#include <concepts>
#include <utility>

namespace gridone::storage::inline v0 {

/// By what documents of M are ordered: `device::name.descending()`; a field alone is ascending. Documents without a
/// value come last, and first in descending order.
template <class M>
class Order {
public:
    explicit Order(detail::OrderKey key) : key_{std::move(key)} {}

    // A move copies: what was moved from stays usable.
    Order(const Order&) = default;
    Order& operator=(const Order&) = default;
    ~Order() = default;

    /// Ascending.
    template <class F>
        requires requires(const F& field) {
            { field.ascending() } -> std::convertible_to<Order>;
        }
    Order(const F& field) : Order{field.ascending()} {}  // NOLINT(google-explicit-constructor): the usual direction

    /// An order by a field of a base of M, or by a path.
    template <class From>
        requires(!std::same_as<From, M> && detail::FieldModel<From, M>)
    Order(const Order<From>& other)  // NOLINT(google-explicit-constructor): it is one of M as well
        : key_{other.key()} {}
    template <class From>
        requires(!std::same_as<From, M> && !detail::FieldModel<From, M>)
    Order(const Order<From>&) = delete;  // gridone::storage: this is an order of another model

    explicit operator bool() const = delete;  // gridone::storage: an order: descending() turns it, order_by(a, b) joins

    [[nodiscard]] const detail::OrderKey& key() const noexcept { return key_; }

private:
    detail::OrderKey key_;
};

}  // namespace gridone::storage::inline v0

#endif
