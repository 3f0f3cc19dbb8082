// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_QUERY_STEPS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_QUERY_STEPS_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// How many documents: a whole number.
template <class N>
concept IsAmount = std::integral<N> && !std::same_as<N, bool>;

/// The steps that make a query of another. `Self` has `spec()` and `with(spec)`. Each gives a new value.
template <class Self, class M>
class QuerySteps {
public:
    /// Those of the documents that the filter is true of; a second one narrows the first.
    /// @throws InvalidInputError  the filters together are nested too deep.
    [[nodiscard]] Self where(const Filter<M>& filter) const {
        QuerySpec spec = self().spec();
        spec.where = (Filter<M>{spec.where} && filter).node();
        return self().with(std::move(spec));
    }
    template <class F>
        requires(!std::convertible_to<const F&, Filter<M>>)
    void where(const F&) const = delete;  // gridone::storage: a filter on fields of the model

    /// In this order, in place of one before: by the first, documents that are equal there by the second, and so on;
    /// in the end by id, in the direction of the last, so that an order is always total. `order_by(device::site,
    /// device::name.descending())`. Without one: by id.
    template <std::convertible_to<Order<M>>... Orders>
        requires(sizeof...(Orders) > 0)
    [[nodiscard]] Self order_by(const Orders&... orders) const {
        QuerySpec spec = self().spec();
        spec.order = {Order<M>{orders}.key()...};
        return self().with(std::move(spec));
    }
    template <class... Orders>
        requires(sizeof...(Orders) > 0 && !(std::convertible_to<Orders, Order<M>> && ...))
    void order_by(const Orders&...) const = delete;  // gridone::storage: fields of the model that have an order

    /// So many documents at most. @throws InvalidInputError  less than 0.
    template <IsAmount N>
    [[nodiscard]] Self limit(N documents) const {
        QuerySpec spec = self().spec();
        spec.limit = not_negative(documents, "limit");
        return self().with(std::move(spec));
    }
    template <class N>
    void limit(N) const = delete;  // gridone::storage: a whole number of documents

    /// Without the first so many. The server reads them all the same: a page far behind costs what all before it cost.
    /// @throws InvalidInputError  less than 0.
    template <IsAmount N>
    [[nodiscard]] Self offset(N documents) const {
        QuerySpec spec = self().spec();
        spec.offset = not_negative(documents, "offset");
        return self().with(std::move(spec));
    }
    template <class N>
    void offset(N) const = delete;  // gridone::storage: a whole number of documents

private:
    friend Self;
    QuerySteps() = default;

    const Self& self() const noexcept { return static_cast<const Self&>(*this); }

    template <IsAmount N>
    static std::size_t not_negative(N number, std::string_view what) {
        if (std::cmp_less(number, 0)) throw InvalidInputError{std::string{what} + " of less than 0 documents"};
        return static_cast<std::size_t>(number);
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
