// SPDX-License-Identifier: MIT

#include "faults/ledger.hpp"

#include "faults/faulty_line.hpp"
#include "recorded_history.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Told = Ledger::Told;

/// Faults of each kind, and how many acknowledged writes there are in the end at least.
struct Storm {
    std::size_t restarts;
    std::size_t kills;
    std::size_t cuts;
    std::size_t writes;
};

/// The writes of distinct content that lost their reply, and those of which the library found out what became of them.
struct LostReplies {
    std::atomic<std::size_t> all = 0;
    std::atomic<std::size_t> settled = 0;
};

/// What the calling thread's write is about, for the listener of the pool, which is called on the same thread.
thread_local LostReplies* lost_replies_of_this_kind = nullptr;

void count_lost_reply(const gs::StorageEvent& event) {
    if (event.kind != gs::StorageEvent::Kind::lost_reply || lost_replies_of_this_kind == nullptr) return;
    ++lost_replies_of_this_kind->all;
    if (event.outcome != gs::Outcome::unknown) ++lost_replies_of_this_kind->settled;
}

/// Of all writers: of documents that are new, and of those that are there already.
struct LostRepliesByKind {
    LostReplies of_new;
    LostReplies of_changed;
};

/// Writes documents of its own until it is stopped, and keeps the books.
template <class Storage>
class Writer {
public:
    Writer(Storage& storage, std::size_t number, std::atomic<std::size_t>& acknowledged, LostRepliesByKind& lost)
        : storage_{storage},
          name_{"writer" + std::to_string(number)},
          acknowledged_{acknowledged},
          lost_{lost},
          chance_{number} {}

    void run(const std::atomic<bool>& stop) {
        for (std::size_t document = 0; !stop; ++document) {
            id_ = name_ + "-" + std::to_string(document);
            content_.clear();
            live(stop);
        }
    }

    Ledger ledger;
    std::size_t contradictions = 0;  ///< "Already there" for a new id, "not there" for one that is.

private:
    /// One document's life; after an unknown outcome nobody knows what is there, so that it ends.
    void live(const std::atomic<bool>& stop) {
        const bool upserts = chance_() % 2 == 0;
        const auto create = [&](const Widget& widget) {
            upserts ? storage_.write(id_, widget) : storage_.insert(id_, widget);
        };
        lost_replies_of_this_kind = &lost_.of_new;
        if (store(create) != Told::acknowledged) return;
        lost_replies_of_this_kind = &lost_.of_changed;
        for (auto left = chance_() % 6; left != 0 && !stop; --left) {
            const bool replaces = chance_() % 2 == 0;
            const auto change = [&](const Widget& widget) {
                replaces ? storage_.replace(id_, widget) : storage_.write(id_, widget);
            };
            if (store(change) == Told::unknown) return;
        }
        if (chance_() % 3 == 0) remove();
    }

    Told store(auto&& call) {
        const Widget widget{name_ + "/" + std::to_string(++writes_) + "/" + std::string(chance_() % 100, 'x'), 1};
        const Told told = attempt([&] { call(widget); });
        ledger.add({.removes = false, .id = id_, .content = widget.name}, told);
        if (told == Told::acknowledged) content_ = widget.name;
        return told;
    }

    void remove() {
        lost_replies_of_this_kind = nullptr;
        const Told told = attempt([&] {
            if (!storage_.remove(id_)) ++contradictions;
        });
        ledger.add({.removes = true, .id = id_, .content = content_}, told);
    }

    Told attempt(auto&& call) {
        try {
            call();
        } catch (const gs::StorageError& error) {
            const bool contradicts = dynamic_cast<const gs::AlreadyExistsError*>(&error) != nullptr ||
                                     dynamic_cast<const gs::NotFoundError*>(&error) != nullptr;
            if (contradicts) ++contradictions;
            return error.outcome() == gs::Outcome::unknown ? Told::unknown : Told::not_applied;
        }
        ++acknowledged_;
        return Told::acknowledged;
    }

    Storage& storage_;
    std::string name_;
    std::atomic<std::size_t>& acknowledged_;
    LostRepliesByKind& lost_;
    std::minstd_rand chance_;
    std::string id_;
    std::string content_;  // as acknowledged
    std::size_t writes_ = 0;
};

/// However the scope ends, so that the threads that look at it end as well.
class StopAtEnd {
public:
    explicit StopAtEnd(std::atomic<bool>& stop) : stop_{stop} {}
    StopAtEnd(const StopAtEnd&) = delete;
    StopAtEnd& operator=(const StopAtEnd&) = delete;
    StopAtEnd(StopAtEnd&&) = delete;
    StopAtEnd& operator=(StopAtEnd&&) = delete;
    ~StopAtEnd() { stop_ = true; }

private:
    std::atomic<bool>& stop_;
};

