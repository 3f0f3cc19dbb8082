// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_COALESCING_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_ADAPTERS_COALESCING_STORAGE_BACKEND_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/coalescing_store.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/postgres/postgres_storage_backend.hpp>
#include <gridone/storage/query/detail/document_operations.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <memory>

namespace gridone::storage::inline v0 {

namespace detail {

template <class M, class Hooks>
class CoalescingDocuments : public DocumentOperations<CoalescingDocuments<M, Hooks>, M, Hooks> {
public:
    /// Takes a copy of the storage, a handle as all copies are. No I/O.
    /// @throws InvalidInputError  one of the options is 0.
    explicit CoalescingDocuments(const PostgresDocuments<M, Hooks>& storage, const CoalescingOptions& options = {})
        : table_{storage.table()},
          store_{std::make_shared<const CoalescingStore>(StorageAccess::store(storage), options)} {
        check_hooks<M, Hooks>();
    }

    // A move copies: what was moved from stays usable.
    CoalescingDocuments(const CoalescingDocuments&) = default;
    CoalescingDocuments& operator=(const CoalescingDocuments&) = default;
    ~CoalescingDocuments() = default;

    [[nodiscard]] const DocumentTable<M>& table() const noexcept { return table_; }

    /// How much is shared. Any thread, at any time.
    [[nodiscard]] CoalescingStats coalescing_stats() const { return store_->stats(); }

private:
    friend struct StorageAccess;
    const CoalescingStore& store() const noexcept { return *store_; }

    DocumentTable<M> table_;
    std::shared_ptr<const CoalescingStore> store_;
};

}  // namespace detail

/// A `PostgresStorageBackend` for many callers at once: `CoalescingStorageBackend<Device> devices{plain};`. What several
/// threads ask for at the same time goes to the server as one statement, which costs it a few times less for each
/// document, and takes one or two connections instead of one for each caller.
///
/// `read`, `find`, `contains`, `write`, `insert` and `remove` of one document are shared, outside transactions; all else
/// is done as the plain storage does it. Nothing else about them is different: the same results, errors, deadlines and
/// outcomes; a read sees every write that had returned before it began; a call whose statement could not be answered as a
/// whole, since one document breaks a rule or the connection was lost, is made again alone. An `insert` or a `remove` that
/// touched no row looks whether the document is there. A caller that finds no other call
/// pays two short locks: its call is made as by the plain storage.
///
/// What differs: where a statement waits for a row that somebody keeps locked, those who share it wait a tenth of a
/// second, and then each goes alone; those who come after them wait `max_wait`. Where there is no connection, a call waits
/// for its turn at most the pool's `acquire_timeout`, and then alone for the same time again. Calls under a stop token
/// never lead: where all that gather have one, each is made alone.
///
/// Copies share their statements; two storages made from the same plain one do not. Any thread.
template <class M, class Hooks = void>
class CoalescingStorageBackend : public detail::CoalescingDocuments<M, Hooks> {
public:
    using detail::CoalescingDocuments<M, Hooks>::CoalescingDocuments;
};

/// Without hooks. Final, because a class derived from it would be thought to have hooks; those need
/// `CoalescingStorageBackend<M, Derived>`.
template <class M>
class CoalescingStorageBackend<M, void> final : public detail::CoalescingDocuments<M, void> {
public:
    using detail::CoalescingDocuments<M, void>::CoalescingDocuments;
};

}  // namespace gridone::storage::inline v0

#endif
