// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_LOCATED_AT_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_LOCATED_AT_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/storage_error.hpp>

namespace gridone::storage::inline v0::detail {

/// Runs a conversion that knows its own part of a document only; an error of ours that passes through learns where the
/// part is.
template <class F>
decltype(auto) located_at(const JsonStep* at, F&& f) {
    try {
        return f();
    } catch (StorageError& error) {
        ErrorAccess::move_below(error, json_pointer(at));
        throw;
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
