// SPDX-License-Identifier: MIT

#include "await.hpp"
#include <gridone/storage/adapters/detail/coalescer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;
using gs::detail::Clock;
using gs::detail::Coalescer;
using gs::detail::Deadline;
using gs::detail::SharedCall;
using Kind = Coalescer::Turn::Kind;

namespace {

/// Callers that wait in threads of their own, behind a statement that is under way.
class Queue {
public:
    explicit Queue(gs::CoalescingOptions options = {.max_statements = 1, .max_wait = 1h}) : coalescer{options} {
        for (std::size_t i = 0; i < options.max_statements; ++i) {
            CHECK(coalescer.arrive(SharedCall::put, {.id = "first"}, Deadline::max(), nullptr).kind == Kind::alone);
        }
    }

    struct Waiting {
        std::string id;
        SharedCall call = SharedCall::put;
        Deadline deadline = Deadline::max();
        Deadline join_until = Deadline::max();
        std::optional<std::stop_token> stop{};
        std::string text = "{}";
    };

    /// Returns once it waits.
    std::future<Coalescer::Turn> arrive(Waiting caller) {
        const std::size_t before = coalescer.stats().waiting;
        auto turn = std::async(std::launch::async, [this, caller = std::move(caller)] {
            return coalescer.arrive(
                caller.call,
                {.id = caller.id, .text = caller.text, .deadline = caller.deadline, .may_lead = !caller.stop},
                caller.join_until, caller.stop ? &*caller.stop : nullptr);
        });
        await([&] { return coalescer.stats().waiting > before || turn.wait_for(0s) == std::future_status::ready; });
        return turn;
    }

    Coalescer coalescer;
};

bool is_waiting(const std::future<Coalescer::Turn>& turn) {
    return turn.wait_for(0s) != std::future_status::ready;
}

}  // namespace

TEST_CASE("whoever finds a statement free is alone, and the others share the next one") {
    Queue queue;
    auto one = queue.arrive({.id = "a"});
    auto two = queue.arrive({.id = "b"});
    CHECK(is_waiting(one));
    queue.coalescer.end_statement(SharedCall::put);
    await([&] { return !is_waiting(one) || !is_waiting(two); });
    auto& leads = is_waiting(one) ? two : one;
    auto& follows = is_waiting(one) ? one : two;
    const Coalescer::Turn lead = leads.get();
    CHECK(lead.kind == Kind::lead);
    queue.coalescer.begin(*lead.batch);
    CHECK(is_waiting(follows));
    lead.batch->is_told = true;
    queue.coalescer.answer(*lead.batch);
    const Coalescer::Turn turn = follows.get();
    CHECK(turn.kind == Kind::answered);
    CHECK(turn.batch == lead.batch);
    CHECK(turn.seat != lead.seat);
    const gs::CoalescingStats stats = queue.coalescer.stats();
    CHECK(stats.alone == 1);
    CHECK(stats.shared == 2);
    CHECK(stats.statements == 1);
    CHECK(stats.largest == 2);
    CHECK(stats.sizes[1] == 1);
    CHECK(stats.waiting == 0);
    CHECK(queue.coalescer.arrive(SharedCall::put, {.id = "c"}, Deadline::max(), nullptr).kind == Kind::alone);
}

TEST_CASE("who can wait longest for the answer leads, and others join until it begins") {
    Queue queue;
    const auto now = Clock::now();
    auto hurried = queue.arrive({.id = "a", .deadline = now + 10min});
    auto patient = queue.arrive({.id = "b", .deadline = now + 30min});
    auto another = queue.arrive({.id = "c", .deadline = now + 20min});
    queue.coalescer.end_statement(SharedCall::put);
    const Coalescer::Turn lead = patient.get();
    CHECK(lead.kind == Kind::lead);
    auto late = queue.arrive({.id = "d", .deadline = now + 40min});
    queue.coalescer.begin(*lead.batch);
    auto next = queue.arrive({.id = "e"});
    CHECK(lead.batch->riders.size() == 4);
    queue.coalescer.answer(*lead.batch);
    for (auto* turn : {&hurried, &another, &late}) CHECK(turn->get().kind == Kind::answered);
    CHECK(next.get().kind == Kind::lead);
}

