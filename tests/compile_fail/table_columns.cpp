// SPDX-License-Identifier: MIT

#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>

#include <map>
#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    std::vector<std::string> tags;
    std::map<std::string, int> limits;
};
struct Alert {
    int level = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto limits = gs::field<&Device::limits>;
}  // namespace device
constexpr auto alert_level = gs::field<&Alert::level>;

const auto devices = gs::document_table<Device>("devices");

// expect: gridone::storage: a comparable field of the model
auto column_of_a_sequence() {
#ifdef GRIDONE_CONTROL
    return devices.with_column(device::site);
#else
    return devices.with_column(device::tags);
#endif
}

// expect: gridone::storage: a comparable field of the model
auto column_of_another_model() {
#ifdef GRIDONE_CONTROL
    return devices.with_column(device::site, "place");
#else
    return devices.with_column(alert_level, "level");
#endif
}

// expect: gridone::storage: a field that is a sequence or a map
auto contents_of_a_text() {
#ifdef GRIDONE_CONTROL
    return devices.contents_index(device::limits);
#else
    return devices.contents_index(device::site);
#endif
}
