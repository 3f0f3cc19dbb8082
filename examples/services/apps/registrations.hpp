// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_APPS_REGISTRATIONS_HPP
#define GRIDONE_SERVICES_APPS_REGISTRATIONS_HPP

#include "apps/apps.hpp"
#include "users/users.hpp"
#include <gridone/storage.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apps {

enum class RegistrationStatus { pending, accepted, discarded };
NLOHMANN_JSON_SERIALIZE_ENUM(RegistrationStatus, {{RegistrationStatus::pending, "pending"},
                                                  {RegistrationStatus::accepted, "accepted"},
                                                  {RegistrationStatus::discarded, "discarded"}})

/// An app asks to be installed.
struct Registration {
    std::string username{};
    std::string hashed_password{};
    std::string manifest{};
    RegistrationStatus status = RegistrationStatus::pending;
    gs::Timestamp created_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Registration, username, hashed_password, manifest, status, created_at)

namespace registration {
constexpr auto username = gs::field<&Registration::username>;
constexpr auto status = gs::field<&Registration::status>;
constexpr auto created_at = gs::field<&Registration::created_at>;
}  // namespace registration

inline const auto is_pending = registration::status == RegistrationStatus::pending;
inline const auto pending_registrations =
    gs::query<Registration>().where(is_pending).order_by(registration::created_at.descending());

inline const auto registrations_table =
    gs::document_table<Registration>({.table_name = "registrations", .schema_name = "gridone_services"})
        .unique(registration::username, gs::where(is_pending))
        .insert_only(registration::created_at)
        .index(gs::index_for(pending_registrations));

/// The requests of apps to be installed, of which an administrator accepts some.
class RegistrationStorage {
public:
    explicit RegistrationStorage(const gs::Database& db)
        : users_{db}, apps_{db}, registrations_{db.storage(registrations_table)} {}

    /// Gives the id. An app that asks again while it waits renews its request, which keeps its id and its place.
    std::string submit(const Registration& registration) {
        return registrations_.upsert_by(registration::username, gs::new_id(), registration).document.id;
    }

    [[nodiscard]] Registration read(std::string_view id) const { return registrations_.read(id); }

    /// Newest first.
    [[nodiscard]] std::vector<gs::Document<Registration>> pending() const {
        return registrations_.query(pending_registrations).all();
    }

    /// Makes the account and installs the app: all of it, or nothing.
    /// @param app  as its manifest describes it; the account is filled in.
    /// @throws gs::ConflictError    it is settled already.
    /// @throws gs::ConstraintError  the name of the account is taken. The request is still pending.
    /// @throws gs::NotFoundError
    gs::Document<App> accept(std::string_view id, App app) {
        return registrations_.transaction([&](gs::Transaction& tx) {
            const Registration accepted = settle(tx, id, RegistrationStatus::accepted);
            app.user_id = users_.create(tx, {.username = accepted.username,
                                             .hashed_password = accepted.hashed_password,
                                             .is_service_account = true});
            gs::InsertedOrFound<App> installed = apps_.install(tx, app);
            if (!installed.inserted) throw gs::ConflictError{{.reason = "an app of this name is installed already"}};
            return std::move(installed.document);
        });
    }

    /// @throws gs::ConflictError, gs::NotFoundError  as `accept`.
    void discard(std::string_view id) {
        registrations_.transaction([&](gs::Transaction& tx) { settle(tx, id, RegistrationStatus::discarded); });
    }

private:
    /// A request is settled once, whoever comes first.
    Registration settle(gs::Transaction& tx, std::string_view id, RegistrationStatus status) {
        const auto pending = registrations_.in(tx).query().where(gs::id_field == id && is_pending);
        const auto settled = pending.patch_documents(registration::status.set(status));
        if (!settled.empty()) return settled.front().value;
        if (!registrations_.in(tx).contains(id)) throw gs::NotFoundError{"registrations", id};
        throw gs::ConflictError{{.reason = "the request is settled already", .table = "registrations"}};
    }

    users::UserStorage users_;
    AppStorage apps_;
    gs::AnyStorageBackend<Registration> registrations_;
};

}  // namespace apps

#endif
