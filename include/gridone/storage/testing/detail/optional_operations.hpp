// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_OPTIONAL_OPERATIONS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_OPTIONAL_OPERATIONS_HPP

#include <gridone/storage/testing/conformance_document.hpp>

#include <string_view>

namespace gridone::storage::inline v0::testing::detail {

// Deliberately without a look at what they return: an operation of this name that returns something else does not
// compile in its check, instead of being left out in silence.

template <class B>
concept Finds = requires(B& storage, std::string_view id) { storage.find(id); };

template <class B>
concept Inserts =
    requires(B& storage, std::string_view id, const ConformanceDocument& document) { storage.insert(id, document); };

template <class B>
concept Replaces =
    requires(B& storage, std::string_view id, const ConformanceDocument& document) { storage.replace(id, document); };

template <class B>
concept TellsContains = requires(B& storage, std::string_view id) { storage.contains(id); };

template <class B>
concept Counts = requires(B& storage) { storage.count(); };

template <class B>
concept Clears = requires(B& storage) { storage.clear(); };

}  // namespace gridone::storage::inline v0::testing::detail

#endif
