// SPDX-License-Identifier: MIT

#include <gridone/storage/query/field.hpp>

#include <optional>
#include <string>

namespace gs = gridone::storage;

struct Config {
    std::string host;
};
struct Device {
    std::optional<Config> config;
    std::string site;
    std::string upper_case_site() const;
};

// expect: gridone::storage: a field is made of pointers to data members: field<&Device::site>
#ifdef GRIDONE_CONTROL
constexpr auto site = gs::field<&Device::site>;
#else
constexpr auto site = gs::field<&Device::upper_case_site>;
#endif

// expect: gridone::storage: each member of a field must belong to what the one before it is
#ifdef GRIDONE_CONTROL
constexpr auto host = gs::field<&Device::config, &Config::host>;
#else
constexpr auto host = gs::field<&Device::site, &Config::host>;
#endif

// expect: gridone::storage: a path has at least one key
auto path_without_keys() {
#ifdef GRIDONE_CONTROL
    return gs::path<int>("floor").unset();
#else
    return gs::path<int>().unset();
#endif
}
