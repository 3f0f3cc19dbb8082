// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DOCUMENT_BACKEND_HPP
#define GRIDONE_STORAGE_QUERY_DOCUMENT_BACKEND_HPP

#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/storage_backend.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/page.hpp>
#include <gridone/storage/query/query.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {

template <class B, class M>
concept LooksUpDocuments = requires(const B& backend, std::string_view id, const std::vector<std::string>& ids) {
    { backend.find(id) } -> std::same_as<std::optional<M>>;
    { backend.read_document(id) } -> std::same_as<Document<M>>;
    { backend.contains(id) } -> std::same_as<bool>;
    { backend.count() } -> std::same_as<std::size_t>;
    { backend.read_many(ids) } -> std::same_as<std::vector<std::optional<M>>>;
    backend.for_each([](const Document<M>&) {});
};

template <class B, class M>
concept WritesVersions = requires(B& backend, std::string_view id, const M& value, Version seen) {
    { backend.write(id, value) } -> std::same_as<Version>;
    { backend.insert(id, value) } -> std::same_as<Version>;
    { backend.replace(id, value) } -> std::same_as<Version>;
    { backend.replace(id, value, if_version(seen)) } -> std::same_as<Version>;
    backend.remove(id, if_version(seen));
    { backend.insert_or_find(id, value) } -> std::same_as<InsertedOrFound<M>>;
};

template <class B, class M>
concept ChangesDocuments = requires(B& backend, std::string_view id, const Change<M>& change, Version seen) {
    { backend.patch(id, change) } -> std::same_as<Version>;
    { backend.patch(id, if_version(seen), change) } -> std::same_as<Version>;
    {
        backend.edit(id, [](M&) {})
    } -> std::same_as<Document<M>>;
};

template <class B, class M>
concept WritesMany =
    requires(B& backend, const std::vector<std::pair<std::string, M>>& documents, const std::vector<std::string>& ids) {
        { backend.write_many(documents) } -> std::same_as<std::vector<Version>>;
        { backend.insert_many(documents) } -> std::same_as<std::vector<Version>>;
        { backend.insert_missing(documents) } -> std::same_as<std::vector<std::string>>;
        { backend.remove_many(ids) } -> std::same_as<std::size_t>;
        { backend.clear() } -> std::same_as<std::size_t>;
    };

template <class B, class M>
concept AnswersQueries = requires(const B& backend, const Query<M>& query) {
    { backend.query(query).all() } -> std::same_as<std::vector<Document<M>>>;
    { backend.query(query).page() } -> std::same_as<Page<M>>;
    { backend.query(query).count() } -> std::same_as<std::size_t>;
    { backend.query().where(Filter<M>{}).remove() } -> std::same_as<std::size_t>;
};

template <class B, class M>
concept RunsTransactions = requires(B& backend, Transaction& transaction, std::string_view id) {
    backend.transaction([](Transaction&) {});
    { backend.in(transaction).read_for_update(id) } -> std::same_as<M>;
};

}  // namespace detail

/// A store of `M` documents with all operations: versions, patches, edits, batches, queries, transactions. Used as
/// `void serve(DocumentBackend<Widget> auto& storage)`.
///
/// The comments of `detail/operations/` say what each does; `testing/conformance.hpp` checks it. Models:
/// `PostgresStorageBackend`, `MemoryStorageBackend`, `AnyStorageBackend`.
template <class B, class M>
concept DocumentBackend = StorageBackend<B, M> && detail::LooksUpDocuments<B, M> && detail::WritesVersions<B, M> &&
                          detail::ChangesDocuments<B, M> && detail::WritesMany<B, M> && detail::AnswersQueries<B, M> &&
                          detail::RunsTransactions<B, M>;

}  // namespace gridone::storage::inline v0

#endif
