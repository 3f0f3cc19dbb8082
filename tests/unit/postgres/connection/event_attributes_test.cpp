// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/event_attributes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

namespace gs = gridone::storage;

namespace {

std::map<std::string, std::string> attributes_of(const gs::StorageEvent& event) {
    std::map<std::string, std::string> attributes;
    gs::for_each_attribute(event, [&](std::string_view name, auto value) {
        if constexpr (std::is_same_v<decltype(value), std::int64_t>) {
            attributes.emplace(name, std::to_string(value));
        } else {
            attributes.emplace(name, std::string_view{value});
        }
    });
    return attributes;
}

}  // namespace

TEST_CASE("an event gives its attributes under OpenTelemetry's names, and leaves out what it does not tell") {
    using Attributes = std::map<std::string, std::string>;
    CHECK(attributes_of({.operation = "read_all", .table = "widgets", .returned_rows = 3}) ==
          Attributes{{"db.system.name", "postgresql"},
                     {"db.operation.name", "read_all"},
                     {"db.collection.name", "widgets"},
                     {"db.response.returned_rows", "3"}});
    CHECK(attributes_of({.operation = "write", .table = "widgets", .sqlstate = "40001", .error = "40001"}) ==
          Attributes{{"db.system.name", "postgresql"},
                     {"db.operation.name", "write"},
                     {"db.collection.name", "widgets"},
                     {"db.response.status_code", "40001"},
                     {"error.type", "40001"}});
    CHECK(attributes_of({}) == Attributes{{"db.system.name", "postgresql"}});
}

TEST_CASE("waiting and statements belong to a histogram of OpenTelemetry's") {
    using Kind = gs::StorageEvent::Kind;
    CHECK(gs::metric_name(Kind::acquire) == "db.client.connection.wait_time");
    CHECK(gs::metric_name(Kind::statement) == "db.client.operation.duration");
    for (const Kind kind : {Kind::retry, Kind::lost_reply, Kind::retirement, Kind::long_lease})
        CHECK(gs::metric_name(kind).empty());
}