/// A server of its own, with a table that keeps a log of every change in the transaction that makes it.
struct Load {
    gs::testing::PostgresServer own_server{{.tcp = true}};
    FaultyLine line{{.max_size = 8, .on_event = count_lost_reply}, own_server};
    std::atomic<std::size_t> acknowledged = 0;
    LostRepliesByKind lost;
    std::minstd_rand chance{std::random_device{}()};

    Load() {
        (void)line.at_server(
            "CREATE TABLE changes (at BIGSERIAL, removes BOOL NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL);"
            "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  IF TG_OP = 'DELETE' THEN"
            "    INSERT INTO changes (removes, id, content) VALUES (true, OLD.id, OLD.data->>'name');"
            "  ELSE INSERT INTO changes (removes, id, content) VALUES (false, NEW.id, NEW.data->>'name'); END IF;"
            "  RETURN NULL;"
            "END $$;"
            "CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON widgets FOR EACH ROW EXECUTE FUNCTION log()");
    }

    void kill_one() const {
        (void)line.of_sessions("pg_terminate_backend(pid)",
                               "pid = (SELECT pid FROM pg_stat_activity WHERE application_name = '" +
                                   line.guard.application_name() +
                                   "' ORDER BY state = 'active' DESC, random() LIMIT 1)");
    }

    void cut_some() {
        const Cut how = chance() % 2 == 0 ? Cut::close : Cut::reset;
        if (chance() % 4 == 0) {
            line.proxy.cut_all(how);
            return;
        }
        const Way way = chance() % 2 == 0 ? Way::request : Way::reply;
        const auto kind = how == Cut::close ? LineFault::Kind::close : LineFault::Kind::reset;
        line.proxy.once(way, {.kind = kind, .after = chance() % (way == Way::request ? 250 : 60)});
        await([&] { return !line.proxy.armed(way); });
    }

    /// The faults in random order, spread evenly over the writes.
    void rage(const Storm& storm) {
        std::vector<char> faults(storm.restarts, 'r');
        faults.insert(faults.end(), storm.kills, 'k');
        faults.insert(faults.end(), storm.cuts, 'c');
        std::shuffle(faults.begin(), faults.end(), chance);
        const std::size_t pause = storm.writes / (faults.size() + 1);
        for (const char fault : faults) {
            await_writes(acknowledged + pause);
            if (fault == 'r') own_server.restart(gs::testing::PostgresServer::Stop::immediate);
            if (fault == 'k') kill_one();
            if (fault == 'c') cut_some();
        }
        await_writes(storm.writes);
    }

    void await_writes(std::size_t enough) const {
        await([&] { return acknowledged >= enough; });
    }

    [[nodiscard]] std::vector<Change> log() const {
        std::vector<Change> log;
        for (const auto& row : line.at_server("SELECT removes, id, content FROM changes ORDER BY at")) {
            log.push_back({row[0].as<bool>(), row[1].as<std::string>(), row[2].as<std::string>()});
        }
        return log;
    }

    [[nodiscard]] std::map<std::string, std::string> table() const {
        std::map<std::string, std::string> table;
        for (const auto& row : line.at_server("SELECT id, data->>'name' FROM widgets")) {
            table.emplace(row[0].as<std::string>(), row[1].as<std::string>());
        }
        return table;
    }
};

