// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_DASHBOARDS_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_DASHBOARDS_HPP

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace benchmarks {

struct TreeWidget {
    std::string id;
    std::string title;
    std::string type;
    double x = 0;
    double y = 0;
    int width = 0;
    int height = 0;
    bool visible = true;
    std::vector<std::string> sources;
    std::map<std::string, std::string> options;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TreeWidget, id, title, type, x, y, width, height, visible, sources, options)
struct ListedWidget : TreeWidget {};

template <class W>
struct Dashboard {
    using Widget = W;
    std::string name;
    std::string owner;
    std::vector<Widget> widgets;
};
/// Models of 4 kB, once with nlohmann's conversions and once with listed members.
using TreeDashboard = Dashboard<TreeWidget>;
using ListedDashboard = Dashboard<ListedWidget>;
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TreeDashboard, name, owner, widgets)

}  // namespace benchmarks

template <>
struct gridone::storage::JsonMembersOf<benchmarks::ListedWidget> {
    using W = benchmarks::TreeWidget;
    using type = JsonMembers<&W::id, &W::title, &W::type, &W::x, &W::y, &W::width, &W::height, &W::visible, &W::sources,
                             &W::options>;
};
template <>
struct gridone::storage::JsonMembersOf<benchmarks::ListedDashboard> {
    using D = benchmarks::ListedDashboard;
    using type = JsonMembers<&D::name, &D::owner, &D::widgets>;
};

namespace benchmarks {

/// Some 4,000 bytes as JSON.
template <class Model>
Model dashboard_of_4_kb() {
    Model dashboard{.name = "Heating, building 7", .owner = "operations@example.org", .widgets = {}};
    for (int i = 0; i < 14; ++i) {
        const std::string digits = std::to_string(i);
        typename Model::Widget& widget = dashboard.widgets.emplace_back();
        widget.id = "widget-" + digits;
        widget.title = "Supply temperature of circuit " + digits;
        widget.type = i % 3 == 0 ? "gauge" : "chart";
        widget.x = 12.5 * i;
        widget.y = 0.25 * i;
        widget.width = 4;
        widget.height = 3;
        widget.visible = i % 5 != 0;
        widget.sources = {"device-" + digits + "/temperature", "device-" + digits + "/setpoint"};
        widget.options = {{"unit", "\u00b0C"}, {"colour", "#3b82f6"}, {"range", "24h"}};
    }
    return dashboard;
}

}  // namespace benchmarks

#endif
