// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_ANY_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_ADAPTERS_ANY_STORAGE_BACKEND_HPP

#include <gridone/storage/adapters/detail/any_store.hpp>
#include <gridone/storage/adapters/detail/held_store.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/query/detail/document_operations.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

/// A storage of the library with this model and these hooks.
template <class B, class M, class Hooks>
concept StorageOf = requires(const B& backend) {
    requires std::same_as<typename B::model_type, M>;
    requires std::same_as<typename B::hooks_type, Hooks>;
    requires TextStore<std::remove_cvref_t<decltype(StorageAccess::store(backend))>>;
} && !IsView<B>;

template <class M, class Hooks>
class AnyDocuments : public DocumentOperations<AnyDocuments<M, Hooks>, M, Hooks> {
public:
    /// Takes a copy of the storage, a handle as all copies are.
    template <StorageOf<M, Hooks> Backend>
    AnyDocuments(const Backend& backend)  // NOLINT(google-explicit-constructor): it stands for any of them
        : AnyDocuments{backend.table(),
                       std::make_shared<const HeldStore<std::remove_cvref_t<decltype(StorageAccess::store(backend))>>>(
                           StorageAccess::store(backend))} {}
    template <class Backend>
        requires(!StorageOf<Backend, M, Hooks> && !std::derived_from<Backend, AnyDocuments>)
    AnyDocuments(const Backend&) =
        delete;  // gridone::storage: a storage of the library with this model and these hooks

    /// For `Database::storage`, which is how users come to one.
    AnyDocuments(DocumentTable<M> table, std::shared_ptr<const AnyStore> store)
        : table_{std::move(table)}, store_{std::move(store)} {
        check_hooks<M, Hooks>();
    }

    // A move copies: what was moved from stays usable.
    AnyDocuments(const AnyDocuments&) = default;
    AnyDocuments& operator=(const AnyDocuments&) = default;
    ~AnyDocuments() = default;

    [[nodiscard]] const DocumentTable<M>& table() const noexcept { return table_; }

private:
    friend struct StorageAccess;
    const AnyStore& store() const noexcept { return *store_; }

    DocumentTable<M> table_;
    std::shared_ptr<const AnyStore> store_;
};

}  // namespace detail

/// `M` documents, wherever they are: one type for what a service holds, in memory or in PostgreSQL, whose operations and
/// errors are those of what it was made from. A call costs a virtual call more, and `read` a copy of the text.
///
/// Made by `Database::storage`, or from a storage: `AnyStorageBackend<Device> devices = postgres_devices;`. Hooks as
/// those of `PostgresStorageBackend`. Copies are handles to the same documents. Thread-safe as what it was made from.
template <class M, class Hooks = void>
class AnyStorageBackend : public detail::AnyDocuments<M, Hooks> {
public:
    using detail::AnyDocuments<M, Hooks>::AnyDocuments;
};

/// Without hooks. Final, because a class derived from it would be thought to have hooks; those need
/// `AnyStorageBackend<M, Derived>`.
template <class M>
class AnyStorageBackend<M, void> final : public detail::AnyDocuments<M, void> {
public:
    using detail::AnyDocuments<M, void>::AnyDocuments;
};

}  // namespace gridone::storage::inline v0

#endif
