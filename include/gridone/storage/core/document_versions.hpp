// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DOCUMENT_VERSIONS_HPP
#define GRIDONE_STORAGE_CORE_DOCUMENT_VERSIONS_HPP

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

/// Whether F changes the document that it is called with. One that takes a document by value, as const or as an rvalue
/// accepts a temporary as well, and one that returns the document leaves its argument as it was.
template <class F>
concept ChangesItsDocument = std::invocable<F, nlohmann::json&> && !std::invocable<F, nlohmann::json> &&
                             requires(F f, nlohmann::json& document) {
                                 { f(document) } -> std::same_as<void>;
                             };

}  // namespace detail

/// Converts a stored document of version `From` to the next version, in place: `void f(nlohmann::json&)`.
template <std::int64_t From, auto F>
struct Upcaster {
    static_assert(detail::ChangesItsDocument<decltype(F)>,
                  "gridone::storage: an upcaster changes the document in place: void f(nlohmann::json&)");
    static constexpr std::int64_t from = From;
    static void apply(nlohmann::json& document) { F(document); }
};

/// What a model's documents have been, listed in the model: one upcaster for each version but the last, in order:
///
///     void split_name(nlohmann::json& user);         // 1 -> 2
///     void rename_mail(nlohmann::json& user);        // 2 -> 3
///     struct User {
///         …
///         using document_versions =
///             gridone::storage::DocumentVersions<Upcaster<1, &split_name>, Upcaster<2, &rename_mail>>;
///     };
///
/// Each document then has its version under the key `document_version`; one without it is of version 1, as those are that
/// were written before there were any. Old documents are read as if they were new, and stored as new ones when they are
/// written, edited or patched; `upgrade_all` does so to the rest. A document of a later version, which a newer program
/// wrote, is a `DecodeError` that says so, and stays as it is but for `write`, `replace` and `remove`, which look at
/// nothing. The key is not to be a member of the model, whose documents are objects. Errors of nlohmann's that an upcaster
/// throws are a `DecodeError` as well; others pass unchanged, through `skip_broken` too.
///
/// Queries ask what is stored: a field that came with the last version has no value in documents of the one before. So do
/// rules: `write` and its like keep an `insert_only` field as it is stored under its keys, so what an upcaster renames into
/// one is lost to them until `edit`, `patch` or `upgrade_all` has made the document current.
template <class... Upcasters>
struct DocumentVersions {
    static constexpr std::int64_t current = static_cast<std::int64_t>(sizeof...(Upcasters)) + 1;

    static consteval bool follow_each_other() {
        [[maybe_unused]] std::int64_t next = 1;  // of one version: GCC sees no use
        return ((Upcasters::from == next++) && ...);
    }
    static_assert(follow_each_other(), "gridone::storage: upcasters are of versions 1, 2, 3 … without a gap");

    /// From that version to the current one.
    static void apply(nlohmann::json& document, [[maybe_unused]] std::int64_t version) {
        ((Upcasters::from >= version ? Upcasters::apply(document) : void()), ...);
    }
};

/// The key of a document's version.
inline constexpr std::string_view document_version_key = "document_version";

/// The versions of a struct that cannot be changed:
/// `template <> struct gridone::storage::DocumentVersionsOf<User> { using type = DocumentVersions<…>; };`
template <class M>
struct DocumentVersionsOf {};
template <class M>
    requires requires { typename M::document_versions; }
struct DocumentVersionsOf<M> {
    using type = typename M::document_versions;
};

/// Whether the documents of M have versions.
template <class M>
concept HasDocumentVersions = requires { typename DocumentVersionsOf<std::remove_cv_t<M>>::type; };

}  // namespace gridone::storage::inline v0

#endif
