// SPDX-License-Identifier: MIT
// expect: gridone::storage: this is a change of another model

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>

#include <string>

namespace gs = gridone::storage;

struct Device {
    int floor = 0;
};
#ifdef GRIDONE_CONTROL
struct Alert : Device {};
#else
struct Alert {};
#endif

gs::Change<Alert> change() {
    return gs::field<&Device::floor>.set(1);
}
