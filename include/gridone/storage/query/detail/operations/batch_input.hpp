// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BATCH_INPUT_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BATCH_INPUT_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/id.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What can be walked over, giving ids.
template <class R>
concept IdRange = std::ranges::forward_range<const R&> &&
                  std::convertible_to<std::ranges::range_reference_t<const R&>, std::string_view>;

template <class T, class M>
concept IdAndValue = requires(const T& element) {
    { element.first } -> std::convertible_to<std::string_view>;
    { element.second } -> std::convertible_to<const M&>;
};

/// What can be walked over, giving ids with values: pairs (a map, a vector of pairs) or `Document<M>`s.
template <class R, class M>
concept DocumentRange =
    std::ranges::forward_range<const R&> && std::is_lvalue_reference_v<std::ranges::range_reference_t<const R&>> &&
    (IdAndValue<std::ranges::range_value_t<const R&>, M> ||
     std::same_as<std::ranges::range_value_t<const R&>, Document<M>>);

/// What can be walked over once, giving the same.
template <class R, class M>
concept DocumentStream =
    std::ranges::input_range<R> && !DocumentRange<std::remove_cvref_t<R>, M> &&
    (IdAndValue<std::ranges::range_value_t<R>, M> || std::same_as<std::ranges::range_value_t<R>, Document<M>>);

/// Neither of them.
template <class R, class M>
concept NoDocuments = !DocumentRange<std::remove_cvref_t<R>, M> && !DocumentStream<R, M>;

template <class Element>
std::string_view id_of(const Element& element) {
    if constexpr (requires { element.first; }) {
        return element.first;
    } else {
        return element.id;
    }
}
template <class M, class Element>
const M& value_of(const Element& element) {
    if constexpr (requires { element.first; }) {
        return element.second;
    } else {
        return element.value;
    }
}

/// The ids that a batch is about: each once, in byte order, with the places in the call where each stands. Views into
/// the caller's range.
class IdBatch {
public:
    template <IdRange Ids>
    IdBatch(CallSite site, const Ids& ids) {
        for (std::string_view id : ids) {
            site.id = id;
            site.position = all_.size() + 1;
            located(site, [&] { check_id_text(id); });
            all_.push_back(id);
        }
        order_.resize(all_.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::ranges::sort(order_, {}, [this](std::size_t place) { return std::pair{all_[place], place}; });
        for (std::size_t at = 0; at < order_.size(); ++at) {
            const std::string_view id = all_[order_[at]];
            if (!ids_.empty() && ids_.back() == id) continue;
            ids_.push_back(id);
            begins_.push_back(at);
        }
        begins_.push_back(order_.size());
    }

    [[nodiscard]] std::size_t asked() const noexcept { return all_.size(); }
    [[nodiscard]] std::span<const std::string_view> ids() const noexcept { return ids_; }

    /// Where in the call this id stands; nothing if it is none of the batch.
    [[nodiscard]] std::span<const std::size_t> places(std::string_view id) const {
        const auto found = std::ranges::lower_bound(ids_, id);
        if (found == ids_.end() || *found != id) return {};
        return places_at(static_cast<std::size_t>(found - ids_.begin()));
    }

    /// The same for the id at this position of `ids()`.
    [[nodiscard]] std::span<const std::size_t> places_at(std::size_t position) const noexcept {
        return std::span{order_}.subspan(begins_[position], begins_[position + 1] - begins_[position]);
    }

private:
    std::vector<std::string_view> all_;  // as asked
    std::vector<std::size_t> order_;     // places in all_, by id
    std::vector<std::string_view> ids_;  // each once
    std::vector<std::size_t> begins_;    // of each id's places in order_, and the end
};

}  // namespace gridone::storage::inline v0::detail

#endif
