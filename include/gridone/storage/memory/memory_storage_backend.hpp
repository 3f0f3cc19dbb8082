// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_MEMORY_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_MEMORY_MEMORY_STORAGE_BACKEND_HPP

#include <gridone/storage/core/detail/document_operations.hpp>
#include <gridone/storage/memory/detail/memory_store.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <memory>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

template <class M, class Hooks>
class MemoryDocuments : public DocumentOperations<MemoryDocuments<M, Hooks>, M, Hooks> {
public:
    /// An empty storage of its own.
    MemoryDocuments() : MemoryDocuments{document_table<M>("documents")} {}

    /// An empty storage that calls itself by the table's name in errors and keeps to the table's limits.
    explicit MemoryDocuments(DocumentTable<M> table) : table_{std::move(table)} { check_hooks<M, Hooks>(); }

    [[nodiscard]] const DocumentTable<M>& table() const noexcept { return table_; }

private:
    friend DocumentOperations<MemoryDocuments, M, Hooks>;
    MemoryStore& store() const noexcept { return *store_; }

    DocumentTable<M> table_;
    std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

}  // namespace detail

/// The twin of `PostgresStorageBackend`, for tests and for programs that need no server: the same operations, the same
/// hooks, the same errors, and the very text that the server would store.
///
/// Copies are handles to the same documents. Any number of threads may use it; an operation is atomic.
template <class M, class Hooks = void>
class MemoryStorageBackend : public detail::MemoryDocuments<M, Hooks> {
public:
    using detail::MemoryDocuments<M, Hooks>::MemoryDocuments;
};

/// Without hooks: nlohmann's own to_json and from_json. Final, because a class derived from it would be thought to have
/// hooks; those need `MemoryStorageBackend<M, Derived>`.
template <class M>
class MemoryStorageBackend<M, void> final : public detail::MemoryDocuments<M, void> {
public:
    using detail::MemoryDocuments<M, void>::MemoryDocuments;
};

}  // namespace gridone::storage::inline v0

#endif
