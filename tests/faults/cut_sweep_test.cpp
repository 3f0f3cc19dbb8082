// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"
#include "faults/verdicts.hpp"

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using Storage = gs::PostgresStorageBackend<Widget>;

namespace {

const Widget first{"bolt", 1};
const Widget second{"nut", 2};
const Widget fresh{"screw", 3};

/// Two documents that are walked once.
auto range_of(const char* one, const char* other) {
    return std::views::iota(0, 2) | std::views::transform([=](int number) {
               return std::pair<std::string, Widget>{number == 0 ? one : other, fresh};
           });
}

/// One operation on a table that holds `first` as "a" and `second` as "b".
struct Operation {
    std::string_view name;
    bool writes;
    std::function<bool(Storage&)> call;  ///< Whether what it gave is right.
    std::string_view effect = "";        ///< What the log of the table holds after it; for a read, nothing.
    bool stores = false;                 ///< Content that was not there before.
};

const std::array operations{
    Operation{"read", false, [](Storage& s) { return s.read("a") == first; }},
    Operation{"find", false, [](Storage& s) { return s.find("missing") == std::nullopt; }},
    Operation{"contains", false, [](Storage& s) { return s.contains("b"); }},
    Operation{"count", false, [](Storage& s) { return s.count() == 2; }},
    Operation{"list_all", false, [](Storage& s) { return s.list_all() == std::vector<std::string>{"a", "b"}; }},
    Operation{"read_all", false, [](Storage& s) { return s.read_all() == std::vector{first, second}; }},
    Operation{"read_document", false, [](Storage& s) { return s.read_document("a").value == first; }},
    Operation{
        "read_many", false,
        [](Storage& s) { return s.read_many({"b", "missing"}) == std::vector<std::optional<Widget>>{second, {}}; }},
    Operation{"write a new one", true, [](Storage& s) { return s.write("c", fresh), true; }, "INSERT c screw", true},
    Operation{"write over one", true, [](Storage& s) { return s.write("a", fresh), true; }, "UPDATE a screw", true},
    Operation{"insert", true, [](Storage& s) { return s.insert("c", fresh), true; }, "INSERT c screw", true},
    Operation{"replace", true, [](Storage& s) { return s.replace("a", fresh), true; }, "UPDATE a screw", true},
    Operation{"remove", true, [](Storage& s) { return s.remove("a"); }, "DELETE a bolt"},
    Operation{"replace under a version", true,
              [](Storage& s) { return s.replace("a", fresh, gs::if_version(s.read_document("a").version)), true; },
              "UPDATE a screw", true},
    Operation{"patch", true, [](Storage& s) { return s.patch("a", gs::field<&Widget::name>.set("screw")), true; },
              "UPDATE a screw"},
    Operation{"edit", true,
              [](Storage& s) { return s.edit("a", [](Widget& widget) { widget.name = "screw"; }).value.size == 1; },
              "UPDATE a screw"},
    Operation{"insert_or_find", true, [](Storage& s) { return s.insert_or_find("c", fresh).inserted; },
              "INSERT c screw", true},
    Operation{"write_many", true, [](Storage& s) { return s.write_many({{"c", fresh}, {"a", fresh}}).size() == 2; },
              "INSERT c screw, UPDATE a screw"},
    Operation{"write_many of a range, in order of ids", true,
              [](Storage& s) { return s.write_many(range_of("c", "d")) == 2; }, "INSERT c screw, INSERT d screw"},
    Operation{"write_many of a range, of what is there", true,
              [](Storage& s) { return s.write_many(range_of("a", "c")) == 2; }, "INSERT c screw, UPDATE a screw"},
    Operation{"insert_many of a range", true, [](Storage& s) { return s.insert_many(range_of("c", "d")) == 2; },
              "INSERT c screw, INSERT d screw"},
    Operation{"insert_many", true, [](Storage& s) { return s.insert_many({{"c", fresh}, {"d", fresh}}).size() == 2; },
              "INSERT c screw, INSERT d screw"},
    Operation{"remove_many", true, [](Storage& s) { return s.remove_many({"b", "a", "c"}) == 2; },
              "DELETE a bolt, DELETE b nut"},
    Operation{"transaction", true,
              [](Storage& s) {
                  return s.transaction([&](gs::Transaction& tx) {
                      s.in(tx).insert("c", fresh);
                      return s.in(tx).edit("a", [](Widget& widget) { widget.name = "screw"; }).value.size == 1;
                  });
              },
              "INSERT c screw, UPDATE a screw", true},
    Operation{"clear", true, [](Storage& s) { return s.clear() == 2; }, "DELETE a bolt, DELETE b nut"},
};

/// One way to lose the line.
struct Place {
    bool warm;
    Way way;
    Cut how;
    std::size_t after;
};

class Sweep {
public:
    explicit Sweep(const std::string& application_name) : dsn_{proxy_.url(database_of(url_), application_name)} {
        table_.exec(
            "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
            "CREATE TABLE changes (at BIGSERIAL, change TEXT NOT NULL);"
            "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            "  IF TG_OP = 'DELETE' THEN"
            "    INSERT INTO changes (change) VALUES (format('%s %s %s', TG_OP, OLD.id, OLD.data->>'name'));"
            "  ELSE INSERT INTO changes (change) VALUES (format('%s %s %s', TG_OP, NEW.id, NEW.data->>'name')); END IF;"
            "  RETURN NULL;"
            "END $$;"
            "CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON widgets FOR EACH ROW EXECUTE FUNCTION log()");
    }