TEST_CASE("statements go to the batches in the order in which they began to wait") {
    Queue queue;
    auto put = queue.arrive({.id = "a", .call = SharedCall::put});
    auto find = queue.arrive({.id = "a", .call = SharedCall::find});
    auto remove = queue.arrive({.id = "a", .call = SharedCall::remove});
    auto second_put = queue.arrive({.id = "b", .call = SharedCall::put});
    queue.coalescer.end_statement(SharedCall::put);
    await([&] { return !is_waiting(put) || !is_waiting(second_put); });
    const Coalescer::Turn first = is_waiting(put) ? second_put.get() : put.get();
    CHECK(first.batch->riders.size() == 2);
    CHECK(is_waiting(find));
    queue.coalescer.begin(*first.batch);
    queue.coalescer.answer(*first.batch);
    const Coalescer::Turn second = find.get();
    CHECK(is_waiting(remove));
    queue.coalescer.begin(*second.batch);
    queue.coalescer.answer(*second.batch);
    CHECK(remove.get().kind == Kind::lead);
}

TEST_CASE("a leader that leaves hands over, and a batch that all have left is none") {
    Queue queue;
    const auto now = Clock::now();
    auto patient = queue.arrive({.id = "a", .deadline = now + 30min});
    auto other = queue.arrive({.id = "b", .deadline = now + 20min});
    queue.coalescer.end_statement(SharedCall::put);
    queue.coalescer.pass_on(patient.get());
    const Coalescer::Turn lead = other.get();
    CHECK(lead.kind == Kind::lead);
    CHECK(lead.batch->present == 1);
    SECTION("who has left is not counted as answered") {
        queue.coalescer.begin(*lead.batch);
        lead.batch->is_told = true;
        queue.coalescer.answer(*lead.batch);
        CHECK(queue.coalescer.stats().shared == 1);
        return;
    }
    queue.coalescer.pass_on(lead);
    CHECK(queue.coalescer.stats().waiting == 0);
    CHECK(queue.coalescer.arrive(SharedCall::put, {.id = "c"}, Deadline::max(), nullptr).kind == Kind::alone);
}

TEST_CASE("whose time is up, or who is stopped, leaves a batch that has not begun") {
    Queue queue;
    std::stop_source stop;
    auto late = queue.arrive({.id = "a", .deadline = Clock::now() + 1ms});
    CHECK(late.get().kind == Kind::apart);
    auto impatient = queue.arrive({.id = "a", .join_until = Clock::now() + 1ms});
    CHECK(impatient.get().kind == Kind::apart);
    auto stopped = queue.arrive({.id = "a", .stop = stop.get_token()});
    CHECK(is_waiting(stopped));
    stop.request_stop();
    CHECK(stopped.get().kind == Kind::apart);
    CHECK(queue.coalescer.stats().waiting == 0);
}

TEST_CASE("whose time is up while the statement is under way is too late, and the others are not") {
    Queue queue;
    std::stop_source stop;
    auto patient = queue.arrive({.id = "a"});
    auto stopped = queue.arrive({.id = "b", .stop = stop.get_token()});
    auto hurried = queue.arrive({.id = "c", .deadline = Clock::now() + 200ms, .join_until = Clock::now() + 150ms});
    queue.coalescer.end_statement(SharedCall::put);
    const Coalescer::Turn lead = patient.get();
    REQUIRE(lead.kind == Kind::lead);
    queue.coalescer.begin(*lead.batch);
    REQUIRE(is_waiting(hurried));
    stop.request_stop();
    CHECK(stopped.get().kind == Kind::too_late);
    CHECK(hurried.get().kind == Kind::too_late);
    queue.coalescer.answer(*lead.batch);
}

TEST_CASE("calls that can be stopped never lead, and where there are no others each is made alone") {
    Queue queue;
    std::stop_source stop;
    auto one = queue.arrive({.id = "a", .stop = stop.get_token()});
    auto two = queue.arrive({.id = "b", .stop = stop.get_token()});
    auto find = queue.arrive({.id = "c", .call = SharedCall::find});
    queue.coalescer.end_statement(SharedCall::put);
    for (auto* turn : {&one, &two}) {
        const Coalescer::Turn answered = turn->get();
        CHECK(answered.kind == Kind::answered);
        CHECK_FALSE(answered.batch->is_told);
    }
    CHECK(find.get().kind == Kind::lead);
}

