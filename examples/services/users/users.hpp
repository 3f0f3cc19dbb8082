// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_USERS_USERS_HPP
#define GRIDONE_SERVICES_USERS_USERS_HPP

#include <gridone/storage.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace users {

namespace gs = gridone::storage;

enum class Role { admin, editor, viewer };
NLOHMANN_JSON_SERIALIZE_ENUM(Role, {{Role::admin, "admin"}, {Role::editor, "editor"}, {Role::viewer, "viewer"}})

struct User {
    std::string username{};
    std::string hashed_password{};
    Role role = Role::viewer;
    std::string email{};
    bool is_service_account = false;
    bool must_change_password = false;
    bool is_blocked = false;
    gs::Timestamp created_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(User, username, hashed_password, role, email, is_service_account,
                                                must_change_password, is_blocked, created_at)

/// What may be changed of a user at once; what is not given stays as it is.
struct UserUpdate {
    std::optional<std::string> username{};
    std::optional<std::string> email{};
    std::optional<Role> role{};
};

namespace user {
constexpr auto username = gs::field<&User::username>;
constexpr auto hashed_password = gs::field<&User::hashed_password>;
constexpr auto role = gs::field<&User::role>;
constexpr auto email = gs::field<&User::email>;
constexpr auto must_change_password = gs::field<&User::must_change_password>;
constexpr auto is_blocked = gs::field<&User::is_blocked>;
constexpr auto created_at = gs::field<&User::created_at>;
}  // namespace user

inline const auto users_by_name = gs::query<User>().order_by(user::username);

inline const auto users_table = gs::document_table<User>({.table_name = "users", .schema_name = "gridone_services"})
                                    .unique(user::username)
                                    .insert_only(user::created_at);

/// The users: who may log in, under a name that nobody else has.
class UserStorage {
public:
    explicit UserStorage(const gs::Database& db) : users_{db.storage(users_table)} {}

    /// Gives the id of the new user.
    /// @throws gs::ConstraintError  `users_username_key`: the name is taken.
    std::string create(const User& user) {
        std::string id = gs::new_id();
        users_.insert(id, user);
        return id;
    }
    std::string create(gs::Transaction& tx, const User& user) {
        std::string id = gs::new_id();
        users_.in(tx).insert(id, user);
        return id;
    }

    /// Creates the user if there is none at all: of services that start at the same time, one does.
    bool create_first(const User& user) {
        return users_.transaction({.isolation = gs::Isolation::serializable}, [&](gs::Transaction& tx) {
            if (users_.in(tx).query().exists()) return false;
            create(tx, user);
            return true;
        });
    }

    [[nodiscard]] bool is_empty() const { return !users_.query().exists(); }
    [[nodiscard]] User read(std::string_view id) const { return users_.read(id); }

    /// For the login, which needs both the id and the user.
    [[nodiscard]] std::optional<gs::Document<User>> by_name(std::string_view username) const {
        return users_.query().where(user::username == username).first();
    }

    /// In order of the names.
    [[nodiscard]] gs::Page<User> list(std::size_t size, const std::optional<gs::Cursor>& from = std::nullopt) const {
        return users_.query(users_by_name).limit(size).page(from);
    }

    [[nodiscard]] std::vector<std::pair<std::optional<Role>, std::size_t>> count_by_role() const {
        return users_.query().count_by(user::role);
    }

    /// @throws gs::ConstraintError  `users_username_key`: the new name is taken; nothing was changed.
    /// @throws gs::NotFoundError
    void update(std::string_view id, const UserUpdate& update) {
        std::vector<gs::Change<User>> changes;
        if (update.username) changes.push_back(user::username.set(*update.username));
        if (update.email) changes.push_back(user::email.set(*update.email));
        if (update.role) changes.push_back(user::role.set(*update.role));
        if (!changes.empty()) users_.patch(id, changes);
    }

    /// The user need not change it any more. @throws gs::NotFoundError
    void set_password(std::string_view id, std::string_view hashed_password) {
        users_.patch(id, user::hashed_password.set(hashed_password), user::must_change_password.set(false));
    }

    /// @throws gs::NotFoundError
    void set_blocked(std::string_view id, bool blocked) { users_.patch(id, user::is_blocked.set(blocked)); }

    /// @throws gs::ConstraintError  an app works under this account.
    bool remove(std::string_view id) { return users_.remove(id); }
    bool remove(gs::Transaction& tx, std::string_view id) { return users_.in(tx).remove(id); }

private:
    gs::AnyStorageBackend<User> users_;
};

}  // namespace users

#endif