/// The storm over writers of that storage: what was lost, what happened twice.
/// @param name                   of the figures
/// @param callers_per_statement  at the most, for whom a lost one is unknown
template <class Storage>
void weather(const Storm& storm, Load& load, Storage& storage, std::string_view name, int callers_per_statement) {
    Ledger ledger;
    std::size_t contradictions = 0;
    {
        std::vector<Writer<Storage>> writers;
        writers.reserve(16);
        for (std::size_t i = 0; i < 16; ++i) {
            writers.emplace_back(storage, i, load.acknowledged, load.lost);
        }
        std::atomic<bool> stop = false;
        {
            std::vector<std::jthread> threads;
            threads.reserve(writers.size());
            const StopAtEnd stop_at_end{stop};
            for (Writer<Storage>& writer : writers) threads.emplace_back([&] { writer.run(stop); });
            load.rage(storm);
        }
        for (Writer<Storage>& writer : writers) {
            ledger.take(std::move(writer.ledger));
            contradictions += writer.contradictions;
        }
    }
    load.line.proxy.heal();
    const std::size_t resolved = load.line.manager.stats().unknown_outcomes_resolved;
    load.line.manager.close();
    await([&] { return load.line.guard.sessions() == 0; });

    const std::vector<Change> log = load.log();
    const Ledger::Account account = ledger.compare(log);
    const std::size_t in_flight = load.line.proxy.lost_in_flight();
    const auto number = [](std::string_view of, std::size_t value) {
        return " " + std::string{of} + "=" + std::to_string(value);
    };
    publish(std::string{name} + ":" + number("acknowledged", account.acknowledged) + number("lost", account.lost) +
            number("duplicated", account.duplicated) + number("unexplained", account.unexplained) +
            number("unknown", account.unknown) + number("resolved", resolved) + number("inflight", in_flight) +
            number("restarts", storm.restarts) + number("kills", storm.kills) + number("cuts", storm.cuts));
    for (const auto& [kind, replies] :
         {std::pair{"changed_documents", &load.lost.of_changed}, std::pair{"new_documents", &load.lost.of_new}}) {
        const auto share = replies->all == 0
                               ? 100.0
                               : 100.0 * static_cast<double>(replies->settled) / static_cast<double>(replies->all);
        std::ostringstream line;
        line << "figure " << name << "_lost_replies_settled_of_" << kind << " measured=" << std::fixed
             << std::setprecision(1) << share << "% target=95% (" << replies->settled << " of " << replies->all << ")";
        publish(line.str());
    }
    for (const std::string& finding : account.findings) FAIL_CHECK(finding);
    CHECK(account.acknowledged >= storm.writes);
    CHECK(account.lost == 0);
    CHECK(account.duplicated == 0);
    CHECK(account.unexplained == 0);
    if (callers_per_statement == 1) CHECK(account.unknown <= in_flight);
    CHECK(contradictions == 0);
    CHECK(Ledger::contents(log) == load.table());
}

/// Faults of each kind, and how many writes.
Storm storm_of_this_run() {
    return full_run() ? Storm{.restarts = 10, .kills = 100, .cuts = 100, .writes = 50'000}
                      : Storm{.restarts = 1, .kills = 10, .cuts = 10, .writes = 3'000};
}

}  // namespace

TEST_CASE("the ledger finds what was lost, what happened twice and what nobody can explain") {
    Ledger ledger;
    ledger.add({false, "a", "1"}, Told::acknowledged);
    ledger.add({false, "a", "2"}, Told::acknowledged);
    ledger.add({false, "a", "3"}, Told::unknown);
    ledger.add({true, "a", "3"}, Told::unknown);
    ledger.add({false, "b", "4"}, Told::not_applied);
    CHECK(ledger.compare({{false, "a", "1"}, {false, "a", "2"}, {false, "a", "3"}}).findings.empty());
    CHECK(ledger.compare({{false, "a", "1"}, {false, "a", "2"}, {true, "a", "3"}}).findings.empty());
    const auto wrong =
        ledger.compare({{false, "a", "1"}, {false, "a", "1"}, {false, "b", "4"}, {false, "a", "5"}, {true, "a", "1"}});
    CHECK(wrong.acknowledged == 2);
    CHECK(wrong.unknown == 2);
    CHECK(wrong.not_applied == 1);
    CHECK(wrong.lost == 1);
    CHECK(wrong.duplicated == 1);
    CHECK(wrong.unexplained == 3);
    CHECK(wrong.findings.size() == 5);
}

TEST_CASE("no acknowledged write is lost, and none happens twice, under restarts, killed backends and cut lines") {
    Load load;
    weather(storm_of_this_run(), load, load.line.widgets, "faults", 1);
}

TEST_CASE("the same where callers share statements") {
    Load load;
    gs::CoalescingStorageBackend<Widget> widgets{load.line.widgets};
    weather(storm_of_this_run(), load, widgets, "shared_faults", 128);
    CHECK(widgets.coalescing_stats().shared > 0);
}

TEST_CASE("what callers of shared statements see under faults could have happened one call after another") {
    Load load;
    const std::uint32_t rounds = full_run() ? 500 : 30;
    std::size_t shared = 0;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        gs::CoalescingStorageBackend<Widget> widgets{load.line.widgets, {.max_statements = 1 + round % 2}};
        INFO("round " << round);
        const auto disturb = [&](int call) {
            if (call == 30) load.kill_one();
            if (call == 60) load.line.proxy.cut_all(Cut::close);
            if (call == 90) load.line.proxy.cut_all(Cut::reset);
        };
        CHECK(linearizability::Recorder{widgets, round, disturb}.violations().empty());
        shared += widgets.coalescing_stats().shared;
    }
    CHECK(shared > 0);
}
