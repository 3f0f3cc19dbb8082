// SPDX-License-Identifier: MIT
// expect: gridone::storage: only from a sequence of such elements

#include <gridone/storage/query/field.hpp>

#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Device {
    std::vector<std::string> tags;
};

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::field<&Device::tags>.remove_value("1");
#else
    return gs::field<&Device::tags>.remove_value(1);
#endif
}
