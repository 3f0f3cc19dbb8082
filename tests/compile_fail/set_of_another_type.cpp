// SPDX-License-Identifier: MIT
// expect: gridone::storage: the field's type cannot hold this

#include <gridone/storage/query/field.hpp>

#include <string>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
};

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::field<&Device::floor>.set(3);
#else
    return gs::field<&Device::floor>.set("3");
#endif
}
