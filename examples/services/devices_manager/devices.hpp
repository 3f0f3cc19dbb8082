// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DEVICES_MANAGER_DEVICES_HPP
#define GRIDONE_SERVICES_DEVICES_MANAGER_DEVICES_HPP

#include "devices_manager/drivers.hpp"
#include "devices_manager/transports.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace devices_manager {

struct Device {
    std::string name{};
    std::string type{};
    std::string driver_id{};
    std::string transport_id{};
    std::map<std::string, std::string> tags{};
    nlohmann::json config = nlohmann::json::object();  // as the driver has it
    gs::Timestamp created_at = gs::Timestamp::now();
    gs::Timestamp updated_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Device, name, type, driver_id, transport_id, tags, config, created_at,
                                                updated_at)

namespace device {
constexpr auto name = gs::field<&Device::name>;
constexpr auto type = gs::field<&Device::type>;
constexpr auto driver_id = gs::field<&Device::driver_id>;
constexpr auto transport_id = gs::field<&Device::transport_id>;
constexpr auto config = gs::field<&Device::config>;
constexpr auto created_at = gs::field<&Device::created_at>;
constexpr auto updated_at = gs::field<&Device::updated_at>;
inline auto tag(std::string_view key) {
    return gs::path<std::string>("tags", key);
}
}  // namespace device

/// What is stored as a device, which an older or newer program may have written: nothing where it is none.
struct PerhapsDevice {
    std::optional<Device> device = Device{};
};
inline void to_json(nlohmann::json& json, const PerhapsDevice& perhaps) {
    json = perhaps.device;
}
inline void from_json(const nlohmann::json& json, PerhapsDevice& perhaps) try {
    perhaps.device = json.get<Device>();
} catch (const nlohmann::json::exception&) {
    perhaps.device.reset();
} catch (const gs::DecodeError&) {
    perhaps.device.reset();
}

/// Which devices a list is about; what is not given does not matter.
struct DeviceFilter {
    std::optional<std::string> type{};
    std::optional<std::string> driver_id{};
    std::map<std::string, std::string> tags{};

    [[nodiscard]] gs::Filter<Device> as_filter() const {
        gs::Filter<Device> filter;
        if (type) filter &= device::type == *type;
        if (driver_id) filter &= device::driver_id == *driver_id;
        for (const auto& [key, value] : tags) filter &= device::tag(key) == value;
        return filter;
    }
};

inline const auto devices_by_name = gs::query<Device>().order_by(device::name);

inline const auto devices_table =
    gs::document_table<Device>({.table_name = "devices", .schema_name = "gridone_services"})
        .references(device::driver_id, drivers_table, gs::on_delete::refuse)
        .references(device::transport_id, transports_table, gs::on_delete::cascade)
        .insert_only(device::created_at)
        .index(gs::index_for(devices_by_name))
        .index(gs::index_for(devices_by_name.where(device::type == "")))
        .index(gs::index_for(devices_by_name.where(device::tag("asset") == "")));

/// The devices, each of which has a driver and a transport.
class DeviceStorage {
public:
    explicit DeviceStorage(const gs::Database& db) : devices_{db.storage(devices_table)} {}

    /// Gives the id of the new device.
    /// @throws gs::ConstraintError  there is no such driver, or no such transport: `constraint()` tells which.
    std::string add(const Device& device) {
        std::string id = gs::new_id();
        devices_.insert(id, device);
        return id;
    }
    std::string add(gs::Transaction& tx, const Device& device) {
        std::string id = gs::new_id();
        devices_.in(tx).insert(id, device);
        return id;
    }

    [[nodiscard]] Device read(std::string_view id) const { return devices_.read(id); }

    /// All of them, for the start of the service, which one that cannot be read does not hold up.
    [[nodiscard]] std::vector<gs::Document<PerhapsDevice>> all() const {
        return devices_.query().select<PerhapsDevice>();
    }

    /// In order of the names, with the number of all that the filter is true of.
    [[nodiscard]] gs::Page<Device> list(const DeviceFilter& filter, std::size_t size,
                                        const std::optional<gs::Cursor>& from = std::nullopt) const {
        return devices_.query(devices_by_name).where(filter.as_filter()).limit(size).page(from, gs::with_total);
    }

    [[nodiscard]] std::vector<std::pair<std::optional<std::string>, std::size_t>> count_by_type() const {
        return devices_.query().count_by(device::type);
    }

    /// @throws gs::NotFoundError
    void rename(std::string_view id, std::string_view name) { change(id, device::name.set(name)); }

    /// @throws gs::NotFoundError
    void set_config(std::string_view id, const nlohmann::json& config) { change(id, device::config.set(config)); }

    /// Whoever sets another tag at the same time does not lose it. @throws gs::NotFoundError
    void set_tag(std::string_view id, std::string_view key, std::string_view value) {
        change(id, device::tag(key).set(value));
    }

    /// Where there is no such tag, nothing is removed. @throws gs::NotFoundError
    void remove_tag(std::string_view id, std::string_view key) { change(id, device::tag(key).unset()); }

    /// Removes it with its attributes.
    bool remove(std::string_view id) { return devices_.remove(id); }

private:
    void change(std::string_view id, const gs::Change<Device>& change) {
        devices_.patch(id, change, device::updated_at.set(gs::Timestamp::now()));
    }

    gs::AnyStorageBackend<Device> devices_;
};

}  // namespace devices_manager

#endif
