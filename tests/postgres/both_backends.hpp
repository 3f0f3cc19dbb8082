// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_BOTH_BACKENDS_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_BOTH_BACKENDS_HPP

#include "postgres/server.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace gridone_tests {

namespace gs = gridone::storage;

/// How a call ended: what it gave, as JSON, or its error.
struct Ending {
    nlohmann::json value;
    std::string error;  ///< The name of its type; empty if there was none.
    std::string message;

    friend bool operator==(const Ending&, const Ending&) = default;
};

inline nlohmann::json as_json(std::size_t value) {
    return value;
}
template <class T>
nlohmann::json as_json(const T& value) {
    if constexpr (requires { value.has_value(); }) {
        return value ? as_json(*value) : nlohmann::json(nullptr);
    } else if constexpr (requires { value.items; }) {
        return as_json(value.items);
    } else if constexpr (requires { value.version; }) {
        return value.id;
    } else if constexpr (requires { value.first; }) {
        return nlohmann::json::array({as_json(value.first), as_json(value.second)});
    } else if constexpr (std::convertible_to<const T&, std::string_view> || std::same_as<T, nlohmann::json> ||
                         std::is_arithmetic_v<T>) {
        return nlohmann::json(value);
    } else {
        auto all = nlohmann::json::array();
        for (const auto& one : value) all.push_back(as_json(one));
        return all;
    }
}

template <class Call, class Storage>
Ending ending_of(const Call& call, Storage& storage) {
    try {
        return {.value = as_json(call(storage)), .error = {}, .message = {}};
    } catch (const gs::StorageError& error) {
        return {.value = nullptr, .error = typeid(error).name(), .message = error.what()};
    }
}

/// The same table in memory, in PostgreSQL, and in a PostgreSQL that is not there, so that what is refused for its input
/// is seen to be refused before anything is sent.
class BothBackends {
public:
    explicit BothBackends(const gs::DocumentTable<nlohmann::json>& table)
        : manager_{shared_server().create_database()},
          memory{database_, table},
          postgres{manager_, table},
          unreachable{nobody_, table} {
        gs::BaseSchemaManager{manager_, {table}}.ensure_schema();
    }

    void write(const std::string& id, const nlohmann::json& document) {
        memory.write(id, document);
        postgres.write(id, document);
    }

    /// What the call gives on both.
    template <class Call>
    nlohmann::json gives(const Call& call) {
        const Ending ending = same(call);
        REQUIRE(ending.message == "");
        return ending.value;
    }

    /// The message of the error that the call ends with on both.
    template <class Error, class Call>
    std::string fails(const Call& call) {
        const Ending ending = same(call);
        INFO(ending.value.dump().substr(0, 200));
        REQUIRE(ending.error == typeid(Error).name());
        return ending.message;
    }

    /// The same where nothing is to be sent.
    template <class Error, class Call>
    std::string refuses(const Call& call) {
        const Ending nobody = ending_of(call, unreachable);
        REQUIRE(nobody == same(call));
        return fails<Error>(call);
    }

private:
    template <class Call>
    Ending same(const Call& call) {
        const Ending in_memory = ending_of(call, memory);
        const Ending in_postgres = ending_of(call, postgres);
        REQUIRE(in_postgres.message == in_memory.message);
        REQUIRE(in_postgres.value == in_memory.value);
        REQUIRE(in_postgres == in_memory);
        return in_memory;
    }

    gs::MemoryDatabase database_;
    gs::PostgresConnectionManager manager_;
    gs::PostgresConnectionManager nobody_{"host=/nowhere"};

public:
    gs::MemoryStorageBackend<nlohmann::json> memory;
    gs::PostgresStorageBackend<nlohmann::json> postgres;
    gs::PostgresStorageBackend<nlohmann::json> unreachable;
};

}  // namespace gridone_tests

#endif
