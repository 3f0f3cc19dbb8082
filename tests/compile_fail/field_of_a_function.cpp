// SPDX-License-Identifier: MIT
// expect: gridone::storage: a field is made of pointers to data members: field<&Device::site>

#include <gridone/storage/query/field.hpp>

#include <string>

namespace gs = gridone::storage;

struct Device {
    std::string site;
    std::string upper_case_site() const;
};

#ifdef GRIDONE_CONTROL
constexpr auto site = gs::field<&Device::site>;
#else
constexpr auto site = gs::field<&Device::upper_case_site>;
#endif
