// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DEVICES_MANAGER_DRIVERS_HPP
#define GRIDONE_SERVICES_DEVICES_MANAGER_DRIVERS_HPP

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace devices_manager {

namespace gs = gridone::storage;

/// How devices of one make are spoken to.
struct Driver {
    std::string vendor{};
    std::string model{};
    std::string type{};
    int version = 1;
    nlohmann::json attributes = nlohmann::json::object();  // where each value is found, as the protocol has it
    gs::Timestamp created_at = gs::Timestamp::now();
    gs::Timestamp updated_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Driver, vendor, model, type, version, attributes, created_at,
                                                updated_at)

namespace driver {
constexpr auto vendor = gs::field<&Driver::vendor>;
constexpr auto model = gs::field<&Driver::model>;
constexpr auto created_at = gs::field<&Driver::created_at>;
}  // namespace driver

inline const auto drivers_table =
    gs::document_table<Driver>({.table_name = "drivers", .schema_name = "gridone_services"})
        .insert_only(driver::created_at);

/// The drivers, under the names that their makers gave them.
class DriverStorage {
public:
    explicit DriverStorage(const gs::Database& db) : drivers_{db.storage(drivers_table)} {}

    /// Stores a driver, or the new edition of one; `created_at` is that of the first.
    void install(std::string_view id, const Driver& driver) { drivers_.write(id, driver); }

    [[nodiscard]] std::optional<Driver> find(std::string_view id) const { return drivers_.find(id); }

    [[nodiscard]] std::vector<gs::Document<Driver>> of_vendor(std::string_view vendor) const {
        return drivers_.query().where(driver::vendor == vendor).order_by(driver::model).all();
    }

    /// @throws gs::ConstraintError  `devices_driver_id_fkey`: a device needs it.
    bool remove(std::string_view id) { return drivers_.remove(id); }

private:
    gs::AnyStorageBackend<Driver> drivers_;
};

}  // namespace devices_manager

#endif
