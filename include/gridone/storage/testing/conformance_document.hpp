// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_CONFORMANCE_DOCUMENT_HPP
#define GRIDONE_STORAGE_TESTING_CONFORMANCE_DOCUMENT_HPP

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing {

/// A text behind a pointer, which copies share: a storage that keeps objects instead of what they say gives itself
/// away.
class ConformanceReference {
public:
    ConformanceReference() = default;
    explicit ConformanceReference(std::string text) : text_{std::make_shared<std::string>(std::move(text))} {}

    [[nodiscard]] std::string text() const { return text_ ? *text_ : std::string{}; }

    /// Changes the text of every copy.
    void overwrite(std::string text) const {
        if (text_) *text_ = std::move(text);
    }

    friend bool operator==(const ConformanceReference& a, const ConformanceReference& b) {
        return a.text() == b.text();
    }

private:
    std::shared_ptr<std::string> text_;
};

/// A part of a `ConformanceDocument`: a model within a model.
struct ConformancePlace {
    std::string name{};
    double latitude = 0;
    std::int32_t floor = 0;

    friend bool operator==(const ConformancePlace&, const ConformancePlace&) = default;

    friend void to_json(nlohmann::json& json, const ConformancePlace& place) {
        json = nlohmann::json::object();
        json["name"] = place.name;
        json["latitude"] = place.latitude;
        json["floor"] = place.floor;
    }
    friend void from_json(const nlohmann::json& json, ConformancePlace& place) {
        json.at("name").get_to(place.name);
        json.at("latitude").get_to(place.latitude);
        json.at("floor").get_to(place.floor);
    }
};

/// The model of the conformance suite: one member of each kind that models are made of.
struct ConformanceDocument {
    std::string text{};
    std::int64_t number = 0;
    std::uint64_t natural = 0;
    double fraction = 0;
    bool flag = false;
    ConformancePlace place{};
    std::vector<std::string> list{};
    std::map<std::string, double> map{};
    std::optional<std::string> note{};  ///< Absent is a JSON null.
    ConformanceReference reference{};

    friend bool operator==(const ConformanceDocument&, const ConformanceDocument&) = default;

    friend void to_json(nlohmann::json& json, const ConformanceDocument& document) {
        json = nlohmann::json::object();
        json["text"] = document.text;
        json["number"] = document.number;
        json["natural"] = document.natural;
        json["fraction"] = document.fraction;
        json["flag"] = document.flag;
        json["place"] = document.place;
        json["list"] = document.list;
        json["map"] = document.map;
        json["note"] = nullptr;
        if (document.note) json["note"] = *document.note;
        json["reference"] = document.reference.text();
    }
    friend void from_json(const nlohmann::json& json, ConformanceDocument& document) {
        json.at("text").get_to(document.text);
        json.at("number").get_to(document.number);
        json.at("natural").get_to(document.natural);
        json.at("fraction").get_to(document.fraction);
        json.at("flag").get_to(document.flag);
        json.at("place").get_to(document.place);
        json.at("list").get_to(document.list);
        json.at("map").get_to(document.map);
        document.note.reset();
        if (const auto& present = json.at("note"); !present.is_null()) document.note = present.get<std::string>();
        document.reference = ConformanceReference{json.at("reference").get<std::string>()};
    }
};

}  // namespace gridone::storage::inline v0::testing

#endif
