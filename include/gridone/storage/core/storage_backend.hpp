// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_CORE_STORAGE_BACKEND_HPP

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0 {

namespace detail {

template <class B, class M>
concept ReadsById = requires(B& backend, std::string_view id) {
    { backend.read(id) } -> std::same_as<M>;
};

template <class B, class M>
concept WritesById = requires(B& backend, std::string_view id, const M& value) { backend.write(id, value); };

template <class B, class M>
concept ReadsAll = requires(B& backend) {
    { backend.read_all() } -> std::same_as<std::vector<M>>;
};

template <class B>
concept ListsAll = requires(B& backend) {
    { backend.list_all() } -> std::same_as<std::vector<std::string>>;
};

template <class B>
concept RemovesById = requires(B& backend, std::string_view id) {
    { backend.remove(id) } -> std::same_as<bool>;
};

}  // namespace detail

/// A store of `M` documents by id, used as `void serve(StorageBackend<Widget> auto& storage)`.
///
/// `read` throws `NotFoundError` for an id that is not there, `write` inserts or overwrites, `read_all` and `list_all`
/// go by id in byte order, `remove` tells whether the document was there. `testing/conformance.hpp` checks the meaning.
/// Models: `PostgresStorageBackend`, `MemoryStorageBackend`, `AnyStorageBackend`.
template <class B, class M>
concept StorageBackend = detail::ReadsById<B, M> && detail::WritesById<B, M> && detail::ReadsAll<B, M> &&
                         detail::ListsAll<B> && detail::RemovesById<B>;

}  // namespace gridone::storage::inline v0

#endif
