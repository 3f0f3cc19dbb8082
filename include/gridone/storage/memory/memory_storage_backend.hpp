// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_MEMORY_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_MEMORY_MEMORY_STORAGE_BACKEND_HPP

#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/memory/detail/memory_store.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/query/detail/document_operations.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

template <class M, class Hooks>
class MemoryDocuments : public DocumentOperations<MemoryDocuments<M, Hooks>, M, Hooks> {
public:
    /// An empty storage with a database of its own.
    MemoryDocuments() : MemoryDocuments{document_table<M>("documents")} {}

    /// The same; it calls itself by the table's name in errors and keeps to the table's description.
    explicit MemoryDocuments(DocumentTable<M> table) : MemoryDocuments{MemoryDatabase{}, std::move(table)} {}

    /// Stores in the table of this description.
    /// @throws UsageError  a storage of the database has the table with another description.
    MemoryDocuments(const MemoryDatabase& database, DocumentTable<M> table)
        : table_{std::move(table)},
          store_{MemoryDatabaseAccess::state(database), table_.names(), table_.rules(), table_.limits()} {
        check_hooks<M, Hooks>();
    }

    /// Stores in a table of the schema `public`.
    /// @throws InvalidInputError  for a name that PostgreSQL could not keep as it is.
    MemoryDocuments(const MemoryDatabase& database, std::string_view table_name)
        : MemoryDocuments{database, document_table<M>(table_name)} {}

    /// Stores in a table with names of your own: `{database, {.table_name = "devices", .schema_name = "plant"}}`.
    MemoryDocuments(const MemoryDatabase& database, TableNames names)
        : MemoryDocuments{database, document_table<M>(std::move(names))} {}

    // A move copies: what was moved from stays usable.
    MemoryDocuments(const MemoryDocuments&) = default;
    MemoryDocuments& operator=(const MemoryDocuments&) = default;
    ~MemoryDocuments() = default;

    [[nodiscard]] const DocumentTable<M>& table() const noexcept { return table_; }

private:
    friend struct StorageAccess;
    const MemoryStore& store() const noexcept { return store_; }

    DocumentTable<M> table_;
    MemoryStore store_;
};

}  // namespace detail

/// The twin of `PostgresStorageBackend`, for tests and for programs that need no server: the same operations, the same
/// hooks, the same errors, and the very text that the server would store.
///
/// Copies are handles to the same documents, as are storages of one `MemoryDatabase` that name the same table. Any number
/// of threads may use it; an operation is atomic. A write waits for a transaction that runs, 30 s at most: then it throws
/// `DeadlineExceededError`, nothing applied. After `MemoryDatabase::close` every operation throws `PoolClosedError`.
///
/// Cost, of n documents:
/// - An operation on one document: O(log n), also under unique constraints and references, for each document that it
///   removes or changes.
/// - A query in the order of the ids, the default: the documents up to its last result; `exists` up to the first match. The
///   other threads wait while it examines them.
/// - A query in another order: all documents, of which it sorts those of `limit` and `offset`. The second page (and
///   `for_each`) sorts the whole table once; from then on a page costs what is on it and O(log n), and each write O(log n)
///   more. A table has at most four such orders, and drops one after more writes than documents without a use. In a
///   transaction that has changed the table each page goes through all documents.
///
/// Memory: a document's text, its id twice, about 250 bytes, and its tree of nlohmann::json, five to ten times the text,
/// which is built once: by the first query that examines the document, by `for_each` if the model is read from a tree, and
/// with the write if the table has unique constraints or references. Each of these takes some 100 bytes and the key more;
/// each order some 250 bytes and the values.
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
