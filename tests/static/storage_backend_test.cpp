// SPDX-License-Identifier: MIT

#include "../widget.hpp"
#include <gridone/storage.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gs = gridone::storage;

// What models the concept.
static_assert(gs::StorageBackend<gs::PostgresStorageBackend<Widget>, Widget>);
static_assert(gs::StorageBackend<gs::MemoryStorageBackend<Widget>, Widget>);
static_assert(gs::StorageBackend<gs::PostgresStorageBackend<Gadget, GadgetCodec>, Gadget>);
static_assert(gs::StorageBackend<gs::MemoryStorageBackend<Gadget, GadgetCodec>, Gadget>);
static_assert(gs::StorageBackend<PostgresGadgets, Gadget>);
static_assert(gs::StorageBackend<MemoryGadgets, Gadget>);

// What does not: another model, a missing operation, a wrong return type.
static_assert(!gs::StorageBackend<gs::MemoryStorageBackend<Widget>, Gadget>);
static_assert(!gs::StorageBackend<int, Widget>);

struct Minimal {
    Widget read(std::string_view id);
    void write(std::string_view id, const Widget& value);
    std::vector<Widget> read_all();
    std::vector<std::string> list_all();
    bool remove(std::string_view id);
};
static_assert(gs::StorageBackend<Minimal, Widget>);

struct ReadsOptionals : Minimal {
    std::optional<Widget> read(std::string_view id);
};
static_assert(!gs::StorageBackend<ReadsOptionals, Widget>);

struct RemovesSilently : Minimal {
    void remove(std::string_view id);
};
static_assert(!gs::StorageBackend<RemovesSilently, Widget>);

struct CannotWrite : Minimal {
    void write(std::string_view id, Widget& value);
};
static_assert(!gs::StorageBackend<CannotWrite, Widget>);

// Used as a constrained parameter.
inline void serve(gs::StorageBackend<Widget> auto& storage) {
    storage.write("a", Widget{"bolt", 1});
}
static_assert(requires(gs::MemoryStorageBackend<Widget>& storage) { serve(storage); });

static_assert(gs::SchemaManager<gs::BaseSchemaManager>);
static_assert(!gs::SchemaManager<gs::PostgresConnectionManager>);

// A pool of someone else keeps its own options.
using Pool = std::shared_ptr<gs::ConnectionPool>;
static_assert(std::is_constructible_v<gs::PostgresConnectionManager, Pool>);
static_assert(std::is_constructible_v<gs::PostgresConnectionManager, const char*, gs::PoolOptions>);
static_assert(!std::is_constructible_v<gs::PostgresConnectionManager, Pool, gs::PoolOptions>);
static_assert(!std::is_copy_constructible_v<gs::PostgresConnectionManager>);

// A forgotten second argument: the class without hooks cannot be derived from.
static_assert(std::is_final_v<gs::PostgresStorageBackend<Widget>>);
static_assert(std::is_final_v<gs::MemoryStorageBackend<Widget>>);
static_assert(!std::is_final_v<gs::PostgresStorageBackend<Gadget, GadgetCodec>>);

// Errors are copied while they are thrown; that must not fail.
static_assert(std::is_nothrow_copy_constructible_v<gs::StorageError>);
static_assert(std::is_nothrow_copy_constructible_v<gs::AcquireTimeoutError>);
static_assert(std::is_base_of_v<gs::ConflictError, gs::AlreadyExistsError>);
static_assert(std::is_base_of_v<gs::TimeoutError, gs::AcquireTimeoutError>);
static_assert(!std::is_base_of_v<gs::ConnectionError, gs::OutcomeUnknownError>,
              "a handler that retries connection errors must not catch a write of unknown outcome");
