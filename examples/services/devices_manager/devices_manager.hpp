// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DEVICES_MANAGER_DEVICES_MANAGER_HPP
#define GRIDONE_SERVICES_DEVICES_MANAGER_DEVICES_MANAGER_HPP

#include "devices_manager/attributes.hpp"
#include "devices_manager/devices.hpp"
#include "devices_manager/drivers.hpp"
#include "devices_manager/transports.hpp"
#include <gridone/storage.hpp>

#include <string>
#include <utility>
#include <vector>

namespace devices_manager {

/// All that the devices manager stores, in one database.
class DevicesManagerStorage {
public:
    explicit DevicesManagerStorage(gs::Database db)
        : drivers{db}, transports{db}, devices{db}, attributes{db}, db_{std::move(db)} {}

    /// Adds a device with the attributes that its driver has, without values yet: all of it, or nothing.
    /// @throws gs::ConstraintError  as `DeviceStorage::add`.
    std::string commission(const Device& device, const std::vector<std::string>& attribute_names) {
        return db_.transaction([&](gs::Transaction& tx) {
            std::string id = devices.add(tx, device);
            std::vector<Attribute> attributes_of_it;
            for (const std::string& name : attribute_names) {
                attributes_of_it.push_back({.device_id = id, .name = name});
            }
            attributes.save(tx, attributes_of_it);
            return id;
        });
    }

    DriverStorage drivers;
    TransportStorage transports;
    DeviceStorage devices;
    AttributeStorage attributes;

private:
    gs::Database db_;
};

}  // namespace devices_manager

#endif
