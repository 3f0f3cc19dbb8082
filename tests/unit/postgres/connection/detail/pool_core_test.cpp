// SPDX-License-Identifier: MIT

#include <gridone/storage/postgres/connection/detail/pool_core.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using gs::detail::Grant;
using namespace std::chrono_literals;

namespace {

struct Caller : gs::detail::PoolRequest<int, Caller> {
    void notify() noexcept { ++notified; }
    bool prefers(int idle) const noexcept { return idle == preferred; }
    int preferred = -1;
    int notified = 0;
    int number = 0;
};
using Core = gs::detail::PoolCore<int, Caller>;
using Time = Core::Time;

Time at(std::chrono::milliseconds since_start) {
    return Time{} + 1h + since_start;
}

/// What a pool should do, written as plainly as possible: lists, and no hand-over between them.
struct Model {
    gs::detail::PoolLimits limits;
    std::vector<int> idle;
    std::deque<int> waiting;  // the numbers of callers
    std::set<int> dialling;
    std::set<int> in_use;  // the callers that have a connection
    bool failing = false;
    Time not_before{};
    bool closed = false;

    std::size_t size() const { return idle.size() + dialling.size() + in_use.size(); }
    bool may_dial(Time now) const {
        if (size() >= limits.max_size) return false;
        return failing ? dialling.empty() && now >= not_before : dialling.size() < limits.max_connecting;
    }
};

/// One random life of a pool, compared with the model after every step.
class Schedule {
public:
    explicit Schedule(unsigned seed) : random_{seed} {
        model_.limits = {.max_size = 1 + pick(4), .max_connecting = 1 + pick(2), .max_waiting = pick(6)};
        core_.emplace(model_.limits);
    }

    /// @returns what went wrong, or nothing.
    std::string run(int steps) {
        for (int step = 0; step < steps; ++step) {
            one_step(step == steps - 1);
            if (std::string wrong = difference(); !wrong.empty()) return wrong + " after step " + std::to_string(step);
        }
        return {};
    }

private:
    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }

    Caller& caller(int number) { return *callers_[static_cast<std::size_t>(number)]; }

    int any_of(const auto& numbers) {
        auto chosen = numbers.begin();
        std::advance(chosen, static_cast<std::ptrdiff_t>(pick(numbers.size())));
        return *chosen;
    }

    void one_step(bool last) {
        if (last && pick(2) == 0) return close();
        switch (pick(8)) {
            case 0:
            case 1:
                return arrive();
            case 2:
                if (!model_.in_use.empty()) come_back(any_of(model_.in_use), true);
                return;
            case 3:
                if (!model_.in_use.empty()) come_back(any_of(model_.in_use), false);
                return;
            case 4:
                if (!model_.dialling.empty()) dialled(any_of(model_.dialling));
                return;
            case 5:
                if (!model_.dialling.empty()) dial_failed(any_of(model_.dialling));
                return;
            case 6:
                if (!model_.waiting.empty()) give_up(any_of(model_.waiting));
                return;
            default:
                now_ += std::chrono::milliseconds{pick(200)};
                core_->time_passed(now_);
                serve();
        }
    }

    void arrive() {
        const int number = static_cast<int>(callers_.size());
        callers_.push_back(std::make_unique<Caller>());
        caller(number).number = number;
        core_->ask(caller(number), now_);
        expected_.push_back(Grant::none);
        model_.waiting.push_back(number);
        serve();
        if (model_.waiting.size() > model_.limits.max_waiting) {
            model_.waiting.pop_back();
            expected_.back() = Grant::refused;
        }
    }

    void come_back(int number, bool in_order) {
        model_.in_use.erase(number);
        const int connection = caller(number).handle;
        if (in_order) {
            if (core_->returned(connection, now_)) wrong_ = "an open pool gave a connection back";
            model_.idle.push_back(connection);
        } else {
            core_->discarded(now_);
        }
        serve();
    }

    void dialled(int number) {
        caller(number).handle = ++connections_;
        core_->connected(now_);
        model_.dialling.erase(number);
        model_.in_use.insert(number);
        model_.failing = false;
        serve();
    }

