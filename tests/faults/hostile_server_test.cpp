// SPDX-License-Identifier: MIT

#include "faults/hostile_server.hpp"

#include "await.hpp"
#include "faults/guards.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono_literals;
using Line = HostileServer::Line;
using Storage = gs::PostgresStorageBackend<Widget>;

namespace {

constexpr auto limit = 100ms;
constexpr auto patience = 20s;  // where a call is to succeed, or to fail for another reason than time
constexpr auto margin = 3s;     // for a busy machine with sanitizers; a flood goes on for longer
constexpr std::size_t most_reply_bytes = std::size_t{4} << 20U;
// libpq makes room for a message of the length that is announced, and may fill it in one go.
constexpr std::size_t announced = std::size_t{1} << 24U;
constexpr std::size_t most_read = announced + (std::size_t{64} << 20U);
constexpr auto size = gs::field<&Widget::size>;
const std::string garbage = "HTTP/1.1 400 Bad Request\r\n\r\nThis is no database.";

/// An operation, and how many columns its statement gives.
struct Call {
    std::string_view name;
    int columns;
    std::function<void(Storage&)> run;
};

const std::vector<Call>& calls() {
    static const std::vector<Call> all{
        {"read", 1, [](Storage& it) { (void)it.read("a"); }},
        {"write", 3, [](Storage& it) { it.write("a", {"a", 1}); }},
        {"remove_many", 3, [](Storage& it) { (void)it.remove_many({"a", "b"}); }},
        {"count", 1, [](Storage& it) { (void)it.count(); }},
        {"avg", 2, [](Storage& it) { (void)it.query(gs::query<Widget>()).avg(size); }},
        {"read_document", 2, [](Storage& it) { (void)it.read_document("a"); }},
    };
    return all;
}

/// What a server sends in place of the reply to a statement that gives so many columns.
struct Reply {
    std::string_view name;
    std::function<void(Line&, int)> send;
};

std::string rows_of(int columns, const std::optional<std::string>& value, int format = 0) {
    return wire::bind_complete + wire::row_description(columns, format) +
           wire::row(std::vector<std::optional<std::string>>(static_cast<std::size_t>(columns), value));
}
std::string selected(const std::string& rows) {
    return rows + wire::complete("SELECT 1") + wire::ready();
}

Reply bytes(std::string_view name, std::string sent) {
    return {name, [sent](Line& line, int) { line.send(sent); }};
}
/// The connection ends after it.
Reply last_bytes(std::string_view name, std::string sent) {
    return {name, [sent](Line& line, int) {
                line.send(sent);
                line.stay_silent();
            }};
}
Reply rows(std::string_view name, std::optional<std::string> value, int format = 0) {
    return {name, [=](Line& line, int columns) { line.send(selected(rows_of(columns, value, format))); }};
}
Reply tag(std::string_view name, const std::string& sent) {
    return {name, [sent](Line& line, int columns) {
                const std::string description = columns == 0 ? "" : wire::row_description(columns + 1);
                line.send(wire::bind_complete + description + wire::complete(sent) + wire::ready());
            }};
}
Reply flood(std::string_view name, std::string again, std::string first = {}) {
    return {name, [=](Line& line, int) {
                line.send(first);
                line.flood(again);
            }};
}

std::vector<Reply> values() {
    return {
        rows("rows of NULL", std::nullopt),
        rows("rows of words", "banana"),
        rows("rows of nothing", ""),
        rows("numbers beyond 64 bits", "99999999999999999999"),
        rows("fractions", "1.5"),
        rows("numbers with a blank", "1 "),
        rows("numbers with a letter", "1x"),
        rows("NaN", "NaN"),
        rows("binary numbers", std::string{"\0\0\0\0\0\0\0\1", 8}, 1),
    };
}

std::vector<Reply> shapes() {
    const auto with_columns = [](int more) {
        return [more](Line& line, int columns) { line.send(selected(rows_of(columns + more, "1"))); };
    };
    return {
        bytes("nothing but ready", wire::ready()),
        bytes("an empty statement", wire::bind_complete + wire::message('I', {}) + wire::ready()),
        bytes("a suspended portal", wire::bind_complete + wire::message('s', {}) + wire::ready()),
        tag("a command of no rows", "SET"),
        tag("a tag without a number", "DELETE"),
        tag("a tag with a negative number", "DELETE -1"),
        tag("a tag with too large a number", "DELETE 99999999999999999999999999"),
        tag("a tag with a word", "DELETE all"),
        tag("the tag of another command", "UPDATE 1"),
        tag("an empty tag", ""),
        {"a column too many", with_columns(1)},
        {"seven columns too many", with_columns(7)},
        bytes("rows without columns", selected(rows_of(0, {}))),
        {"a transaction that was not committed",
         [](Line& line, int columns) {
             const std::string end =
                 columns == 0 ? wire::bind_complete + wire::complete("DELETE 1") : rows_of(columns, "1");
             line.send(end + (columns == 0 ? "" : wire::complete("SELECT 1")) + wire::ready('T'));
         }},
        {"a transaction that failed",
         [](Line& line, int columns) {
             line.send(rows_of(columns == 0 ? 1 : columns, "1") + wire::complete("SELECT 1") + wire::ready('E'));
         }},
        bytes("COPY to the server", wire::bind_complete + wire::message('G', std::string(3, '\0'))),
        bytes("COPY from the server", wire::bind_complete + wire::message('H', std::string(3, '\0'))),
        bytes("COPY in both directions", wire::bind_complete + wire::message('W', std::string(3, '\0'))),
    };
}

std::vector<Reply> broken_messages() {
    const std::string header = wire::bind_complete + wire::row_description(1);
    const std::string end = wire::complete("SELECT 1") + wire::ready();
    return {
        last_bytes("another protocol", garbage),
        last_bytes("zeros", std::string(1000, '\0')),
        last_bytes("ones", std::string(1000, '\xff')),
        bytes("a message of length 0", wire::message('D', "", 0)),
        bytes("a message of length 3", wire::message('D', "", 3)),
        bytes("a message of negative length", wire::message('D', "", -1)),
        last_bytes("a row of 2 GiB that does not come", header + wire::message('D', "", 0x7FFFFFFF)),
        last_bytes("an error of 1 GiB that does not come", wire::message('E', "", 1 << 30)),
        last_bytes("a tag of 1 GiB", wire::message('C', "", 1 << 30)),
        bytes("a row before its columns", wire::bind_complete + wire::row({"1"}) + end),
        bytes("a row with too many fields", header + wire::row({"1", "2"}) + end),
        bytes("a row with too few fields", header + wire::row({}) + end),
        bytes("a row with a negative number of fields", header + wire::message('D', wire::int16(-1)) + end),
        bytes("a field that is longer than its row",
              header + wire::message('D', wire::int16(1) + wire::int32(1000) + "1") + end),
        bytes("a field of length -2", header + wire::message('D', wire::int16(1) + wire::int32(-2)) + end),
        bytes("a field of length -2^31",
              header + wire::message('D', wire::int16(1) + wire::int32(-2147483648LL)) + end),
        bytes("a row with bytes behind its fields",
              header + wire::message('D', wire::int16(1) + wire::int32(1) + "1more") + end),
        bytes("columns without names", wire::bind_complete + wire::message('T', wire::int16(3) + "abc") + end),
        bytes("65535 columns that are not there", wire::bind_complete + wire::message('T', wire::int16(65535)) + end),
        bytes("an unknown message", wire::message('~', "what is this") + wire::ready()),
        bytes("a login", wire::message('R', wire::int32(5) + "salt") + wire::ready()),
        bytes("the result of a function", wire::message('V', wire::int32(-1)) + wire::ready()),
        bytes("two results", header + wire::complete("SELECT 0") + header + end),
        {"an end in the middle of a row",
         [=](Line& line, int) { line.send(header + wire::row({"1234567890"}).substr(0, 12)); }},
        {"an end at once", [](Line&, int) {}},
        bytes("an odd state", wire::bind_complete + wire::complete("SET") + wire::ready('?')),
    };
}

std::vector<Reply> errors() {
    const std::string ready = wire::ready();
    const std::string huge(300'000, 'x');
    return {
        bytes("an error without fields", wire::report('E', {}) + ready),
        bytes("an error without a SQLSTATE", wire::report('E', {"SERROR", "VERROR", "Mno"}) + ready),
        bytes("an error with an empty SQLSTATE", wire::error("") + ready),
        bytes("an error with three characters", wire::error("230") + ready),
        bytes("an error with six characters", wire::error("235055") + ready),
        bytes("an error with small letters", wire::error("2350a") + ready),
        bytes("an error with blanks", wire::error("23 05") + ready),
        bytes("an error with control characters", wire::error("\n\x1b[2J") + ready),
        bytes("an error that is a success", wire::error("00000") + ready),
        bytes("an error of an unknown class", wire::error("ZZZZZ") + ready),
        bytes("an error that does not end", wire::message('E', wire::text("SERROR") + "C23505") + ready),
        bytes("an error of unknown fields", wire::report('E', {"SERROR", "C23505", "!x", "~y", "\x01z"}) + ready),
        bytes("an error with two SQLSTATEs", wire::report('E', {"SERROR", "C23505", "C40001"}) + ready),
        bytes("an error with huge fields",
              wire::report('E', {"SERROR", "C23505", "M" + huge, "D" + huge, "n" + huge, "t" + huge}) + ready),
        bytes("an error, and then rows", wire::error("22000") + selected(rows_of(1, "1"))),
        bytes("rows, and then an error", rows_of(1, "1") + wire::error("22000") + ready),
        bytes("two errors", wire::error("22000") + wire::error("23505") + ready),
    };
}

std::vector<Reply> floods() {
    const std::string header = wire::bind_complete + wire::row_description(1);
    std::string parameters;
    for (int number = 0; number < 100; ++number) parameters += wire::parameter("p" + std::to_string(number), "1");
    return {
        flood("notices", wire::notice()),
        flood("parameters", parameters),
        flood("notifications", wire::notification()),
        flood("results", wire::complete("SELECT 0"), wire::bind_complete),
        flood("errors", wire::error("22000")),
        flood("rows", wire::row({"1"}), header),
        flood("rows of 16 kB", wire::row({std::string(16'000, 'x')}), header),
        flood("a row of 16 MiB", std::string(60'000, 'x'),
              header + wire::message('D', wire::int16(1) + wire::int32(announced - 10), announced)),
        flood("a notice of 16 MiB", std::string(60'000, 'x'), wire::message('N', "S", announced)),
        flood("the ends of preparations", wire::message('1', {})),
        flood("data of COPY", wire::message('d', std::string(1000, 'x')), wire::message('H', std::string(3, '\0'))),
        {"rows of a byte a time", [header](Line& line, int) { line.trickle(header + wire::row({"1"})); }},
        {"notices of a byte a time", [](Line& line, int) { line.trickle(wire::notice()); }},
    };
}

/// A pool of its own, so that no case meets with what another has left.
struct Client {
    explicit Client(const HostileServer& server, std::chrono::milliseconds time = limit)
        : manager{server.url(),
                  {.max_size = 2,
                   .acquire_timeout = time,
                   .operation_timeout = time,
                   .max_reply_bytes = most_reply_bytes}} {}

    gs::PostgresConnectionManager manager;
    NothingLent nothing_lent{manager};
    Storage widgets{manager, "widgets"};
};

void check_sqlstate(const gs::StorageError& error) {
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    CHECK((error.sqlstate().empty() || error.sqlstate().size() == 5));
    CHECK(std::ranges::all_of(error.sqlstate(), fits));
    CHECK(error.details().size() < 200'000);
    CHECK(std::string_view{error.what()}.size() < 2'000);
}

/// The call ends in an error in time, having taken in little.
void check_refused(HostileServer& server, const std::function<void()>& call) {
    const std::size_t sent_before = server.sent();
    const auto began = std::chrono::steady_clock::now();
    try {
        call();
        FAIL_CHECK("the reply counted as a success");
    } catch (const gs::StorageError& error) {
        check_sqlstate(error);
    }
    CHECK(std::chrono::steady_clock::now() - began < limit + margin);
    CHECK(server.sent() - sent_before < most_read);
}

void check_replies(const std::vector<Reply>& replies, std::size_t number_of_calls) {
    HostileServer server;
    for (const Reply& reply : replies) {
        for (const Call& call :
             std::vector<Call>{calls().begin(), calls().begin() + static_cast<int>(number_of_calls)}) {
            CAPTURE(reply.name, call.name);
            server.play({.reply = [reply, columns = call.columns](Line& line) { reply.send(line, columns); }});
            Client client{server};
            check_refused(server, [&] { call.run(client.widgets); });
        }
    }
}

}  // namespace

TEST_CASE("a server that replies as PostgreSQL does is understood") {
    HostileServer server;
    server.play({.reply = [](Line& line) { line.send(selected(rows_of(1, R"({"name":"a","size":1})"))); }});
    CHECK(Client{server, patience}.widgets.read("a") == Widget{"a", 1});
    server.play({.reply = [](Line& line) { line.send(selected(rows_of(3, "101"))); }});
    CHECK(Client{server, patience}.widgets.write("a", {"a", 1}) == gs::Version{101});
    server.play({.reply = [](Line& line) {
        line.send(
            selected(wire::bind_complete + wire::row_description(3) + wire::row({"2", std::nullopt, std::nullopt})));
    }});
    CHECK(Client{server, patience}.widgets.remove_many({"a", "b"}) == 2);
    server.play({.reply = [](Line& line) { line.send(selected(rows_of(2, "3"))); }});
    CHECK(Client{server, patience}.widgets.query(gs::query<Widget>()).avg(size) == 1.0);
}

TEST_CASE("values that the server cannot have read are errors") {
    check_replies(values(), calls().size());
}

TEST_CASE("a reply of another shape is an error") {
    check_replies(shapes(), calls().size());
}

TEST_CASE("broken messages are errors") {
    check_replies(broken_messages(), 2);
}

TEST_CASE("error reports of any form are errors, whose SQLSTATE is five characters or nothing") {
    check_replies(errors(), 2);
}

TEST_CASE("a call ends at its deadline though the server never stops sending") {
    check_replies(floods(), 2);
}

TEST_CASE("a reply beyond max_reply_bytes is an error long before the deadline") {
    HostileServer server;
    for (const Reply& reply : floods()) {
        if (reply.name.ends_with("a byte a time") || reply.name == "data of COPY") continue;
        CAPTURE(reply.name);
        server.play({.reply = [reply](Line& line) { reply.send(line, 1); }});
        Client client{server, 60s};
        const std::size_t sent_before = server.sent();
        const auto error = error_of<gs::UsageError>([&] { (void)client.widgets.read("a"); });
        CHECK(std::string{error.what()}.find("max_reply_bytes") != std::string::npos);
        CHECK(error.outcome() == gs::Outcome::not_applied);
        CHECK(server.sent() - sent_before < most_read);
        CHECK(client.manager.pool()->counters().size == 0);
        CHECK(error_of<gs::OutcomeUnknownError>([&] { client.widgets.write("a", {"a", 1}); }).outcome() ==
              gs::Outcome::unknown);
    }
}

TEST_CASE("a write with a reply that makes no sense has an unknown outcome") {
    HostileServer server;
    const auto outcome_of = [&](const std::string& reply) {
        server.play({.reply = [reply](Line& line) { line.send(reply); }});
        Client client{server, patience};
        return error_of<gs::OutcomeUnknownError>([&] { client.widgets.write("a", {"a", 1}); }).outcome();
    };
    CHECK(outcome_of(selected(rows_of(3, "banana"))) == gs::Outcome::unknown);
    CHECK(outcome_of(selected(rows_of(3, std::nullopt))) == gs::Outcome::unknown);
    CHECK(outcome_of(selected(rows_of(2, "1"))) == gs::Outcome::unknown);
    CHECK(outcome_of(wire::bind_complete + wire::message('I', {}) + wire::ready()) == gs::Outcome::unknown);
    CHECK(outcome_of(rows_of(3, "1") + wire::complete("INSERT 0 1") + wire::ready('T')) == gs::Outcome::unknown);
}

TEST_CASE("a connection attempt ends at its deadline, whatever the server sends") {
    HostileServer server;
    const std::string admitted = wire::message('R', wire::int32(0));
    std::string parameters;
    for (int number = 0; number < 100; ++number) parameters += wire::parameter("p" + std::to_string(number), "1");
    const std::vector<Reply> attempts{
        last_bytes("another protocol", garbage),
        last_bytes("an unknown login", wire::message('R', wire::int32(99))),
        last_bytes("a login of negative length", wire::message('R', wire::int32(0), -5)),
        bytes("an end at once", ""),
        bytes("an error without a SQLSTATE", wire::report('E', {"SFATAL", "Mno"})),
        bytes("an error with six characters", wire::error("280000")),
        bytes("an error with small letters", wire::error("3d000")),
        last_bytes("an error of 1 GiB that does not come", admitted + wire::message('E', "", 1 << 30)),
        last_bytes("nothing after the login", admitted),
        last_bytes("rows", admitted + rows_of(1, "1")),
        flood("notices", wire::notice()),
        flood("notices after the login", wire::notice(), admitted),
        flood("parameters", parameters, admitted),
        flood("notifications", wire::notification(), admitted),
        flood("a notice of 16 MiB", std::string(60'000, 'x'), admitted + wire::message('N', "S", announced)),
        flood("errors", wire::error("57P03"), admitted),
        {"notices of a byte a time", [admitted](Line& line, int) { line.trickle(admitted + wire::notice()); }},
    };
    for (const Reply& attempt : attempts) {
        CAPTURE(attempt.name);
        server.play({.on_connect = [attempt](Line& line) { attempt.send(line, 0); }});
        Client client{server};
        check_refused(server, [&] { client.manager.check(); });
    }
}

TEST_CASE("a session that cannot be set up as PostgreSQL does is no connection") {
    HostileServer server;
    const std::string admitted = wire::message('R', wire::int32(0)) + wire::ready();
    for (const std::string& reply :
         {selected(rows_of(7, "banana")), selected(rows_of(7, std::nullopt)), selected(rows_of(0, {})),
          wire::complete("SET") + wire::ready(), wire::message('I', {}) + wire::ready(), wire::ready()}) {
        server.play({.on_connect = [admitted, reply](Line& line) {
            line.send(admitted);
            while (!line.receive(1).empty()) line.send(reply);
        }});
        Client client{server};
        check_refused(server, [&] { client.manager.check(); });
    }
}

TEST_CASE("a call that is given an idle connection on which the server never stops sending ends in time") {
    HostileServer server;
    for (const std::string& message : {wire::notice(), wire::notification(), wire::parameter("a", "b")}) {
        server.play({.reply = [message](Line& line) {
            line.send(selected(rows_of(1, "1")));
            line.flood(message);
        }});
        Client client{server, 2s};
        client.manager.check();
        await([&] { return server.sent() > 100'000; });
        const auto began = std::chrono::steady_clock::now();
        // The connection is given up before or after the call has sent anything on it.
        try {
            client.manager.check();
            CHECK(client.manager.stats().connects.succeeded > 1);
        } catch (const gs::StorageError& error) {
            check_sqlstate(error);
        }
        CHECK(std::chrono::steady_clock::now() - began < 2s + margin);
    }
}

TEST_CASE("a load ends at its deadline though the server takes in nothing and never stops sending") {
    HostileServer server;
    server.play({.query = [](Line& line, std::string_view sql) {
        if (!sql.starts_with("COPY")) {
            const std::string command{sql.substr(0, sql.find(' '))};
            line.send(wire::complete(command) + wire::ready('T'));
            return;
        }
        line.send(wire::message('G', std::string(3, '\0')));
        line.flood(wire::notice());
    }});
    Client client{server};
    std::vector<std::pair<std::string, Widget>> documents;
    for (int number = 0; number < 20'000; ++number) {
        documents.emplace_back(std::to_string(100'000 + number), Widget{std::string(1'000, 'x'), number});
    }
    check_refused(server, [&] { client.widgets.insert_many(documents, gs::LoadOptions{}); });
}

TEST_CASE("a transaction whose BEGIN or COMMIT is not answered as such is not reported as committed") {
    HostileServer server;
    const auto run = [&](const std::string& begun, const std::string& committed) {
        server.play(
            {.reply =
                 [](Line& line) { line.send(rows_of(3, "101") + wire::complete("INSERT 0 1") + wire::ready('T')); },
             .query =
                 [begun, committed](Line& line, std::string_view sql) {
                     line.send(sql.starts_with("BEGIN")    ? begun
                               : sql.starts_with("COMMIT") ? committed
                                                           : wire::complete("ROLLBACK") + wire::ready());
                 }});
        Client client{server, patience};
        client.widgets.transaction([&](gs::Transaction& tx) { client.widgets.in(tx).write("a", {"a", 1}); });
    };
    const std::string begun = wire::complete("BEGIN") + wire::ready('T');
    const std::string committed = wire::complete("COMMIT") + wire::ready();
    CHECK_NOTHROW(run(begun, committed));
    CHECK_THROWS_AS(run(wire::complete("BEGIN") + wire::ready('I'), committed), gs::StorageError);
    CHECK_THROWS_AS(run(wire::complete("SET") + wire::ready('T'), committed), gs::StorageError);
    CHECK_THROWS_AS(run(begun, wire::complete("ROLLBACK") + wire::ready()), gs::UsageError);
    CHECK_THROWS_AS(run(begun, wire::complete("SET") + wire::ready()), gs::OutcomeUnknownError);
    CHECK_THROWS_AS(run(begun, wire::message('I', {}) + wire::ready()), gs::OutcomeUnknownError);
    CHECK_THROWS_AS(run(begun, selected(rows_of(1, "COMMIT"))), gs::OutcomeUnknownError);
    const std::string warning = wire::report('N', {"SWARNING", "VWARNING", "C25P01", "Mthere is no transaction"});
    CHECK(error_of<gs::UsageError>([&] { run(begun, warning + committed); }).outcome() == gs::Outcome::unknown);
}
