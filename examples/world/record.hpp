// SPDX-License-Identifier: MIT

#ifndef GRIDONE_EXAMPLES_WORLD_RECORD_HPP
#define GRIDONE_EXAMPLES_WORLD_RECORD_HPP

#include <nlohmann/json.hpp>

#include <optional>
#include <tuple>

namespace world {

/// A member of a record: its key in the document and its place in the struct.
template <class M, class T>
struct Member {
    const char* key;
    T M::* place;
};

/// A struct that lists its members once; the two functions below make it a document. A `std::optional` without a value
/// has no key at all, which is how the source leaves things out.
template <class M>
concept Record = requires { std::tuple_size<decltype(M::members())>::value; };

inline void put(nlohmann::json& document, const char* key, const std::string& value) {
    document[key] = value;
}
inline void put(nlohmann::json& document, const char* key, const std::optional<std::string>& value) {
    if (value) document[key] = *value;
}

inline void take(const nlohmann::json& document, const char* key, std::string& value) {
    document.at(key).get_to(value);
}
inline void take(const nlohmann::json& document, const char* key, std::optional<std::string>& value) {
    value.reset();
    if (const auto found = document.find(key); found != document.end()) value = found->get<std::string>();
}

template <Record M>
void to_json(nlohmann::json& document, const M& record) {
    document = nlohmann::json::object();
    std::apply([&](const auto&... member) { (put(document, member.key, record.*member.place), ...); }, M::members());
}

template <Record M>
void from_json(const nlohmann::json& document, M& record) {
    std::apply([&](const auto&... member) { (take(document, member.key, record.*member.place), ...); }, M::members());
}

}  // namespace world

#endif