    /// The caller asks again, and keeps its place before all who came later.
    void dial_failed(int number) {
        const double jitter = std::uniform_real_distribution<double>{0, 1}(random_);
        core_->connect_failed(now_, jitter);
        model_.dialling.erase(number);
        failures_ = model_.failing ? failures_ + 1 : 1;
        model_.failing = true;
        const auto longest = std::min<Time::duration>(50ms * (1 << std::min(failures_ - 1, 10)), 500ms);
        const auto left_out = std::chrono::duration_cast<Time::duration>((longest - Time::duration{50ms}) * jitter);
        model_.not_before = std::max(model_.not_before, now_ + longest - left_out);
        serve();
        expected_[static_cast<std::size_t>(number)] = Grant::none;
        core_->ask(caller(number), now_);
        model_.waiting.insert(std::lower_bound(model_.waiting.begin(), model_.waiting.end(), number), number);
        serve();
    }

    void give_up(int number) {
        core_->withdraw(caller(number));
        std::erase(model_.waiting, number);
    }

    void close() {
        std::vector<int> closed;
        for (const auto& idle : core_->close()) closed.push_back(idle.handle);
        if (closed != model_.idle) wrong_ = "close did not give the idle connections";
        for (const int number : model_.waiting) expected_[static_cast<std::size_t>(number)] = Grant::closed;
        model_.idle.clear();
        model_.waiting.clear();
        if (!model_.in_use.empty()) {
            const int number = *model_.in_use.begin();
            if (!core_->returned(caller(number).handle, now_)) wrong_ = "a closed pool kept a connection";
            model_.in_use.erase(number);
        }
        Caller late;
        core_->ask(late, now_);
        if (late.grant != Grant::closed) wrong_ = "a closed pool did not refuse";
    }

    void serve() {
        while (!model_.waiting.empty()) {
            const int number = model_.waiting.front();
            if (!model_.idle.empty()) {
                if (caller(number).handle != model_.idle.back()) wrong_ = "not the connection used most recently";
                model_.idle.pop_back();
                model_.in_use.insert(number);
                expected_[static_cast<std::size_t>(number)] = Grant::connection;
            } else if (model_.may_dial(now_)) {
                model_.dialling.insert(number);
                expected_[static_cast<std::size_t>(number)] = Grant::connect;
            } else {
                return;
            }
            model_.waiting.pop_front();
        }
    }

    std::string difference() {
        if (!wrong_.empty()) return wrong_;
        for (std::size_t i = 0; i < callers_.size(); ++i) {
            if (callers_[i]->grant != expected_[i]) return "caller " + std::to_string(i) + " has another grant";
        }
        if (core_->size() != model_.size()) return "another size";
        if (core_->idle() != model_.idle.size()) return "another number of idle connections";
        if (core_->connecting() != model_.dialling.size()) return "another number being opened";
        if (core_->leased() != model_.in_use.size()) return "another number in use";
        if (core_->waiting() != model_.waiting.size()) return "another number waiting";
        if (core_->size() > model_.limits.max_size) return "too many connections";
        // Whoever could be served later, with no other event to come, knows when: nobody sleeps for ever, nobody spins.
        if (!model_.waiting.empty()) {
            const bool by_time = model_.size() < model_.limits.max_size && model_.dialling.empty();
            const Time wakes = core_->wake_time(caller(model_.waiting.front()));
            if (wakes != (by_time ? model_.not_before : Time::max())) return "the first one wakes at another time";
        }
        return {};
    }

    std::mt19937 random_;
    Model model_;
    std::optional<Core> core_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::vector<Grant> expected_;
    Time now_ = at(0ms);
    int connections_ = 0;
    int failures_ = 0;
    std::string wrong_;
};

}  // namespace

TEST_CASE("a pool does what its model does, in a hundred thousand random lives") {
    for (unsigned seed = 0; seed < 100'000; ++seed) {
        const std::string wrong = Schedule{seed}.run(40);
        if (!wrong.empty()) FAIL(wrong << ", seed " << seed);
    }
    SUCCEED();
}

