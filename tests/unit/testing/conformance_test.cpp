// SPDX-License-Identifier: MIT
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/testing/conformance.hpp>
namespace gs = gridone::storage;
TEST_CASE("the memory backend conforms") {
    gs::testing::conformance([] { return gs::MemoryStorageBackend<gs::testing::ConformanceDocument>{}; });
}
