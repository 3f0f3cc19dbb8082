// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_CONFORMANCE_CHECKS_HPP
#define GRIDONE_STORAGE_TESTING_CONFORMANCE_CHECKS_HPP

#include <gridone/storage/core/storage_backend.hpp>
#include <gridone/storage/query/document_backend.hpp>
#include <gridone/storage/testing/conformance_document.hpp>
#include <gridone/storage/testing/conformance_failure.hpp>
#include <gridone/storage/testing/detail/batch_checks.hpp>
#include <gridone/storage/testing/detail/change_checks.hpp>
#include <gridone/storage/testing/detail/check_list.hpp>
#include <gridone/storage/testing/detail/error_checks.hpp>
#include <gridone/storage/testing/detail/id_checks.hpp>
#include <gridone/storage/testing/detail/listing_checks.hpp>
#include <gridone/storage/testing/detail/operation_checks.hpp>
#include <gridone/storage/testing/detail/query_checks.hpp>
#include <gridone/storage/testing/detail/thread_checks.hpp>
#include <gridone/storage/testing/detail/transaction_checks.hpp>
#include <gridone/storage/testing/detail/value_checks.hpp>
#include <gridone/storage/testing/detail/version_checks.hpp>

#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing {

/// What a `StorageBackend` has to do, one check for each promise, for any test framework: run them one by one, in any
/// order. `testing/conformance.hpp` runs them under Catch2.
///
/// @param factory  called by each check, some of them twice, for a fresh and empty storage of `ConformanceDocument`s
///                 that shares nothing with the others. May return a storage that cannot be moved.
/// @returns checks with distinct names; `run` throws `ConformanceFailure`. `find`, `insert`, `replace`, `contains`,
///                 `count` and `clear` are checked only on storages that have them.
/// @note   The checks with threads use eight of them.
template <class Factory>
[[nodiscard]] std::vector<ConformanceCheck> conformance_checks(Factory factory) {
    static_assert(StorageBackend<detail::MadeBy<Factory>, ConformanceDocument>,
                  "the factory of conformance_checks has to return a StorageBackend<ConformanceDocument>, with "
                  "ConformanceDocument from gridone/storage/testing/conformance_document.hpp");
    detail::CheckList<Factory> checks{std::move(factory)};
    detail::add_value_checks(checks);
    detail::add_operation_checks(checks);
    detail::add_id_checks(checks);
    detail::add_listing_checks(checks);
    detail::add_error_checks(checks);
    detail::add_thread_checks(checks);
    if constexpr (DocumentBackend<detail::MadeBy<Factory>, ConformanceDocument>) {
        detail::add_version_checks(checks);
        detail::add_change_checks(checks);
        detail::add_batch_checks(checks);
        detail::add_transaction_checks(checks);
        detail::add_query_checks(checks);
    }
    return std::move(checks).take();
}

}  // namespace gridone::storage::inline v0::testing

#endif
