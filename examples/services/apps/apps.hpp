// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_APPS_APPS_HPP
#define GRIDONE_SERVICES_APPS_APPS_HPP

#include "users/users.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps {

namespace gs = gridone::storage;

/// What the health check has found.
enum class AppStatus { registered, healthy, needs_config, unhealthy };
NLOHMANN_JSON_SERIALIZE_ENUM(AppStatus, {{AppStatus::registered, "registered"},
                                         {AppStatus::healthy, "healthy"},
                                         {AppStatus::needs_config, "needs_config"},
                                         {AppStatus::unhealthy, "unhealthy"}})

/// Whether the app has got its config.
enum class PushStatus { pending, ok, rejected };
NLOHMANN_JSON_SERIALIZE_ENUM(PushStatus, {{PushStatus::pending, "pending"},
                                          {PushStatus::ok, "ok"},
                                          {PushStatus::rejected, "rejected"}})

struct App {
    std::string name{};
    std::string api_url{};
    std::string user_id{};  // of the account that it works under
    AppStatus status = AppStatus::registered;
    nlohmann::json config{};  // whatever the app asks for; null before there is one
    int config_revision = 0;
    std::optional<PushStatus> push_status{};
    gs::Timestamp created_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(App, name, api_url, user_id, status, config, config_revision,
                                                push_status, created_at)

namespace app {
constexpr auto name = gs::field<&App::name>;
constexpr auto user_id = gs::field<&App::user_id>;
constexpr auto status = gs::field<&App::status>;
constexpr auto config = gs::field<&App::config>;
constexpr auto config_revision = gs::field<&App::config_revision>;
constexpr auto push_status = gs::field<&App::push_status>;
constexpr auto created_at = gs::field<&App::created_at>;
}  // namespace app

inline const auto newest_apps = gs::query<App>().order_by(app::created_at.descending());
inline const auto waiting_apps = newest_apps.where(app::push_status == PushStatus::pending);

inline const auto apps_table = gs::document_table<App>({.table_name = "apps", .schema_name = "gridone_services"})
                                   .unique(app::name)
                                   .references(app::user_id, users::users_table, gs::on_delete::refuse)
                                   .insert_only(app::created_at)
                                   .index(gs::index_for(newest_apps))
                                   .index(gs::index_for(waiting_apps));

/// The apps that are installed. Health check and settings write at the same time, each its own fields.
class AppStorage {
public:
    explicit AppStorage(const gs::Database& db) : users_{db}, apps_{db.storage(apps_table)} {}

    /// Installs the app, or gives the one of this name that is installed already.
    /// @throws gs::ConstraintError  `apps_user_id_fkey`: there is no such account.
    gs::InsertedOrFound<App> install(const App& app) { return apps_.insert_or_find(gs::new_id(), app); }
    gs::InsertedOrFound<App> install(gs::Transaction& tx, const App& app) {
        return apps_.in(tx).insert_or_find(gs::new_id(), app);
    }

    [[nodiscard]] App read(std::string_view id) const { return apps_.read(id); }
    [[nodiscard]] std::vector<gs::Document<App>> list() const { return apps_.query(newest_apps).all(); }

    /// Those that have not got their config yet.
    [[nodiscard]] std::vector<gs::Document<App>> waiting() const { return apps_.query(waiting_apps).all(); }

    /// For the health check, whose view of the app is old: the status alone. Tells whether the app is still there.
    bool set_status(std::string_view id, AppStatus status) {
        return apps_.query().where(gs::id_field == id).patch(app::status.set(status)) != 0;
    }

    /// The app is still to get it. @throws gs::NotFoundError
    void set_config(std::string_view id, const nlohmann::json& config) {
        apps_.patch(id, app::config.set(config), app::config_revision.increment(1),
                    app::push_status.set(PushStatus::pending));
    }

    /// What became of sending the config of this revision. Tells whether that is the app's config still; another one is
    /// still to be sent.
    bool set_push_status(std::string_view id, int config_revision, PushStatus status) {
        const auto as_sent = gs::id_field == id && app::config_revision == config_revision;
        return apps_.query().where(as_sent).patch(app::push_status.set(status)) != 0;
    }

    /// Removes the app and the account that it works under. @throws gs::NotFoundError
    void uninstall(std::string_view id) {
        apps_.transaction([&](gs::Transaction& tx) {
            const std::string account = apps_.in(tx).read_for_update(id).user_id;
            apps_.in(tx).remove(id);
            users_.remove(tx, account);
        });
    }

private:
    users::UserStorage users_;
    gs::AnyStorageBackend<App> apps_;
};

}  // namespace apps

#endif