TEST_CASE("a pool hands a connection that comes back to the caller who has waited longest, and only that one") {
    Core core{{.max_size = 1}};
    Caller holder;
    Caller first;
    Caller second;
    core.ask(holder, at(0ms));
    REQUIRE(holder.grant == Grant::connect);
    core.connected(at(3ms));
    core.ask(first, at(4ms));
    core.ask(second, at(4ms));
    CHECK(core.waiting() == 2);
    CHECK_FALSE(core.returned(7, at(5ms)));
    CHECK(first.grant == Grant::connection);
    CHECK(first.handle == 7);
    CHECK(second.grant == Grant::none);
    CHECK(core.idle() == 0);
    CHECK(core.leased() == 1);
}

TEST_CASE("a caller that gave up is never given a connection, and the next one has its place") {
    Core core{{.max_size = 1}};
    Caller holder;
    Caller gone;
    Caller next;
    core.ask(holder, at(0ms));
    core.connected(at(1ms));
    core.ask(gone, at(2ms));
    core.ask(next, at(3ms));
    core.withdraw(gone);
    CHECK_FALSE(core.returned(7, at(4ms)));
    CHECK(gone.grant == Grant::none);
    CHECK(next.handle == 7);
}

TEST_CASE("while connecting fails, one caller tries at a time and pauses grow from 50 to 500 milliseconds") {
    Core core{{.max_size = 8}};
    Caller first;
    Caller second;
    Caller third;
    core.ask(first, at(0ms));
    core.ask(second, at(0ms));
    core.ask(third, at(0ms));
    CHECK(core.connecting() == 2);
    CHECK(third.grant == Grant::none);
    core.connect_failed(at(1ms), 0);
    core.connect_failed(at(1ms), 0);
    CHECK(third.grant == Grant::none);
    CHECK(core.wake_time(third) == at(101ms));
    core.time_passed(at(100ms));
    CHECK(third.grant == Grant::none);
    core.time_passed(at(101ms));
    CHECK(third.grant == Grant::connect);
    core.ask(first, at(102ms));
    CHECK(first.grant == Grant::none);
    auto now = at(102ms);
    for (const auto pause : {200ms, 400ms, 500ms, 500ms}) {
        core.connect_failed(now, 0);
        CHECK(core.wake_time(first) == now + pause);
        now += pause;
        core.time_passed(now);
        REQUIRE(first.grant == Grant::connect);
        core.ask(first, now);
    }
    core.connect_failed(now, 1);
    CHECK(core.wake_time(first) == now + 50ms);
    core.time_passed(now + 50ms);
    core.connected(now + 51ms);
    core.ask(second, now + 51ms);
    CHECK(second.grant == Grant::connect);
}

TEST_CASE("connections that nobody used for long are taken out, the longest idle first") {
    Core core{{.max_size = 3, .max_connecting = 3}};
    Caller callers[3];
    for (Caller& caller : callers) core.ask(caller, at(0ms));
    for (int i = 0; i < 3; ++i) {
        core.connected(at(1ms));
        CHECK_FALSE(core.returned(i, at(10ms * (i + 1))));
    }
    CHECK_FALSE(core.take_idle_since(at(9ms)));
    CHECK(core.take_idle_since(at(20ms)) == 0);
    CHECK(core.take_idle_since(at(20ms)) == 1);
    CHECK_FALSE(core.take_idle_since(at(20ms)));
    CHECK(core.size() == 1);
}

TEST_CASE("a caller gets the connection that it prefers if that has just come back, and otherwise the last one") {
    Core core{{.max_size = 3}};
    std::vector<Caller> first(3);
    for (Caller& caller : first) {
        core.ask(caller, at(0ms));
        REQUIRE(caller.grant == Grant::connect);
        core.connected(at(0ms));
    }
    for (int handle = 0; handle < 3; ++handle) CHECK_FALSE(core.returned(handle, at(100ms)));
    Caller faithful;
    faithful.preferred = 0;
    core.ask(faithful, at(101ms));
    CHECK(faithful.handle == 0);
    CHECK_FALSE(core.returned(0, at(102ms)));
    Caller newcomer;
    core.ask(newcomer, at(103ms));
    CHECK(newcomer.handle == 0);
    Caller late;
    late.preferred = 1;
    core.ask(late, at(200ms));
    CHECK(late.handle == 2);
}
