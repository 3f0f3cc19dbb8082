// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_DASHBOARDS_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_DASHBOARDS_HPP

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace benchmarks {

/// Models of 4 kB, once with listed members and once with nlohmann's conversions.
struct ListedWidget {
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
    using json_members =
        gridone::storage::JsonMembers<&ListedWidget::id, &ListedWidget::title, &ListedWidget::type, &ListedWidget::x,
                                      &ListedWidget::y, &ListedWidget::width, &ListedWidget::height,
                                      &ListedWidget::visible, &ListedWidget::sources, &ListedWidget::options>;
};
struct ListedDashboard {
    using Widget = ListedWidget;
    std::string name;
    std::string owner;
    std::vector<Widget> widgets;
    using json_members =
        gridone::storage::JsonMembers<&ListedDashboard::name, &ListedDashboard::owner, &ListedDashboard::widgets>;
};

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
struct TreeDashboard {
    using Widget = TreeWidget;
    std::string name;
    std::string owner;
    std::vector<Widget> widgets;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TreeDashboard, name, owner, widgets)

/// Some 4,000 bytes as JSON.
template <class Dashboard>
Dashboard dashboard_of_4_kb() {
    Dashboard dashboard{.name = "Heating, building 7", .owner = "operations@example.org", .widgets = {}};
    for (int i = 0; i < 14; ++i) {
        const std::string digits = std::to_string(i);
        dashboard.widgets.push_back({.id = "widget-" + digits,
                                     .title = "Supply temperature of circuit " + digits,
                                     .type = i % 3 == 0 ? "gauge" : "chart",
                                     .x = 12.5 * i,
                                     .y = 0.25 * i,
                                     .width = 4,
                                     .height = 3,
                                     .visible = i % 5 != 0,
                                     .sources = {"device-" + digits + "/temperature", "device-" + digits + "/setpoint"},
                                     .options = {{"unit", "\u00b0C"}, {"colour", "#3b82f6"}, {"range", "24h"}}});
    }
    return dashboard;
}

}  // namespace benchmarks

#endif
