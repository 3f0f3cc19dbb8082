// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

// Times are promises of an idle machine: the long run holds the library to them and prints them, the short one only sees
// to it that nothing ends too early or hangs.

namespace gs = gridone::storage;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

std::string text_of(double value) {
    char buffer[32];
    (void)std::snprintf(buffer, sizeof buffer, "%.1f", value);
    return buffer;
}

void figure(const std::string& name, double measured, double target, const std::string& unit) {
    CAPTURE(name, measured);
    if (!full_run()) {
        CHECK(measured <= target + (unit == "ms" ? 3'000 : 0));
        return;
    }
    publish("figure " + name + " measured=" + text_of(measured) + unit + " target=" + text_of(target) + unit);
    CHECK(measured <= target);
}

Milliseconds time_of(const std::function<void()>& call) {
    const auto started = Clock::now();
    call();
    return Clock::now() - started;
}

/// How late 64 callers who call at once are told one of the errors.
template <class... Error>
struct ToldInTime {
    std::vector<Milliseconds> times{};
    std::atomic<std::size_t> told_otherwise = 0;

    void call_together(const std::function<void()>& call) {
        std::vector<Milliseconds> more(64);
        std::latch together{64};
        {
            std::vector<std::jthread> threads;
            threads.reserve(more.size());
            for (Milliseconds& time : more) {
                threads.emplace_back([&] {
                    together.arrive_and_wait();
                    const auto started = Clock::now();
                    try {
                        call();
                        ++told_otherwise;
                    } catch (const std::exception& error) {
                        if (!(... || (dynamic_cast<const Error*>(&error) != nullptr))) ++told_otherwise;
                    }
                    time = Clock::now() - started;
                });
            }
        }
        times.insert(times.end(), more.begin(), more.end());
    }

    void check(const std::string& name, std::chrono::milliseconds limit, const std::function<void()>& call) {
        for (int round = 0; round < (full_run() ? 10 : 1); ++round) call_together(call);
        std::sort(times.begin(), times.end());
        CHECK(told_otherwise == 0);
        CHECK(times.front() >= limit);
        figure(name + "_late_p99", (times.at(times.size() * 99 / 100) - limit).count(), 20, "ms");
    }
};

constexpr auto acquire_limit = 250ms;

/// The most in any second.
std::size_t most_per_second(const std::vector<Clock::time_point>& moments) {
    std::size_t most = 0;
    for (auto first = moments.begin(); first != moments.end(); ++first) {
        const auto last = std::find_if(first, moments.end(), [&](auto moment) { return moment >= *first + 1s; });
        most = std::max(most, static_cast<std::size_t>(last - first));
    }
    return most;
}

}  // namespace

TEST_CASE("64 callers who wait for a connection in vain are told so at the time limit, not before and not much later") {
    FaultyLine line{{.max_size = 2, .acquire_timeout = acquire_limit}};
    std::latch held{3};
    std::latch told{1};
    const auto hold = [&] {
        until_it_works([&] {
            line.manager.with_connection([&](auto&) {
                held.arrive_and_wait();
                told.wait();
            });
        });
    };
    std::jthread first{hold};
    std::jthread second{hold};
    held.arrive_and_wait();
    ToldInTime<gs::AcquireTimeoutError>{}.check("acquire_timeout_pool_exhausted", acquire_limit,
                                                [&] { (void)line.widgets.read("a"); });
    told.count_down();
}

TEST_CASE("64 callers of a server that is down are told so at the time limit, not before and not much later") {
    FaultyLine line{{.max_size = 4, .acquire_timeout = acquire_limit}};
    using Told = ToldInTime<gs::AcquireTimeoutError, gs::ConnectionError>;
    const auto call = [&] { (void)line.widgets.read("a"); };
    line.proxy.door(TcpProxy::Door::closed);
    Told{}.check("acquire_timeout_server_refuses", acquire_limit, call);
    line.proxy.door(TcpProxy::Door::silent);
    Told{}.check("acquire_timeout_server_silent", acquire_limit, call);
}

TEST_CASE("a call ends at its deadline when the server's process or the line stands still") {
    constexpr auto limit = 300ms;
    double latest_stopped = 0;
    double latest_stalled = 0;
    FaultyLine line{{.max_size = 1, .operation_timeout = limit}};
    const std::vector<std::function<void()>> calls{
        [&] { (void)error_of<gs::DeadlineExceededError>([&] { (void)line.widgets.read("a"); }); },
        [&] { (void)error_of<gs::DeadlineExceededError>([&] { (void)line.widgets.list_all(); }); },
        [&] { (void)error_of<gs::OutcomeUnknownError>([&] { line.widgets.write("a", {"nut", 2}); }); },
        [&] { (void)error_of<gs::OutcomeUnknownError>([&] { (void)line.widgets.remove("a"); }); }};
    const auto warm_up = [&] {
        until_it_works([&] {
            line.widgets.write("a", {"bolt", 1});
            (void)line.widgets.read("a");
            (void)line.widgets.list_all();
            (void)line.widgets.remove("b");
        });
    };
    const auto measure = [&](double& latest, const auto& call) {
        const auto took = time_of(call);
        CHECK(took >= limit);
        latest = std::max(latest, (took - limit).count());
    };
    for (int round = 0; round < (full_run() ? 10 : 1); ++round) {
        for (const auto& call : calls) {
            warm_up();
            const pid_t stopped = line.backend();
            REQUIRE(::kill(stopped, SIGSTOP) == 0);
            measure(latest_stopped, call);
            REQUIRE(::kill(stopped, SIGCONT) == 0);
            await([&] { return line.of_sessions("1", "pid = " + std::to_string(stopped)).empty(); });
            for (const Way way : {Way::request, Way::reply}) {
                warm_up();
                line.proxy.once(way, {.kind = LineFault::Kind::stall, .after = 5});
                measure(latest_stalled, call);
                line.proxy.heal();
                line.proxy.cut_all(Cut::reset);
            }
        }
    }
    figure("deadline_stopped_backend_late", latest_stopped, 100, "ms");
    figure("deadline_stalled_line_late", latest_stalled, 100, "ms");
}

TEST_CASE("the pool is full again soon after the server's return, and does not storm it meanwhile") {
    gs::testing::PostgresServer server{{.tcp = true}};
    FaultyLine line{{.max_size = 8, .acquire_timeout = 2s}, server};
    line.widgets.write("a", {"bolt", 1});
    std::atomic<bool> stop = false;
    std::atomic<std::size_t> others = 0;
    std::vector<std::jthread> readers;
    readers.reserve(64);
    const auto is_full = [&] {
        const auto counters = line.manager.pool()->counters();
        return counters.idle + counters.leased == 8;
    };
    for (int i = 0; i < 64; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                try {
                    (void)line.widgets.read("a");
                } catch (const std::exception& error) {
                    const bool expected = dynamic_cast<const gs::ConnectionError*>(&error) != nullptr ||
                                          dynamic_cast<const gs::AcquireTimeoutError*>(&error) != nullptr;
                    if (!expected) ++others;
                }
            }
        });
    }
    double slowest = 0;
    std::size_t most = 0;
    for (int round = 0; round < (full_run() ? 5 : 1); ++round) {
        CHECK(comes_true(is_full));
        server.stop(gs::testing::PostgresServer::Stop::immediate);
        await([&] { return line.manager.pool()->counters().leased == 0; });
        line.proxy.mark();
        const auto enough = Clock::now() + (full_run() ? 10s : 1s);
        await([&] { return Clock::now() >= enough; });
        most = std::max(most, most_per_second(line.proxy.attempts()));
        server.start();
        slowest = std::max(slowest, time_of([&] { await(is_full); }).count());
    }
    stop = true;
    readers.clear();
    CHECK(others == 0);
    figure("pool_full_after_return", slowest, 2'000, "ms");
    figure("connects_per_second_while_down", static_cast<double>(most), 20, "");
}

