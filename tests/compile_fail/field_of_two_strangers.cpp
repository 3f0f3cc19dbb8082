// SPDX-License-Identifier: MIT
// expect: gridone::storage: each member of a field must belong to what the one before it is

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
};

#ifdef GRIDONE_CONTROL
constexpr auto host = gs::field<&Device::config, &Config::host>;
#else
constexpr auto host = gs::field<&Device::site, &Config::host>;
#endif
