// SPDX-License-Identifier: MIT

// What services store, each with a storage class of its own: users, apps, dashboards, devices. In memory, and on the
// server that DATABASE_URL names.

#include "apps/apps.hpp"
#include "apps/registrations.hpp"
#include "dashboards/dashboards.hpp"
#include "devices_manager/devices_manager.hpp"
#include "users/users.hpp"
#include <gridone/storage.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace gs = gridone::storage;

void show_users(users::UserStorage& users) {
    users.create_first({.username = "admin", .hashed_password = "$2b$…", .role = users::Role::admin});
    const std::string ada = users.create({.username = "ada", .email = "ada@example.org"});
    try {
        users.create({.username = "ada"});
    } catch (const gs::ConstraintError& error) {
        std::cout << "users: a second ada is refused by " << error.constraint() << '\n';
    }
    users.update(ada, {.role = users::Role::editor});
    for (const auto& [id, user, version] : users.list(10).items) {
        std::cout << "users: " << user.username << " is " << nlohmann::json(user.role).get<std::string>() << '\n';
    }
}

void show_apps(apps::RegistrationStorage& registrations, apps::AppStorage& apps) {
    registrations.submit({.username = "weather-app", .hashed_password = "$2b$…", .manifest = "name: weather"});
    const std::string request = registrations.submit({.username = "weather-app", .hashed_password = "$2b$…"});
    const auto app = registrations.accept(request, {.name = "weather", .api_url = "http://weather"});
    apps.set_config(app.id, {{"city", "Lyon"}});
    apps.set_status(app.id, apps::AppStatus::healthy);
    for (const auto& [id, waiting, version] : apps.waiting()) {
        std::cout << "apps: " << waiting.name << " is still to get " << waiting.config << '\n';
    }
}

void show_dashboards(dashboards::DashboardStorage& dashboards) {
    const std::string id = dashboards.create({.name = "Ground floor"});
    const std::string text =
        dashboards.add_widget(id, {.title = "Hello", .content = dashboards::Text{"Welcome", "blue"}});
    dashboards.add_widget(id, {.title = "Warmth", .content = dashboards::Chart{{"temperature"}, 48}});
    dashboards.move_widget(id, text, {.x = 4, .w = 2});
    for (const auto& [dashboard, summary, version] : dashboards.list(10).items) {
        const std::size_t widgets = dashboards.read(dashboard).widgets.size();
        std::cout << "dashboards: " << summary.name << " has " << widgets << " widgets\n";
    }
}

void show_devices(devices_manager::DevicesManagerStorage& manager) {
    manager.drivers.install("acme-t1", {.vendor = "Acme", .model = "T1", .type = "thermostat"});
    const std::string broker = manager.transports.add({.name = "broker", .protocol = devices_manager::Protocol::mqtt});
    for (const char* name : {"hall", "kitchen"}) {
        const std::string id = manager.commission(
            {.name = name, .type = "thermostat", .driver_id = "acme-t1", .transport_id = broker}, {"temperature"});
        manager.devices.set_tag(id, "floor", "1");
        manager.attributes.record(id, "temperature", 20.5, gs::Timestamp::now());
    }
    const auto page = manager.devices.list({.type = "thermostat", .tags = {{"floor", "1"}}}, 1);
    std::cout << "devices: " << page.items.front().value.name << " is the first of " << *page.total << '\n';
    try {
        manager.drivers.remove("acme-t1");
    } catch (const gs::ConstraintError& error) {
        std::cout << "devices: the driver is kept by " << error.constraint() << '\n';
    }
    manager.transports.remove(broker);
    std::cout << "devices: " << manager.devices.list({}, 1).total.value_or(0) << " without the broker\n";
}

/// The same for every database.
void serve(const gs::Database& db) {
    users::UserStorage users{db};
    apps::AppStorage apps{db};
    apps::RegistrationStorage registrations{db};
    dashboards::DashboardStorage dashboards{db};
    devices_manager::DevicesManagerStorage devices{db};
    db.ensure_schema();

    show_users(users);
    show_apps(registrations, apps);
    show_dashboards(dashboards);
    show_devices(devices);
}

int main() try {
    std::cout << "in memory:\n";
    serve(gs::open_database("memory:"));

    std::cout << "\non the server:\n";
    const char* url = std::getenv("DATABASE_URL");
    const gs::Database db = gs::open_database(url != nullptr ? url : "postgresql:///postgres");
    serve(db);
    gs::BaseSchemaManager{db.manager(), {"DROP SCHEMA gridone_services CASCADE"}}.ensure_schema();
} catch (const gs::StorageError& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
