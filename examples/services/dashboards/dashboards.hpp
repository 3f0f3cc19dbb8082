// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DASHBOARDS_DASHBOARDS_HPP
#define GRIDONE_SERVICES_DASHBOARDS_DASHBOARDS_HPP

#include "dashboards/widgets.hpp"
#include <gridone/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dashboards {

namespace gs = gridone::storage;

struct Dashboard {
    std::string name{};
    std::string description{};
    std::vector<Widget> widgets{};
    gs::Timestamp created_at = gs::Timestamp::now();
    gs::Timestamp updated_at = created_at;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Dashboard, name, description, widgets, created_at, updated_at)

/// What a list shows of a dashboard; the widgets, which are most of it, are not read.
struct Summary {
    std::string name{};
    std::string description{};
    gs::Timestamp updated_at{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Summary, name, description, updated_at)

namespace dashboard {
constexpr auto name = gs::field<&Dashboard::name>;
constexpr auto description = gs::field<&Dashboard::description>;
constexpr auto created_at = gs::field<&Dashboard::created_at>;
constexpr auto updated_at = gs::field<&Dashboard::updated_at>;
}  // namespace dashboard

inline const auto oldest_dashboards = gs::query<Dashboard>().order_by(dashboard::created_at);

inline const auto dashboards_table =
    gs::document_table<Dashboard>({.table_name = "dashboards", .schema_name = "gridone_services"})
        .insert_only(dashboard::created_at)
        .index(gs::index_for(oldest_dashboards));

/// The dashboards. Several people may arrange one at the same time: what one does to a widget leaves the others alone.
class DashboardStorage {
public:
    explicit DashboardStorage(const gs::Database& db) : dashboards_{db.storage(dashboards_table)} {}

    /// Gives the id of the new dashboard.
    std::string create(const Dashboard& dashboard) {
        std::string id = gs::new_id();
        dashboards_.insert(id, dashboard);
        return id;
    }

    [[nodiscard]] Dashboard read(std::string_view id) const { return dashboards_.read(id); }

    /// A page of the list, oldest first, and how many dashboards there are.
    [[nodiscard]] gs::Page<Summary> list(std::size_t size, std::size_t offset = 0) const {
        return dashboards_.query(oldest_dashboards).limit(size).offset(offset).page<Summary>(gs::with_total);
    }

    /// @throws gs::NotFoundError
    void rename(std::string_view id, std::string_view name) {
        dashboards_.patch(id, dashboard::name.set(name), dashboard::updated_at.set(gs::Timestamp::now()));
    }

    /// Puts a widget below the others, and gives its id. @throws gs::NotFoundError
    std::string add_widget(std::string_view id, Widget widget) {
        widget.id = gs::new_id();
        change(id, [&](Dashboard& dashboard) {
            widget.layout.y = 0;
            for (const Widget& other : dashboard.widgets) {
                widget.layout.y = std::max(widget.layout.y, other.layout.y + other.layout.h);
            }
            dashboard.widgets.push_back(widget);
        });
        return widget.id;
    }

    /// @throws gs::NotFoundError  there is no such dashboard, or no such widget on it.
    void move_widget(std::string_view id, std::string_view widget_id, const Layout& layout) {
        change(id, [&](Dashboard& dashboard) { find(dashboard, widget_id)->layout = layout; });
    }

    /// @throws gs::NotFoundError  there is no such dashboard, or no such widget on it.
    void remove_widget(std::string_view id, std::string_view widget_id) {
        change(id, [&](Dashboard& dashboard) { dashboard.widgets.erase(find(dashboard, widget_id)); });
    }

    bool remove(std::string_view id) { return dashboards_.remove(id); }

private:
    void change(std::string_view id, auto&& f) {
        dashboards_.edit(id, [&](Dashboard& dashboard) {
            f(dashboard);
            dashboard.updated_at = gs::Timestamp::now();
        });
    }

    static std::vector<Widget>::iterator find(Dashboard& dashboard, std::string_view widget_id) {
        const auto found = std::ranges::find(dashboard.widgets, widget_id, &Widget::id);
        if (found == dashboard.widgets.end()) throw gs::NotFoundError{"widgets", widget_id};
        return found;
    }

    gs::AnyStorageBackend<Dashboard> dashboards_;
};

}  // namespace dashboards

#endif
