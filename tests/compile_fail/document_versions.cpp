// SPDX-License-Identifier: MIT

#include <gridone/storage/core/document_versions.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace gs = gridone::storage;

void up(nlohmann::json& document);
#ifdef GRIDONE_CONTROL
constexpr int next = 2;
void of_document(const nlohmann::json& document);
#else
constexpr int next = 3;
void of_document(std::string& text);
#endif

// expect: gridone::storage: upcasters are of versions 1, 2, 3 … without a gap
static_assert(gs::DocumentVersions<gs::Upcaster<1, &up>, gs::Upcaster<next, &up>>::current == 3);

// expect: gridone::storage: an upcaster is a function that takes (nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &of_document>>::current == 2);
