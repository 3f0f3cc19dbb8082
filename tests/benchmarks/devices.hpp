// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_DEVICES_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_DEVICES_HPP

#include <gridone/storage.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// A document of some 120 bytes.
struct Device {
    std::string name;
    std::string site;
    int floor = 0;
    double setpoint = 0;
    std::string note;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, name, site, floor, setpoint, note)

/// The same with listed members.
struct ListedDevice : Device {};

/// Documents, their ids and their texts, which those have ready who are compared without JSON work.
struct Documents {
    explicit Documents(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::string digits = std::to_string(i);
            ids.push_back("device-" + std::string(7 - digits.size(), '0') + digits);
            values.push_back({"device " + digits, i % 2 == 0 ? "lyon" : "paris", static_cast<int>(i % 10), 21.5,
                              "installed in the basement, behind the pump"});
            texts.push_back(nlohmann::json(values.back()).dump());
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return ids.size(); }
    [[nodiscard]] std::vector<std::pair<std::string, Device>> pairs() const {
        std::vector<std::pair<std::string, Device>> pairs;
        for (std::size_t i = 0; i < size(); ++i) pairs.emplace_back(ids[i], values[i]);
        return pairs;
    }

    std::vector<std::string> ids;
    std::vector<Device> values;
    std::vector<std::string> texts;
};

}  // namespace benchmarks

template <>
struct gridone::storage::JsonMembersOf<benchmarks::ListedDevice> {
    using Device = benchmarks::Device;
    using type = JsonMembers<&Device::name, &Device::site, &Device::floor, &Device::setpoint, &Device::note>;
};

#endif