TEST_CASE("of 64 threads on 4 connections none waits much longer than in an ideal queue") {
    FaultyLine line{{.max_size = 4}};
    const auto length = full_run() ? 60s : 2s;
    struct Waits {
        double longest = 0;
        std::size_t calls = 0;
    };
    std::vector<Waits> waits(64);
    const auto started = Clock::now();
    {
        std::vector<std::jthread> threads;
        threads.reserve(waits.size());
        for (Waits& mine : waits) {
            threads.emplace_back([&] {
                while (Clock::now() - started < length) {
                    const auto asked = Clock::now();
                    line.manager.with_connection([&](auto&) {
                        mine.longest = std::max(mine.longest, Milliseconds{Clock::now() - asked}.count());
                        std::this_thread::sleep_for(2ms);
                    });
                    ++mine.calls;
                }
            });
        }
    }
    const double took = Milliseconds{Clock::now() - started}.count();
    double longest = 0;
    std::size_t calls = 0;
    std::size_t fewest = waits.front().calls;
    for (const Waits& one : waits) {
        longest = std::max(longest, one.longest);
        calls += one.calls;
        fewest = std::min(fewest, one.calls);
    }
    const double ideal = took / static_cast<double>(calls) * 60;
    CHECK(static_cast<double>(fewest) >= 0.5 * static_cast<double>(calls) / 64);
    figure("longest_wait_of_64_on_4", longest, 3 * ideal, "ms");
}
