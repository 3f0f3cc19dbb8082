// SPDX-License-Identifier: MIT

#ifndef GRIDONE_EXAMPLES_WORLD_ISO_CODES_HPP
#define GRIDONE_EXAMPLES_WORLD_ISO_CODES_HPP

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace world {

/// A document as the source has it, and as the struct that was made of it.
template <class M>
struct Entry {
    nlohmann::json source;
    M value;
};

/// Everything of one standard, by id in byte order.
///
/// @throws std::runtime_error  with a sentence for the user: no such file, no JSON, an id twice.
template <class M>
std::map<std::string, Entry<M>> read_standard(const std::string& folder) {
    const std::string file = folder + "/iso_" + std::string{M::standard} + ".json";
    std::ifstream in{file, std::ios::binary};
    if (!in) throw std::runtime_error{file + " is not there: apt-get install iso-codes"};
    std::map<std::string, Entry<M>> entries;
    try {
        const auto content = nlohmann::json::parse(in);
        for (const nlohmann::json& source : content.at(std::string{M::standard})) {
            auto value = source.get<M>();
            std::string id = value.id();
            if (!entries.try_emplace(std::move(id), source, std::move(value)).second) {
                throw std::runtime_error{file + " has the id " + source.get<M>().id() + " twice"};
            }
        }
    } catch (const nlohmann::json::exception& error) {
        throw std::runtime_error{file + " is not what this program knows: " + error.what()};
    }
    return entries;
}

}  // namespace world

#endif
