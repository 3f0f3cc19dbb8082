// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_MODEL_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_MODEL_HPP

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace differential {

/// A part of `Model`; its keys may be missing.
struct ModelPart {
    double a = 0;
    std::vector<std::string> b{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ModelPart, a, b)

/// What knows some keys of some documents, and takes others for no model at all.
struct Model {
    bool a = false;
    std::string b{};
    ModelPart c{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Model, a, b, c)

/// Some keys of any document, with whatever they hold.
struct Excerpt {
    nlohmann::json value = nlohmann::json::object({{"a", nullptr}, {"0", nullptr}, {"\\\"'.{,}", nullptr}});
};
inline void to_json(nlohmann::json& to, const Excerpt& from) {
    to = from.value;
}
inline void from_json(const nlohmann::json& from, Excerpt& to) {
    to.value = from;
}

/// What is given of a model.
inline void update(Model& model, const nlohmann::json& given) {
    nlohmann::json all = model;
    all.merge_patch(given);
    model = all.get<Model>();
}

/// The storages of a shape. All but those of plain tables know only `json`.
template <class Storage, class ModelStorage>
struct Storages {
    std::vector<Storage> all{};
    ModelStorage model;  ///< Of the table "documents".

    [[nodiscard]] std::size_t size() const noexcept { return all.size(); }
    Storage& operator[](std::size_t place) { return all.at(place); }
};

}  // namespace differential

#endif
