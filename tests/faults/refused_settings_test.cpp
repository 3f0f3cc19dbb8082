// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

std::string value_of(FaultyLine& line, const std::string& setting) {
    return std::string{gs::detail::ManagerAccess::state(line.manager)
                           ->run({.sql = "SHOW " + setting, .parameters = {}}, {}, {.operation = "test"})
                           .text(0, 0)};
}

}  // namespace

TEST_CASE("a session setting that the server refuses is left out, and only the first connection tries it") {
    const auto [text, other] =
        GENERATE(std::pair{"client_connection_check_interval = '500ms'", "client_connection_check_unknown_ = '500ms'"},
                 std::pair{"client_connection_check_interval = '500ms'", "client_connection_check_interval = 'never'"},
                 std::pair{"SET jit = off", "SET jot = off"},
                 std::pair{"set_config('statement_timeout', least(", "set_config('statement_timeouts',least("});
    CAPTURE(other);
    FaultyLine line{{.max_size = 1, .acquire_timeout = 10s, .max_lifetime = 0ms}};
    line.proxy.replace_in_requests(text, other);
    CHECK_NOTHROW(line.widgets.write("a", {"bolt", 1}));
    const auto round_trips = [&] {
        const std::size_t before = line.proxy.round_trips();
        CHECK(line.widgets.read("a") == Widget{"bolt", 1});  // on a new connection, since none may get old
        return line.proxy.round_trips() - before;
    };
    const std::size_t later = round_trips();
    CHECK(round_trips() == later);
    CHECK(value_of(line, "jit") == (std::string{other} == "SET jot = off" ? "on" : "off"));
    CHECK(line.manager.stats().connects.failed == 0);
    FaultyLine usual{{.max_size = 1, .max_lifetime = 0ms}};
    usual.widgets.write("a", {"bolt", 1});
    const std::size_t before = usual.proxy.round_trips();
    (void)usual.widgets.read("a");
    CHECK(later == usual.proxy.round_trips() - before);
}
