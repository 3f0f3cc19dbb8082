// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_QUERY_HPP
#define GRIDONE_STORAGE_QUERY_QUERY_HPP

#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/query_steps.hpp>

#include <utility>

namespace gridone::storage::inline v0 {

/// Which documents of M, in which order: a plain value, made before any storage is there, kept, given on, and used from
/// any number of threads. `storage.query(q)` binds it.
template <class M>
class Query : public detail::QuerySteps<Query<M>, M> {
public:
    /// All documents.
    Query() = default;
    explicit Query(detail::QuerySpec spec) : spec_{std::move(spec)} {}

    // A move copies: what was moved from stays usable.
    Query(const Query&) = default;
    Query& operator=(const Query&) = default;
    ~Query() = default;

    [[nodiscard]] const detail::QuerySpec& spec() const noexcept { return spec_; }
    [[nodiscard]] static Query with(detail::QuerySpec spec) { return Query{std::move(spec)}; }

private:
    detail::QuerySpec spec_;
};

/// All documents of M, to be narrowed: `query<Device>().where(device::site == "lyon").order_by(device::name).limit(50)`.
template <class M>
[[nodiscard]] Query<M> query() {
    return {};
}

}  // namespace gridone::storage::inline v0

#endif
