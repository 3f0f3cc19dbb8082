// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_CODEC_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_CODEC_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/upcast.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/detail/model_text.hpp>
#include <gridone/storage/core/json/detail/parsed_text.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/json/raw_json.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// Stands in where a storage has no hooks.
struct NoHooks {};

/// M -> text, of whatever form.
template <class M, class H, class HooksObject>
decltype(auto) to_raw(const HooksObject& hooks, const M& value) {
    if constexpr (declares_serialize<H>()) {
        return hooks.serialize(value);
    } else {
        return value;
    }
}

/// M -> JSON, by the hook or nlohmann's to_json.
template <class M, class H, class HooksObject>
nlohmann::json to_document(const HooksObject& hooks, const M& value, const JsonLimits& limits = {}) {
    const auto written = [&]() -> nlohmann::json {
        if constexpr (writes_raw<M, H>()) {
            return parse_json(canonical_json_text(to_raw<M, H>(hooks, value).text, limits), limits);
        } else if constexpr (declares_serialize<H>()) {
            return hooks.serialize(value);
        } else {
            return json_tree(value);
        }
    };
    nlohmann::json document = written();
    note_version<M>(document);
    return document;
}

/// M -> the text that is stored.
template <class M, class H, class HooksObject>
std::string encode(const HooksObject& hooks, const M& value, const JsonLimits& limits, const CallSite& site) {
    return located(site, [&] {
        constexpr bool has_tree = HasDocumentVersions<M>;  // to note the version in
        if constexpr (writes_raw<M, H>() && !has_tree) {
            return canonical_json_text(to_raw<M, H>(hooks, value).text, limits);
        } else if constexpr (!declares_serialize<H>() && ListsJsonMembers<M> && !has_tree) {
            return model_text(value, limits);
        } else {
            return canonical_json(to_document<M, H>(hooks, value, limits), limits);
        }
    });
}

/// Runs a conversion from JSON, whose exceptions of nlohmann's become ours.
template <class F>
auto converted(const CallSite& site, F&& f) {
    return located(site, [&] {
        try {
            return f();
        } catch (const nlohmann::json::out_of_range& error) {
            throw DecodeError{"the stored document lacks a member that the model needs (JSON error " +
                              std::to_string(error.id) + ")"};
        } catch (const nlohmann::json::exception& error) {
            // Not error.what(): it quotes the document.
            throw DecodeError{"the stored document does not have the types that the model expects (JSON error " +
                              std::to_string(error.id) + ")"};
        }
    });
}

/// The text that is stored -> M, where M reads text.
template <class M, class H, class HooksObject>
M from_raw(const HooksObject& hooks, std::string_view text, const JsonLimits& limits, const CallSite& site) {
    return converted(site, [&]() -> M {
        check_bytes(text, limits);
        if constexpr (!declares_deserialize<H>()) {
            return {std::string{text}};
        } else if constexpr (CallableRawDeserializeWithId<H, M>) {
            return hooks.deserialize(RawJsonView{text}, site.id);
        } else {
            return hooks.deserialize(RawJsonView{text});
        }
    });
}

/// JSON -> M, by the hook or nlohmann's from_json.
template <class M, class H, class HooksObject>
M from_document(const HooksObject& hooks, const nlohmann::json& document, const CallSite& site,
                const JsonLimits& limits = {}) {
    if constexpr (reads_raw<M, H>()) {
        return from_raw<M, H>(hooks, canonical_json(document, limits), limits, site);
    } else {
        return converted(site, [&]() -> M {
            if constexpr (!declares_deserialize<H>()) {
                return document.template get<M>();
            } else if constexpr (CallableDeserializeWithId<H, M>) {
                return hooks.deserialize(document, site.id);
            } else {
                return hooks.deserialize(document);
            }
        });
    }
}

/// The text that is stored -> M. @param parsed  the same text with its tree, or null
template <class M, class H, class HooksObject>
M decode(const HooksObject& hooks, std::string_view text, const JsonLimits& limits, const CallSite& site,
         const ParsedText* parsed = nullptr) {
    expect_stored(text, site);
    if constexpr (HasDocumentVersions<M>) {
        const nlohmann::json* tree = parsed == nullptr ? nullptr : parsed->decodable(limits);
        nlohmann::json document =
            located(site, [&] { return tree == nullptr ? parse_json(text, limits) : nlohmann::json(*tree); });
        located(site, [&] { upcast<M>(document); });
        return from_document<M, H>(hooks, document, site, limits);
    } else if constexpr (reads_raw<M, H>()) {
        return from_raw<M, H>(hooks, text, limits, site);
    } else if constexpr (!declares_deserialize<H>() && ListsJsonMembers<M>) {
        return located(site, [&] { return read_model<M>(text, limits); });
    } else {
        if (parsed != nullptr) {
            if (const nlohmann::json* tree = parsed->decodable(limits))
                return from_document<M, H>(hooks, *tree, site, limits);
        }
        const nlohmann::json document = located(site, [&] { return parse_json(text, limits); });
        return from_document<M, H>(hooks, document, site, limits);
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
