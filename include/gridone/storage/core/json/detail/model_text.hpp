// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_TEXT_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_TEXT_HPP

#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/model_reader.hpp>
#include <gridone/storage/core/json/detail/model_writer.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/json/parse_json.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A model that lists its members, as text.
///
/// @throws InvalidInputError  as `canonical_json`
template <ListsJsonMembers M>
std::string model_text(const M& model, const JsonLimits& limits) {
    BoundedText out{limits.max_bytes, 240};
    ModelWriter{out, limits.max_depth}.value(model, nullptr, 0);
    return std::move(out).take();
}

/// @throws DecodeError  as `parse_json`, and where the text does not fit the model
template <ListsJsonMembers M>
M read_model(std::string_view text, const JsonLimits& limits) {
    check_bytes(text, limits);
    return ModelReader{text, limits.max_depth}.template read<M>();
}

}  // namespace gridone::storage::inline v0::detail

/// Trees of models that list their members, by way of their text: the same values and errors. The document that they are a
/// part of has limits, so they have none.
template <gridone::storage::ListsJsonMembers M>
struct nlohmann::adl_serializer<M> {
    static void to_json(nlohmann::json& json, const M& model) {
        namespace detail = gridone::storage::detail;
        json = gridone::storage::parse_json(detail::model_text(model, detail::unlimited), detail::unlimited);
    }
    static void from_json(const nlohmann::json& json, M& model) {
        namespace detail = gridone::storage::detail;
        model = detail::read_model<M>(gridone::storage::canonical_json(json, detail::unlimited), detail::unlimited);
    }
};

#endif
