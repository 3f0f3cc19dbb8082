// SPDX-License-Identifier: MIT
// expect: gridone::storage: the field's type cannot hold this (nullopt: if it is optional)

#include <gridone/storage/query/field.hpp>

#include <optional>
#include <string>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    std::optional<std::string> note;
};

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::field<&Device::note>.set(std::nullopt);
#else
    return gs::field<&Device::site>.set(std::nullopt);
#endif
}