    /// Cuts at every `step`th offset of the operation and at the last one, by an end and by a reset, or by turns.
    void run(const Operation& operation, bool warm, std::size_t step, bool by_turns) {
        for (const Way way : {Way::request, Way::reply}) {
            const std::size_t size = size_of(operation, warm, way);
            for (std::size_t after = 0; after <= size; after += after < size ? std::min(step, size - after) : 1) {
                for (const Cut how : {Cut::close, Cut::reset}) {
                    if (by_turns && (after / step) % 2 != static_cast<std::size_t>(how)) continue;
                    cut(operation, {.warm = warm, .way = way, .how = how, .after = after});
                }
            }
        }
    }

    /// What was untrue.
    [[nodiscard]] const std::vector<std::string>& lies() const noexcept { return lies_; }
    /// Of the writes of new content that were applied and lost their reply: how many the library found out about.
    [[nodiscard]] std::size_t resolved() const noexcept { return resolved_; }
    [[nodiscard]] std::size_t unresolved() const noexcept { return unresolved_; }
    [[nodiscard]] const Verdicts& reads() const noexcept { return reads_; }
    [[nodiscard]] const Verdicts& writes() const noexcept { return writes_; }

private:
    using Manager = gs::PostgresConnectionManager;

    void fill() {
        table_.exec(
            "DELETE FROM widgets; INSERT INTO widgets VALUES ('a', '{\"name\": \"bolt\", \"size\": 1}'), "
            "('b', '{\"name\": \"nut\", \"size\": 2}'); DELETE FROM changes");
    }

    /// A storage on one connection; with `warm` it has prepared the operation's statement and the table is as before.
    Storage storage_on(Manager& manager, const Operation& operation, bool warm) {
        Storage storage{manager, "widgets"};
        fill();
        if (warm) {
            (void)operation.call(storage);
            fill();
        }
        proxy_.mark();
        return storage;
    }

    std::size_t size_of(const Operation& operation, bool warm, Way way) {
        Manager manager{dsn_, {.max_size = 1}};
        Storage storage = storage_on(manager, operation, warm);
        if (!operation.call(storage)) throw std::logic_error{"the operation does not work"};
        return proxy_.bytes(way);
    }

