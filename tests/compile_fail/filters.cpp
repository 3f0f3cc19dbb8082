// SPDX-License-Identifier: MIT

#include <gridone/storage/query/field.hpp>

#include <string>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
    bool active = false;
};
struct Alert {
    std::string text;
    int level = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto active = gs::field<&Device::active>;
}  // namespace device
namespace alert {
constexpr auto text = gs::field<&Alert::text>;
constexpr auto level = gs::field<&Alert::level>;
}  // namespace alert

// expect: gridone::storage: filters on two models
auto and_of_two_models() {
#ifdef GRIDONE_CONTROL
    return device::site == "lyon" && device::floor > 3;
#else
    return device::site == "lyon" && alert::level > 3;
#endif
}

// expect: gridone::storage: filters on two models
auto or_of_two_models() {
#ifdef GRIDONE_CONTROL
    return device::site == "lyon" || gs::path<int>("level") > 3;
#else
    return device::site == "lyon" || alert::level > 3;
#endif
}

// expect: gridone::storage: this is a filter on another model
auto filter_of_another_model() {
#ifdef GRIDONE_CONTROL
    return gs::Filter<Device>{device::floor > 3};
#else
    return gs::Filter<Device>{alert::level > 3};
#endif
}

// expect: gridone::storage: this is a filter on another model
auto narrowed_by_another_model() {
#ifdef GRIDONE_CONTROL
    return gs::Filter<Device>{} &= device::floor > 3;
#else
    return gs::Filter<Device>{} &= alert::level > 3;
#endif
}

// expect: gridone::storage: a filter joins filters only, and is no bool
auto and_with_boolean() {
#ifdef GRIDONE_CONTROL
    return device::site == "lyon" && gs::Filter<Device>{};
#else
    return device::site == "lyon" && true;
#endif
}

// expect: gridone::storage: a filter joins filters only, and is no bool
auto and_with_field() {
#ifdef GRIDONE_CONTROL
    return device::site == "lyon" && device::active == true;
#else
    return device::site == "lyon" && device::active;
#endif
}

// expect: gridone::storage: a field is no condition: compare it, field == true
auto field_and_filter() {
#ifdef GRIDONE_CONTROL
    return device::active == true && device::site == "lyon";
#else
    return device::active && device::site == "lyon";
#endif
}

// expect: gridone::storage: a field is no condition: compare it, field == true
auto not_of_field() {
#ifdef GRIDONE_CONTROL
    return !(device::active == true);
#else
    return !device::active;
#endif
}

// expect: gridone::storage: a field is no condition: compare it, field == true
auto two_fields() {
#ifdef GRIDONE_CONTROL
    return device::active == true || device::floor == 3;
#else
    return device::active || device::floor;
#endif
}

// expect: gridone::storage: a filter joins filters only, and is no bool
auto filter_as_boolean() {
#ifdef GRIDONE_CONTROL
    return device::floor > 3 || !(device::floor > 3);
#else
    return device::floor > 3 ? 1 : 2;
#endif
}

// expect: gridone::storage: no chain of comparisons: between(low, high)
auto chain_of_comparisons() {
#ifdef GRIDONE_CONTROL
    return device::floor.between(1, 5);
#else
    return 1 <= device::floor <= 5;
#endif
}

// expect: gridone::storage: a filter joins filters only, and is no bool
auto filter_and_order() {
#ifdef GRIDONE_CONTROL
    return device::floor > 3 && device::site > "";
#else
    return device::floor > 3 && device::site.ascending();
#endif
}
