// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_UPCAST_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_UPCAST_HPP

#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

inline const std::string document_version_pointer = "/" + std::string{document_version_key};

/// The version of a stored document. @throws DecodeError
inline std::int64_t stored_version(const nlohmann::json& document, std::int64_t current) {
    const auto found = document.find(document_version_key);
    if (found == document.end() || found->is_null()) return 1;
    const bool is_small =
        found->is_number_integer() && (!found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX);
    const std::int64_t version = is_small ? found->get<std::int64_t>() : 0;
    if (version < 1) throw DecodeError{"the document's version is not one", document_version_pointer};
    if (version > current) {
        throw DecodeError{"the document is of version " + std::to_string(version) +
                              ", which a newer program wrote; this one knows those up to " + std::to_string(current),
                          document_version_pointer};
    }
    return version;
}

/// Makes of a stored document one of the current version of M. @returns whether it was older, or did not say
/// @throws DecodeError  it is no object; its version is none that M has; an upcaster met with what it did not expect
template <class M>
bool upcast(nlohmann::json& document) {
    if constexpr (HasDocumentVersions<M>) {
        using Versions = typename DocumentVersionsOf<M>::type;
        if (!document.is_object()) throw DecodeError{"the stored document is no object, as those with versions are"};
        const std::int64_t version = stored_version(document, Versions::current);
        if (version == Versions::current && document.contains(document_version_key)) return false;
        try {
            Versions::apply(document, version);
        } catch (const nlohmann::json::exception& error) {
            // Not error.what(): it quotes the document.
            throw DecodeError{"the document is of version " + std::to_string(version) +
                              ", and not as the model's upcasters expect (JSON error " + std::to_string(error.id) +
                              ")"};
        }
        if (!document.is_object()) throw DecodeError{"an upcaster of the model made something else than an object"};
        document[document_version_key] = Versions::current;
        return true;
    } else {
        return false;
    }
}

/// Notes in a document that is to be stored of which version it is. @throws InvalidInputError
template <class M>
void note_version(nlohmann::json& document) {
    if constexpr (HasDocumentVersions<M>) {
        if (!document.is_object()) throw InvalidInputError{"a document of a model with versions is an object"};
        const auto [place, is_new] = document.emplace(document_version_key, DocumentVersionsOf<M>::type::current);
        if (!is_new) throw InvalidInputError{"the key is the version's", document_version_pointer};
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
