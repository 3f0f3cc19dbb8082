// SPDX-License-Identifier: MIT

#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/query.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;

enum class Mode { off, heat };

struct Device {
    std::string site;
    int floor = 0;
    bool active = false;
    Mode mode = Mode::off;
    std::vector<std::string> tags;
    std::map<std::string, int> limits;
};
struct Alert {
    int level = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto limits = gs::field<&Device::limits>;
}  // namespace device
constexpr auto alert_level = gs::field<&Alert::level>;

const auto devices = gs::query<Device>();

// expect: gridone::storage: a filter on fields of the model
auto where_of_another_model() {
#ifdef GRIDONE_CONTROL
    return devices.where(device::floor > 3);
#else
    return devices.where(alert_level > 3);
#endif
}

// expect: gridone::storage: a filter on fields of the model
auto where_of_boolean() {
#ifdef GRIDONE_CONTROL
    return devices.where(gs::Filter<Device>{});
#else
    return devices.where(true);
#endif
}

// expect: gridone::storage: a filter on fields of the model
auto where_of_field() {
#ifdef GRIDONE_CONTROL
    return devices.where(device::active == true);
#else
    return devices.where(device::active);
#endif
}

// expect: gridone::storage: a filter on fields of the model
auto where_of_order() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::floor.descending());
#else
    return devices.where(device::floor.descending());
#endif
}

// expect: gridone::storage: a filter on fields of the model
auto where_of_function() {
#ifdef GRIDONE_CONTROL
    return devices.where(device::floor > 3);
#else
    return devices.where([](const Device& it) { return it.floor > 3; });
#endif
}

// expect: gridone::storage: values of this field have no order
auto ascending_vector() {
#ifdef GRIDONE_CONTROL
    return device::site.ascending();
#else
    return device::tags.ascending();
#endif
}

// expect: gridone::storage: values of this field have no order
auto descending_enum() {
#ifdef GRIDONE_CONTROL
    return device::site.descending();
#else
    return device::mode.descending();
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_vector() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::site);
#else
    return devices.order_by(device::tags);
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_map() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::floor);
#else
    return devices.order_by(device::limits);
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_enum() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::active);
#else
    return devices.order_by(device::mode);
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_of_another_model() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::floor.descending());
#else
    return devices.order_by(alert_level.descending());
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_field_of_another_model() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::site, device::floor);
#else
    return devices.order_by(device::site, alert_level);
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_filter() {
#ifdef GRIDONE_CONTROL
    return devices.where(device::floor > 3);
#else
    return devices.order_by(device::floor > 3);
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_text() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(gs::path<std::string>("site"));
#else
    return devices.order_by("site");
#endif
}

// expect: gridone::storage: fields of the model that have an order
auto order_by_version() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(gs::id_field);
#else
    return devices.order_by(gs::version_field);
#endif
}

// expect: gridone::storage: this is an order of another model
auto order_as_another_models() {
#ifdef GRIDONE_CONTROL
    return gs::Order<Device>{device::floor.ascending()};
#else
    return gs::Order<Device>{alert_level.ascending()};
#endif
}

// expect: gridone::storage: an order: descending() turns it, order_by(a, b) joins
auto not_of_order() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::floor.descending());
#else
    return devices.order_by(!device::floor.ascending());
#endif
}

// expect: gridone::storage: an order: descending() turns it, order_by(a, b) joins
auto and_of_orders() {
#ifdef GRIDONE_CONTROL
    return devices.order_by(device::site.ascending(), device::floor.descending());
#else
    return devices.order_by(device::site.ascending() && device::floor.descending());
#endif
}

// expect: gridone::storage: a whole number of documents
auto limit_of_text() {
#ifdef GRIDONE_CONTROL
    return devices.limit(5);
#else
    return devices.limit("5");
#endif
}

// expect: gridone::storage: a whole number of documents
auto limit_of_fraction() {
#ifdef GRIDONE_CONTROL
    return devices.limit(2);
#else
    return devices.limit(2.5);
#endif
}

// expect: gridone::storage: a whole number of documents
auto limit_of_boolean() {
#ifdef GRIDONE_CONTROL
    return devices.limit(1);
#else
    return devices.limit(true);
#endif
}

// expect: gridone::storage: a whole number of documents
auto offset_of_fraction() {
#ifdef GRIDONE_CONTROL
    return devices.offset(10L);
#else
    return devices.offset(1e1);
#endif
}
