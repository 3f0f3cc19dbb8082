// SPDX-License-Identifier: MIT

#include "dashboards/dashboards.hpp"

#include "services/each_database.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace gs = gridone::storage;
using dashboards::Chart;
using dashboards::Control;
using dashboards::Dashboard;
using dashboards::DashboardStorage;
using dashboards::Layout;
using dashboards::Text;
using dashboards::Widget;

TEST_CASE("a widget comes back as what it is") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    db.storage.add_widget(id, {.title = "t", .content = Text{"Welcome", "blue"}});
    db.storage.add_widget(id, {.title = "c", .content = Chart{{"temperature"}, 48}});
    db.storage.add_widget(id, {.title = "d", .content = Control{"device 1"}});
    const std::vector<Widget> widgets = db.storage.read(id).widgets;
    REQUIRE(widgets.size() == 3);
    CHECK(std::get<Text>(widgets[0].content).text == "Welcome");
    CHECK(std::get<Chart>(widgets[1].content).hours == 48);
    CHECK(std::get<Control>(widgets[2].content).device_id == "device 1");
}

TEST_CASE("a new widget is put below the others") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    db.storage.add_widget(id, {.layout = {.w = 4, .h = 3}});
    db.storage.add_widget(id, {.layout = {.w = 2, .h = 2}});
    db.storage.add_widget(id, {});
    const Dashboard dashboard = db.storage.read(id);
    CHECK(dashboard.widgets[0].layout == Layout{0, 0, 4, 3});
    CHECK(dashboard.widgets[1].layout == Layout{0, 3, 2, 2});
    CHECK(dashboard.widgets[2].layout == Layout{0, 5, 1, 1});
}

TEST_CASE("widgets that are moved at the same time are all where they were put") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    std::vector<std::string> widgets;
    for (int widget = 0; widget < 4; ++widget) widgets.push_back(db.storage.add_widget(id, {}));
    for (int round = 1; round <= 20; ++round) {
        at_once(4, [&](int thread) {
            db.storage.move_widget(id, widgets[static_cast<std::size_t>(thread)], {.x = round, .y = thread});
        });
        const Dashboard dashboard = db.storage.read(id);
        for (int widget = 0; widget < 4; ++widget) {
            const Layout& layout = dashboard.widgets[static_cast<std::size_t>(widget)].layout;
            REQUIRE(layout == Layout{.x = round, .y = widget});
        }
    }
}

TEST_CASE("widgets that are added at the same time are all there, one below the other") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    at_once(4, [&](int) {
        for (int widget = 0; widget < 5; ++widget) db.storage.add_widget(id, {});
    });
    const Dashboard dashboard = db.storage.read(id);
    REQUIRE(dashboard.widgets.size() == 20);
    for (int row = 0; row < 20; ++row) CHECK(dashboard.widgets[static_cast<std::size_t>(row)].layout.y == row);
}

TEST_CASE("a widget that is removed while it is moved does not come back") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    for (int round = 0; round < 20; ++round) {
        const std::string widget = db.storage.add_widget(id, {});
        at_once(2, [&](int thread) {
            if (thread == 0) {
                db.storage.remove_widget(id, widget);
            } else {
                try {
                    db.storage.move_widget(id, widget, {.x = 1});
                } catch (const gs::NotFoundError&) {
                }
            }
        });
        REQUIRE(db.storage.read(id).widgets.empty());
    }
}

TEST_CASE("what is done to a widget that is not there, or on no dashboard, is NotFoundError") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "Ground floor"});
    CHECK(error_of<gs::NotFoundError>([&] { db.storage.move_widget(id, "w", {}); }).table() == "widgets");
    CHECK(error_of<gs::NotFoundError>([&] { db.storage.remove_widget("d", "w"); }).table() == "dashboards");
    CHECK_THROWS_AS(db.storage.rename("d", "name"), gs::NotFoundError);
}

TEST_CASE("the list has the oldest first, in parts, with the number of all") {
    EachDatabase<DashboardStorage> db;
    const gs::Timestamp noon = gs::from_iso("2024-06-01T12:00:00Z");
    for (const int minute : {2, 0, 1}) {
        db.storage.create({.name = std::to_string(minute), .created_at = noon.time() + std::chrono::minutes{minute}});
    }
    const auto first = db.storage.list(2);
    REQUIRE(first.items.size() == 2);
    CHECK(first.items[0].value.name == "0");
    CHECK(first.items[1].value.name == "1");
    CHECK(first.total == 3);
    const auto second = db.storage.list(2, 2);
    REQUIRE(second.items.size() == 1);
    CHECK(second.items[0].value.name == "2");
    CHECK(second.total == 3);
}

TEST_CASE("a dashboard with a widget of an unknown type is listed, but not read") {
    EachDatabase<DashboardStorage> db;
    const std::string id = db.storage.create({.name = "of a newer program"});
    auto plain = db.database.storage(dashboards::dashboards_table);
    plain.patch(id, gs::path<nlohmann::json>("widgets").set(nlohmann::json::array({{{"type", "hologram"}}})));
    CHECK(db.storage.list(10).items.front().value.name == "of a newer program");
    CHECK(error_of<gs::DecodeError>([&] { (void)db.storage.read(id); }).id() == id);
    db.storage.rename(id, "renamed");
    CHECK(db.storage.list(10).items.front().value.name == "renamed");
}

TEST_CASE("a dashboard that is renamed keeps when it was created, and tells when it changed") {
    EachDatabase<DashboardStorage> db;
    const gs::Timestamp noon = gs::from_iso("2024-06-01T12:00:00Z");
    const std::string id = db.storage.create({.name = "Ground floor", .created_at = noon});
    CHECK(db.storage.read(id).updated_at == noon);
    db.storage.rename(id, "Basement");
    CHECK(db.storage.read(id).created_at == noon);
    CHECK(db.storage.list(1).items.front().value.updated_at > noon);
    CHECK(db.storage.remove(id));
    CHECK(db.storage.list(1).total == 0);
}
