// SPDX-License-Identifier: MIT

#include <gridone/storage/core/document_versions.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace gs = gridone::storage;

void up(nlohmann::json& document);
#ifdef GRIDONE_CONTROL
constexpr int next = 2;
void of_text(nlohmann::json& document);
void of_copy(nlohmann::json& document);
void of_const(nlohmann::json& document);
void of_rvalue(nlohmann::json& document);
void with_result(nlohmann::json& document);
constexpr auto lambda_of_copy = [](auto& document) { document["name"] = 1; };
#else
constexpr int next = 3;
void of_text(std::string& text);
void of_copy(nlohmann::json document);
void of_const(const nlohmann::json& document);
void of_rvalue(nlohmann::json&& document);
nlohmann::json with_result(nlohmann::json& document);
constexpr auto lambda_of_copy = [](auto document) { document["name"] = 1; };
#endif

// expect: gridone::storage: upcasters are of versions 1, 2, 3 … without a gap
static_assert(gs::DocumentVersions<gs::Upcaster<1, &up>, gs::Upcaster<next, &up>>::current == 3);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &of_text>>::current == 2);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &of_copy>>::current == 2);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &of_const>>::current == 2);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &of_rvalue>>::current == 2);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, &with_result>>::current == 2);

// expect: gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)
static_assert(gs::DocumentVersions<gs::Upcaster<1, lambda_of_copy>>::current == 2);
