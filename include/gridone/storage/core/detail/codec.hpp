// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_CODEC_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_CODEC_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// Stands in where a storage has no hooks.
struct NoHooks {};

/// M -> JSON, by the hook or nlohmann's to_json.
template <class M, class H, class HooksObject>
nlohmann::json to_document(const HooksObject& hooks, const M& value) {
    if constexpr (declares_serialize<H>()) {
        return hooks.serialize(value);
    } else {
        return nlohmann::json(value);
    }
}

/// M -> the text that is stored.
template <class M, class H, class HooksObject>
std::string encode(const HooksObject& hooks, const M& value, const JsonLimits& limits, const CallSite& site) {
    return located(site, [&] { return canonical_json(to_document<M, H>(hooks, value), limits); });
}

/// JSON -> M, by the hook or nlohmann's from_json.
template <class M, class H, class HooksObject>
M from_document(const HooksObject& hooks, const nlohmann::json& document, const CallSite& site) {
    return located(site, [&]() -> M {
        try {
            if constexpr (!declares_deserialize<H>()) {
                return document.template get<M>();
            } else if constexpr (CallableDeserializeWithId<H, M>) {
                return hooks.deserialize(document, site.id);
            } else {
                return hooks.deserialize(document);
            }
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

/// The text that is stored -> M.
template <class M, class H, class HooksObject>
M decode(const HooksObject& hooks, std::string_view text, const JsonLimits& limits, const CallSite& site) {
    const nlohmann::json document = located(site, [&] { return parse_json(text, limits); });
    return from_document<M, H>(hooks, document, site);
}

}  // namespace gridone::storage::inline v0::detail

#endif
