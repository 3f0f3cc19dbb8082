// SPDX-License-Identifier: MIT

#include "../widget.hpp"
#include <gridone/storage.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using namespace gridone::storage;
using namespace std::chrono_literals;

namespace names_test {

/// The names and shapes that users write; compiling is the test.
inline void manager_and_schema(const std::string& dsn, std::shared_ptr<ConnectionPool> pool) {
    PostgresConnectionManager with_defaults{"postgresql://user:pass@localhost:5432/gridone"};
    PostgresConnectionManager with_options{dsn, PoolOptions{.max_size = 8, .acquire_timeout = 250ms}};
    PostgresConnectionManager manager{pool};
    BaseSchemaManager{manager, {document_table<Widget>("widgets")}}.ensure_schema();
}

template <class Storage>
void operations(Storage& storage, const Widget& widget) {
    static_assert(std::is_same_v<decltype(storage.read("a")), Widget>);
    static_assert(std::is_same_v<decltype(storage.find("a")), std::optional<Widget>>);
    static_assert(std::is_same_v<decltype(storage.read_all()), std::vector<Widget>>);
    static_assert(std::is_same_v<decltype(storage.list_all()), std::vector<std::string>>);
    static_assert(std::is_same_v<decltype(storage.remove("a")), bool>);
    static_assert(std::is_same_v<decltype(storage.contains("a")), bool>);
    static_assert(std::is_same_v<decltype(storage.count()), std::size_t>);
    static_assert(std::is_same_v<decltype(storage.clear()), std::size_t>);
    storage.write("a", widget);
    storage.insert("a", widget);
    storage.replace("a", widget);
}
template void operations(PostgresStorageBackend<Widget>&, const Widget&);
template void operations(MemoryStorageBackend<Widget>&, const Widget&);

/// A storage that is only read is a const one.
template <class Storage>
concept ReadableWhenConst = requires(const Storage& storage) {
    storage.read("a");
    storage.find("a");
    storage.read_all();
    storage.list_all();
    storage.contains("a");
    storage.count();
};
static_assert(ReadableWhenConst<PostgresStorageBackend<Widget>>);
static_assert(ReadableWhenConst<MemoryStorageBackend<Widget>>);
template <class Storage>
concept WritableWhenConst = requires(const Storage& storage, const Widget& widget) { storage.write("a", widget); };
static_assert(!WritableWhenConst<PostgresStorageBackend<Widget>>);
static_assert(!WritableWhenConst<MemoryStorageBackend<Widget>>);

}  // namespace names_test
