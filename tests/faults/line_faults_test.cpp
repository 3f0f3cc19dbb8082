// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

void use_every_operation(gs::PostgresStorageBackend<Widget>& widgets) {
    widgets.write("a", {"bolt", 1});
    widgets.insert("b", {"nut", 2});
    widgets.replace("a", {"screw", 3});
    CHECK(widgets.read("a") == Widget{"screw", 3});
    CHECK(widgets.find("c") == std::nullopt);
    CHECK(widgets.contains("b"));
    CHECK(widgets.count() == 2);
    CHECK(widgets.list_all() == std::vector<std::string>{"a", "b"});
    CHECK(widgets.read_all() == std::vector<Widget>{{"screw", 3}, {"nut", 2}});
    CHECK(widgets.remove("a"));
    CHECK(widgets.clear() == 1);
}

}  // namespace

TEST_CASE("bytes that come one by one, both ways, are as good as any") {
    FaultyLine line;
    line.proxy.pace(Way::request, {.piece = 1});
    line.proxy.pace(Way::reply, {.piece = 1});
    use_every_operation(line.widgets);
}

TEST_CASE("a slow line is waited for, and its slowness counts against the deadline from end to end") {
    const auto delay = full_run() ? 300ms : 60ms;
    FaultyLine line{{.max_size = 1}};
    line.proxy.pace(Way::request, {.delay = delay});
    line.proxy.pace(Way::reply, {.delay = delay});
    use_every_operation(line.widgets);
    gs::PostgresConnectionManager hurried{line.proxy.url(database_of(line.url), line.guard.application_name()),
                                          {.operation_timeout = 3 * delay}};
    gs::PostgresStorageBackend<Widget> widgets{hurried, "widgets"};
    const auto started = Clock::now();
    const auto error = error_of<gs::StorageError>([&] { widgets.write("a", {"bolt", 1}); });
    const auto took = Clock::now() - started;
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(took >= 3 * delay);
    CHECK(took < 3 * delay + 3s);
    CHECK(line.widgets.count() == 0);
}

TEST_CASE("a line that stalls anywhere ends a call at its deadline, and no write is called undone that may be done") {
    const Way way = GENERATE(Way::request, Way::reply);
    const std::size_t after = GENERATE(0U, 1U, 5U, 20U);
    FaultyLine line{{.max_size = 1, .operation_timeout = 200ms}};
    const auto warm_up = [&] {
        until_it_works([&] {
            line.widgets.write("a", {"bolt", 1});
            (void)line.widgets.read("a");
        });
        line.proxy.once(way, {.kind = LineFault::Kind::stall, .after = after});
    };
    warm_up();
    CHECK(error_of<gs::DeadlineExceededError>([&] { (void)line.widgets.read("a"); }).outcome() ==
          gs::Outcome::not_applied);
    warm_up();
    CHECK(error_of<gs::OutcomeUnknownError>([&] { line.widgets.write("a", {"nut", 2}); }).outcome() ==
          gs::Outcome::unknown);
    line.proxy.heal();
    line.proxy.cut_all(Cut::close);
    await([&] { return line.guard.sessions() == 0; });
    const auto stored = line.at_server("SELECT data->>'name' FROM widgets")[0][0].as<std::string>();
    CHECK(stored == (way == Way::request ? "bolt" : "nut"));
}

TEST_CASE("a result that breaks off is never taken for a complete one") {
    FaultyLine line{{.max_size = 1}};
    (void)line.at_server(
        "INSERT INTO widgets SELECT to_char(i, '0000'), jsonb_build_object('name', repeat('x', 1000), 'size', i) "
        "FROM generate_series(1, 1000) AS i");
    REQUIRE(line.widgets.read_all().size() == 1000);
    const LineFault breaks_off{.kind = LineFault::Kind::truncate, .after = 200'000};
    line.proxy.always(Way::reply, breaks_off);
    CHECK(error_of<gs::ConnectionError>([&] { (void)line.widgets.read_all(); }).outcome() == gs::Outcome::not_applied);
    line.proxy.heal();
    (void)line.widgets.count();
    line.proxy.once(Way::reply, breaks_off);
    try {
        CHECK(line.widgets.read_all().size() == 1000);
    } catch (const gs::ConnectionError& error) {  // where reads are not run again
        CHECK(error.retry() == gs::Retry::same_call);
    }
    CHECK_FALSE(line.proxy.armed(Way::reply));
}

TEST_CASE("a server that takes the connection in and is silent is told by its cause, at the time limit") {
    FaultyLine line{{.acquire_timeout = 200ms}};
    line.proxy.door(TcpProxy::Door::silent);
    const auto started = Clock::now();
    const auto error = error_of<gs::ConnectionError>([&] { line.widgets.write("a", {"bolt", 1}); });
    CHECK(Clock::now() - started >= 200ms);
    CHECK(error.cause() == gs::ConnectFailure::deadline);
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(line.proxy.attempts().size() == 1);
    line.proxy.heal();
    line.proxy.cut_all(Cut::reset);
    CHECK_NOTHROW(until_it_works([&] { line.widgets.write("a", {"bolt", 1}); }));
}

TEST_CASE("a connection whose line went dead while it was idle is replaced before anybody gets it") {
    FaultyLine line{{.max_size = 1, .check_after_idle = 0ms}};
    line.widgets.write("a", {"bolt", 1});
    const pid_t before = line.backend();
    line.proxy.silence_all();
    CHECK(line.widgets.read("a") == Widget{"bolt", 1});
    CHECK(line.of_sessions("1", "pid <> " + std::to_string(before)).size() == 1);
}

TEST_CASE("64 callers of a server that is away are told why, try seldom, and come back without a rush") {
    FaultyLine line{{.max_size = 8, .acquire_timeout = 500ms}};
    until_it_works([&] { line.widgets.write("a", {"bolt", 1}); });
    line.proxy.cut_all(Cut::close);
    line.proxy.door(TcpProxy::Door::hang_up);
    line.proxy.mark();
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> told = 0;
    std::atomic<std::size_t> told_otherwise = 0;
    std::atomic<std::size_t> succeeded = 0;
    std::atomic<std::size_t> late = 0;
    std::vector<std::jthread> callers;
    callers.reserve(64);
    const auto began = Clock::now();
    for (int i = 0; i < 64; ++i) {
        callers.emplace_back([&] {
            while (!stop) {
                const auto started = Clock::now();
                try {
                    (void)line.widgets.read("a");
                    ++succeeded;
                } catch (const gs::ConnectionError& error) {
                    ++(error.cause() == gs::ConnectFailure::none ? told_otherwise : told);
                } catch (const std::exception&) {
                    ++told_otherwise;
                }
                if (Clock::now() - started > 500ms + 3s) ++late;
            }
        });
    }
    const auto away = full_run() ? 10s : 2s;
    await([&] { return Clock::now() - began >= away; });
    const std::size_t attempts = line.proxy.attempts().size();
    CHECK(succeeded == 0);
    CHECK(attempts >= 2);
    CHECK(attempts <= 20U * static_cast<std::size_t>(away.count()));
    line.proxy.heal();
    line.proxy.mark();
    await([&] { return succeeded >= 1000; });
    CHECK(line.proxy.attempts().size() <= 2 * 8);  // some may run out of time; a rush would be one of each caller
    stop = true;
    callers.clear();
    CHECK(told >= 64);
    CHECK(told_otherwise == 0);
    CHECK(late == 0);
}
