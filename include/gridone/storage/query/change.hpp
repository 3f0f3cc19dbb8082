// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_CHANGE_HPP
#define GRIDONE_STORAGE_QUERY_CHANGE_HPP

#include <gridone/storage/query/detail/field_change.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0 {

/// Stands for every model: of a `path`, which no struct has.
struct AnyModel {};

namespace detail {
/// A field of `From` is one of `M` as well.
template <class From, class M>
concept FieldModel = std::same_as<From, AnyModel> || std::derived_from<M, From>;
}  // namespace detail

/// One change of a patch of an `M`, as `device::floor.set(3)` gives it: a plain value, which can be kept and collected.
template <class M>
class Change {
public:
    explicit Change(detail::FieldChange spec) : spec_{std::move(spec)} {}

    /// A change of a base of M, or of a path.
    template <class From>
        requires(!std::same_as<From, M> && detail::FieldModel<From, M>)
    Change(const Change<From>& other)  // NOLINT(google-explicit-constructor): it is one of M as well
        : spec_{other.spec()} {}
    template <class From>
        requires(!std::same_as<From, M> && !detail::FieldModel<From, M>)
    Change(const Change<From>&) = delete;  // gridone::storage: this is a change of another model

    /// What is changed, and how.
    [[nodiscard]] const detail::FieldChange& spec() const noexcept { return spec_; }

private:
    detail::FieldChange spec_;
};

}  // namespace gridone::storage::inline v0

#endif
