// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DOCUMENT_HPP
#define GRIDONE_STORAGE_CORE_DOCUMENT_HPP

#include <gridone/storage/core/version.hpp>

#include <string>

namespace gridone::storage::inline v0 {

/// A value with the id under which it is stored and the version in which it was seen:
/// `for (const auto& [id, device, version] : …)`.
template <class M>
struct Document {
    std::string id;
    M value;
    Version version;

    friend bool operator==(const Document&, const Document&) = default;
};

/// What `insert_or_find` and `upsert_by` give: the document that is stored now, and whether this call made it.
template <class M>
struct InsertedOrFound {
    Document<M> document;
    bool inserted = false;
};

}  // namespace gridone::storage::inline v0

#endif
