// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DASHBOARDS_WIDGETS_HPP
#define GRIDONE_SERVICES_DASHBOARDS_WIDGETS_HPP

#include <gridone/storage/core/errors.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace dashboards {

struct Text {
    std::string text{};
    std::string color{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Text, text, color)

struct Chart {
    std::vector<std::string> attributes{};
    int hours = 24;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Chart, attributes, hours)

struct Control {
    std::string device_id{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Control, device_id)

/// Where a widget is, in cells of the grid.
struct Layout {
    int x = 0;
    int y = 0;
    int w = 1;
    int h = 1;

    friend bool operator==(const Layout&, const Layout&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Layout, x, y, w, h)

/// A part of a dashboard. What it shows is one of several kinds, told by `type` in JSON.
struct Widget {
    std::string id{};
    std::string title{};
    std::variant<Text, Chart, Control> content{};
    Layout layout{};
};

inline void to_json(nlohmann::json& json, const Widget& widget) {
    static constexpr const char* types[] = {"text", "chart", "control"};
    json = {{"id", widget.id}, {"title", widget.title}, {"layout", widget.layout}};
    json["type"] = types[widget.content.index()];
    json["content"] = std::visit([](const auto& content) { return nlohmann::json(content); }, widget.content);
}

inline void from_json(const nlohmann::json& json, Widget& widget) {
    json.at("id").get_to(widget.id);
    json.at("title").get_to(widget.title);
    json.at("layout").get_to(widget.layout);
    const std::string& type = json.at("type").get_ref<const std::string&>();
    const nlohmann::json& content = json.at("content");
    if (type == "text") {
        widget.content = content.get<Text>();
    } else if (type == "chart") {
        widget.content = content.get<Chart>();
    } else if (type == "control") {
        widget.content = content.get<Control>();
    } else {
        throw gridone::storage::DecodeError{"a widget of a type that nobody knows"};
    }
}

}  // namespace dashboards

#endif
