// SPDX-License-Identifier: MIT

#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/field.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
    bool active = false;
    std::vector<std::string> tags;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, site, floor, active, tags)
struct Alert {
    int level = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto tags = gs::field<&Device::tags>;
}  // namespace device
constexpr auto alert_level = gs::field<&Alert::level>;

using Devices = gs::MemoryStorageBackend<Device>;

// expect: gridone::storage: a field of the model that is a number
auto sum_of_text(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().sum(device::floor);
#else
    return devices.query().sum(device::site);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto sum_of_another_model(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().sum(device::floor);
#else
    return devices.query().sum(alert_level);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto sum_of_filter(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().where(device::floor > 3).sum(device::floor);
#else
    return devices.query().sum(device::floor > 3);
#endif
}

// expect: gridone::storage: a field of the model that is a number
auto mean_of_booleans(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().avg(device::floor);
#else
    return devices.query().avg(device::active);
#endif
}

// expect: gridone::storage: a field of the model whose values have an order
auto least_boolean(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().min(device::floor);
#else
    return devices.query().min(device::active);
#endif
}

// expect: gridone::storage: a field of the model whose values have an order
auto greatest_vector(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().max(device::site);
#else
    return devices.query().max(device::tags);
#endif
}

// expect: gridone::storage: a field of the model whose values can be compared
auto count_by_vector(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().count_by(device::active);
#else
    return devices.query().count_by(device::tags);
#endif
}

// expect: gridone::storage: a field of the model whose values can be compared
auto count_by_name(const Devices& devices) {
#ifdef GRIDONE_CONTROL
    return devices.query().count_by(device::site);
#else
    return devices.query().count_by("site");
#endif
}