TEST_CASE("a batch has each id once if it writes, and is no larger than it may be") {
    Queue queue{{.max_statements = 1, .max_batch = 3, .max_batch_bytes = 100, .max_wait = 1h}};
    const auto sizes = [&](const std::vector<Queue::Waiting>& callers) {
        std::vector<std::future<Coalescer::Turn>> turns;
        for (const Queue::Waiting& caller : callers) turns.push_back(queue.arrive(caller));
        queue.coalescer.end_statement(SharedCall::put);
        std::vector<std::size_t> seen;
        std::size_t through = 0;
        await([&] {
            for (auto& turn : turns) {
                if (!turn.valid() || is_waiting(turn)) continue;
                const Coalescer::Turn ready = turn.get();
                if (ready.kind != Kind::lead) continue;
                queue.coalescer.begin(*ready.batch);
                seen.push_back(ready.batch->riders.size());
                through += seen.back();
                queue.coalescer.answer(*ready.batch);
            }
            return through == callers.size();
        });
        return seen;
    };
    SECTION("ids that are written") {
        CHECK(sizes({{"a"}, {"b"}, {"a"}, {"a"}}) == std::vector<std::size_t>{2, 1, 1});
    }
    SECTION("ids that are read") {
        CHECK(sizes({{"a", SharedCall::find}, {"a", SharedCall::find}}) == std::vector<std::size_t>{2});
    }
    SECTION("callers") {
        CHECK(sizes({{"a"}, {"b"}, {"c"}, {"d"}}) == std::vector<std::size_t>{3, 1});
    }
    SECTION("bytes") {
        const auto of = [](std::string id, std::size_t bytes) {
            return Queue::Waiting{.id = std::move(id), .text = std::string(bytes, 'x')};
        };
        CHECK(sizes({of("a", 90), of("b", 20), of("c", 1000), of("d", 2)}) == std::vector<std::size_t>{1, 1, 1, 1});
    }
}

TEST_CASE("options that leave no room are refused") {
    CHECK_THROWS_AS(Coalescer{{.max_statements = 0}}, gs::InvalidInputError);
    CHECK_THROWS_AS(Coalescer{{.max_batch = 0}}, gs::InvalidInputError);
    CHECK_THROWS_AS(Coalescer{{.max_writes = 0}}, gs::InvalidInputError);
}

TEST_CASE("of the statements, only so many write") {
    Coalescer coalescer{{.max_statements = 3, .max_writes = 1, .max_wait = 1h}};
    const auto arrive = [&](SharedCall call) {
        return coalescer.arrive(call, {.id = "a"}, Deadline::max(), nullptr).kind;
    };
    CHECK(arrive(SharedCall::put) == Kind::alone);
    CHECK(arrive(SharedCall::find) == Kind::alone);
    auto waits = std::async(std::launch::async, arrive, SharedCall::remove);
    await([&] { return coalescer.stats().waiting == 1; });
    coalescer.end_statement(SharedCall::find);
    CHECK(arrive(SharedCall::find) == Kind::alone);
    CHECK(arrive(SharedCall::find) == Kind::alone);
    CHECK(waits.wait_for(0s) != std::future_status::ready);
    coalescer.end_statement(SharedCall::put);
    CHECK(waits.get() == Kind::lead);
}

TEST_CASE("whoever has waited long enough for a statement to end leads one more, and then there is one less again") {
    Queue queue{{.max_statements = 1, .max_wait = 10ms}};
    const auto now = Clock::now();
    SECTION("or has the one lead who can wait longest for the answer") {
        auto hurried = queue.arrive({.id = "a", .deadline = now + 10min});
        auto patient = queue.arrive({.id = "b", .deadline = now + 20min});
        await([&] { return !is_waiting(hurried) || !is_waiting(patient); });
        // Who came second may have come when the first had waited already.
        auto& leads = is_waiting(hurried) ? patient : hurried;
        const Coalescer::Turn lead = leads.get();
        CHECK(lead.kind == Kind::lead);
        queue.coalescer.begin(*lead.batch);
        queue.coalescer.answer(*lead.batch);
        auto& other = &leads == &hurried ? patient : hurried;
        const Coalescer::Turn turn = other.get();
        CHECK(turn.batch != nullptr);
        if (turn.kind == Kind::lead) {
            queue.coalescer.begin(*turn.batch);
            queue.coalescer.answer(*turn.batch);
        }
    }
    SECTION("or goes alone, where nobody may lead") {
        std::stop_source stop;
        CHECK(queue.arrive({.id = "a", .stop = stop.get_token()}).get().kind == Kind::apart);
    }
    SECTION("the next of its batch too, if it could not") {
        auto one = queue.arrive({.id = "a"});
        auto two = queue.arrive({.id = "b"});
        await([&] { return !is_waiting(one) || !is_waiting(two); });
        auto& first = is_waiting(one) ? two : one;
        auto& second = is_waiting(one) ? one : two;
        const Coalescer::Turn lead = first.get();
        CHECK(lead.kind == Kind::lead);
        queue.coalescer.pass_on(lead);
        const Coalescer::Turn turn = second.get();
        CHECK(turn.kind == Kind::lead);
        queue.coalescer.begin(*turn.batch);
        queue.coalescer.answer(*turn.batch);
    }
    queue.coalescer.end_statement(SharedCall::put);
    CHECK(queue.coalescer.arrive(SharedCall::put, {.id = "c"}, Deadline::max(), nullptr).kind == Kind::alone);
    CHECK(queue.arrive({.id = "d"}).get().kind == Kind::lead);
}