    void cut(const Operation& operation, const Place& place) {
        Manager manager{dsn_, {.max_size = 1}};
        Storage storage = storage_on(manager, operation, place.warm);
        const auto kind = place.how == Cut::close ? LineFault::Kind::close : LineFault::Kind::reset;
        const std::size_t lost_before = proxy_.lost_in_flight();
        proxy_.once(place.way, {.kind = kind, .after = place.after});
        std::optional<bool> right;
        std::optional<gs::Outcome> outcome;
        std::string what;
        try {
            right = operation.call(storage);
        } catch (const gs::OutcomeUnknownError& error) {
            outcome = gs::Outcome::unknown;
            what = error.what();
        } catch (const gs::ConnectionError& error) {
            outcome = error.outcome();
            what = error.what();
        } catch (const std::exception& error) {
            outcome = gs::Outcome::applied;
            what = error.what();
        }
        const std::size_t lost_in_flight = proxy_.lost_in_flight() - lost_before;
        const bool struck = !proxy_.armed(place.way);
        const std::size_t passed = proxy_.bytes(place.way);
        const bool lent = manager.pool()->counters().leased != 0;
        proxy_.heal();
        manager.close();
        await([&] { return sessions() == 0; });
        const std::string log = changes();

        const auto expect = [&](bool truth, std::string_view otherwise) {
            if (truth) return;
            lies_.push_back(std::string{operation.name} + (place.warm ? ", warm, " : ", cold, ") +
                            (place.way == Way::request ? "request " : "reply ") +
                            (place.how == Cut::close ? "closed after " : "reset after ") + std::to_string(place.after) +
                            " bytes: " + std::string{otherwise} + "; it said \"" + what + "\", the log says \"" + log +
                            "\"");
        };
        // The server's numbers are not always as long as when the size was measured.
        expect(struck || passed < place.after, "the line was not cut");
        expect(!lent, "a connection is still lent");
        Verdicts& verdicts = operation.writes ? writes_ : reads_;
        const bool reply_was_lost = place.way == Way::reply && lost_in_flight != 0 && log == operation.effect;
        if (operation.stores && reply_was_lost) ++(right ? resolved_ : unresolved_);
        if (right) {
            ++verdicts.succeeded;
            expect(*right, "the result is wrong");
            expect(log == operation.effect, "it succeeded, and its effect is not there once");
        } else if (outcome == gs::Outcome::not_applied) {
            ++verdicts.not_applied;
            expect(log.empty(), "it was not applied, and its effect is there");
        } else {
            ++verdicts.unknown;
            expect(outcome == gs::Outcome::unknown, "the outcome is neither");
            expect(operation.writes, "the outcome of a read is unknown");
            expect(log.empty() || log == operation.effect, "its effect is there more than once");
        }
    }

    /// Of the library, dying ones included.
    int sessions() {
        return table_
            .exec(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> "
                "pg_backend_pid() AND (datname = current_database() OR datname IS NULL)")[0][0]
            .as<int>();
    }
    std::string changes() {
        return table_.exec("SELECT coalesce(string_agg(change, ', ' ORDER BY change, at), '') FROM changes")[0][0]
            .as<std::string>();
    }

    std::string url_ = tcp_server().create_database();
    TcpProxy proxy_{tcp_server().port()};
    std::string dsn_;
    pqxx::connection connection_{url_};
    pqxx::nontransaction table_{connection_};
    std::vector<std::string> lies_;
    Verdicts reads_;
    Verdicts writes_;
    std::size_t resolved_ = 0;
    std::size_t unresolved_ = 0;
};

/// The operations by turns in several databases: most of the time is the library's pause after a failure to connect.
void sweep(bool warm, std::size_t short_step) {
    constexpr std::size_t lanes = 6;
    const NothingLeftBehind guard{tcp_server()};
    const auto started = std::chrono::steady_clock::now();
    std::array<std::future<std::unique_ptr<Sweep>>, lanes> sweeps;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        sweeps.at(lane) = std::async(std::launch::async, [&, lane] {
            auto sweep = std::make_unique<Sweep>(guard.application_name());
            for (std::size_t i = lane; i < operations.size(); i += lanes) {
                sweep->run(operations.at(i), warm, full_run() ? 1 : short_step, !full_run() || !warm);
            }
            return sweep;
        });
    }
    Verdicts reads;
    Verdicts writes;
    std::size_t resolved = 0;
    std::size_t unresolved = 0;
    for (auto& lane : sweeps) {
        const auto sweep = lane.get();
        reads += sweep->reads();
        writes += sweep->writes();
        resolved += sweep->resolved();
        unresolved += sweep->unresolved();
        for (const std::string& lie : sweep->lies()) FAIL_CHECK(lie);
    }
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started);
    const std::string kind = std::string{"cuts on a "} + (warm ? "warm" : "cold") + " connection: ";
    publish(kind + "reads: " + reads.text() + "; writes: " + writes.text() + "; " + std::to_string(took.count()) +
            " s");
    publish(kind + "of " + std::to_string(resolved + unresolved) +
            " stored documents whose reply was lost, the library found out about " + std::to_string(resolved));
    CHECK(reads.unknown == 0);
}

}  // namespace

TEST_CASE("wherever the line is cut during an operation on a known connection, what the caller is told is true") {
    sweep(true, 7);
}

TEST_CASE("wherever the line is cut between dialling and the reply, what the caller is told is true") {
    sweep(false, 29);
}
