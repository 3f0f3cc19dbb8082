// SPDX-License-Identifier: MIT
// expect: gridone::storage: only a number is incremented, and by a number

#include <gridone/storage/query/field.hpp>

#include <string>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    int floor = 0;
};

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::field<&Device::floor>.increment(1);
#else
    return gs::field<&Device::site>.increment(1);
#endif
}
