// SPDX-License-Identifier: MIT
// expect: gridone::storage: only to a sequence of such elements

#include <gridone/storage/query/field.hpp>

#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    std::vector<std::string> tags;
};

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::field<&Device::tags>.append("x");
#else
    return gs::field<&Device::site>.append("x");
#endif
}