namespace {

using Turns = std::vector<std::future<Coalescer::Turn>>;

/// A batch of two that is under way. @returns its leader's turn
Coalescer::Turn begun(Queue& queue, std::future<Coalescer::Turn>& follows) {
    auto leads = queue.arrive({.id = "leads"});
    follows = queue.arrive({.id = "follows", .deadline = Clock::now() + 1h});
    queue.coalescer.end_statement(SharedCall::put);
    Coalescer::Turn turn = leads.get();
    CHECK(turn.kind == Kind::lead);
    queue.coalescer.begin(*turn.batch);
    turn.batch->is_told = true;
    return turn;
}

}  // namespace

TEST_CASE("who has read an answer sends the next statement for a leader that is asleep") {
    Queue queue;
    std::future<Coalescer::Turn> follows;
    const Coalescer::Turn first = begun(queue, follows);
    SECTION("nothing has happened where nobody waits") {
        CHECK_FALSE(queue.coalescer.answer_and_send(*first.batch, [](auto&) { FAIL("there is none"); }));
        CHECK(is_waiting(follows));
        queue.coalescer.answer(*first.batch);
    }
    SECTION("nor where they are to read") {
        auto find = queue.arrive({.id = "a", .call = SharedCall::find});
        CHECK_FALSE(queue.coalescer.answer_and_send(*first.batch, [](auto&) { FAIL("it is to read"); }));
        queue.coalescer.answer(*first.batch);
        const Coalescer::Turn lead = find.get();
        CHECK(lead.kind == Kind::lead);
        queue.coalescer.begin(*lead.batch);
        queue.coalescer.answer(*lead.batch);
    }
    SECTION("few are sent once those are awake who may ask again") {
        auto waits = queue.arrive({.id = "a"});
        CHECK(queue.coalescer.answer_and_send(*first.batch, [&](gs::detail::SharedBatch& next) {
            CHECK(follows.get().kind == Kind::answered);
            CHECK(next.riders.size() == 1);
            CHECK(is_waiting(waits));
            CHECK(queue.arrive({.id = "b", .deadline = Clock::now() + 1ms}).get().kind == Kind::apart);
            CHECK(next.riders.size() == 1);
        }));
        const Coalescer::Turn lead = waits.get();
        CHECK(lead.kind == Kind::lead);
        CHECK(lead.batch != first.batch);
        queue.coalescer.answer(*lead.batch);
        return;
    }
    SECTION("many are sent before") {
        Turns turns;
        for (int i = 0; i < 16; ++i) turns.push_back(queue.arrive({.id = std::to_string(i)}));
        CHECK(queue.coalescer.answer_and_send(*first.batch, [&](gs::detail::SharedBatch& next) {
            CHECK(is_waiting(follows));
            CHECK(next.riders.size() == 16);
        }));
        await([&] { return !std::ranges::all_of(turns, is_waiting); });
        Coalescer::Turn lead = std::ranges::find_if_not(turns, is_waiting)->get();
        CHECK(lead.kind == Kind::lead);
        queue.coalescer.answer(*lead.batch);
        for (auto& turn : turns) CHECK((!turn.valid() || turn.get().kind == Kind::answered));
    }
    CHECK(follows.get().kind == Kind::answered);
    CHECK(queue.coalescer.stats().waiting == 0);
    CHECK(queue.coalescer.arrive(SharedCall::put, {.id = "c"}, Deadline::max(), nullptr).kind == Kind::alone);
}

TEST_CASE("a leader whose time is up while its statement is sent for it leads all the same") {
    Queue queue;
    std::future<Coalescer::Turn> follows;
    const Coalescer::Turn first = begun(queue, follows);
    const Deadline deadline = Clock::now() + 1s;
    auto waits = queue.arrive({.id = "a", .deadline = deadline});
    REQUIRE(is_waiting(waits));
    CHECK(queue.coalescer.answer_and_send(*first.batch, [&](auto&) {
        await([&] { return Clock::now() > deadline + 50ms; });
        CHECK(is_waiting(waits));
    }));
    CHECK(waits.get().kind == Kind::lead);
    CHECK(follows.get().kind == Kind::answered);
}
