// SPDX-License-Identifier: MIT

#include "await.hpp"
#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

namespace gs = gridone::storage;
using Json = nlohmann::json;
using gs::Outcome;
using gs::Retry;
using namespace std::chrono_literals;

namespace {

/// A table whose documents say with which SQLSTATE they are refused.
struct Refusing {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.operation_timeout = 500ms}};
    gs::PostgresStorageBackend<Json> documents{manager, "documents"};

    Refusing() {
        by_hand(url,
                "CREATE TABLE documents (id TEXT PRIMARY KEY, data JSONB NOT NULL);"
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "  RAISE EXCEPTION 'canary %', NEW.data USING ERRCODE = NEW.data->>'state', DETAIL = 'canary';"
                "END $$;"
                "CREATE TRIGGER refuse BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION refuse()");
    }
};

std::string_view type_of(const gs::StorageError& error) {
    if (dynamic_cast<const gs::TransientError*>(&error) != nullptr) return "TransientError";
    if (dynamic_cast<const gs::OutcomeUnknownError*>(&error) != nullptr) return "OutcomeUnknownError";
    if (dynamic_cast<const gs::CancelledError*>(&error) != nullptr) return "CancelledError";
    if (dynamic_cast<const gs::ConnectionError*>(&error) != nullptr) return "ConnectionError";
    if (dynamic_cast<const gs::ConstraintError*>(&error) != nullptr) return "ConstraintError";
    if (dynamic_cast<const gs::InvalidInputError*>(&error) != nullptr) return "InvalidInputError";
    if (dynamic_cast<const gs::SchemaError*>(&error) != nullptr) return "SchemaError";
    if (dynamic_cast<const gs::PermissionError*>(&error) != nullptr) return "PermissionError";
    if (dynamic_cast<const gs::UsageError*>(&error) != nullptr) return "UsageError";
    if (dynamic_cast<const gs::InternalError*>(&error) != nullptr) return "InternalError";
    return "another type";
}

struct Expected {
    std::string_view state;
    std::string_view type;
    Outcome outcome = Outcome::not_applied;
    Retry retry = Retry::never;
};

constexpr std::array expectations{
    Expected{"08000", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"08006", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"08007", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"0A000", "SchemaError"},
    Expected{"21000", "InvalidInputError"},
    Expected{"22001", "InvalidInputError"},
    Expected{"22P02", "InvalidInputError"},
    Expected{"22P05", "InvalidInputError"},
    Expected{"23502", "ConstraintError"},
    Expected{"23503", "ConstraintError"},
    Expected{"23505", "ConstraintError"},
    Expected{"23514", "ConstraintError"},
    Expected{"23P01", "ConstraintError"},
    Expected{"25006", "ConnectionError", Outcome::not_applied, Retry::same_call},
    Expected{"25P02", "UsageError", Outcome::not_applied, Retry::new_transaction},
    Expected{"25P03", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"28000", "PermissionError"},
    Expected{"28P01", "PermissionError"},
    Expected{"3F000", "SchemaError"},
    Expected{"428C9", "SchemaError"},
    Expected{"40000", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"40001", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"40003", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"40P01", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"42501", "PermissionError"},
    Expected{"42703", "SchemaError"},
    Expected{"42804", "SchemaError"},
    Expected{"42809", "SchemaError"},
    Expected{"42846", "SchemaError"},
    Expected{"42883", "SchemaError"},
    Expected{"42P01", "SchemaError"},
    Expected{"42P10", "SchemaError"},
    Expected{"53100", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"53200", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"53300", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"54000", "InvalidInputError"},
    Expected{"54001", "InvalidInputError"},
    Expected{"55000", "SchemaError"},
    Expected{"55006", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"55P03", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"57014", "CancelledError", Outcome::not_applied, Retry::caller_decides},
    Expected{"57P01", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"57P02", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"57P05", "OutcomeUnknownError", Outcome::unknown, Retry::caller_decides},
    Expected{"58000", "TransientError", Outcome::not_applied, Retry::new_transaction},
    Expected{"58030", "TransientError", Outcome::not_applied, Retry::new_transaction},
    // In no row: bugs, of the library or of the server.
    Expected{"26000", "InternalError"},
    Expected{"42601", "InternalError"},
    Expected{"XX000", "InternalError"},
    Expected{"XX001", "InternalError"},
    Expected{"ZZ999", "InternalError"},
};

void check_error(const gs::StorageError& error, const Expected& expected) {
    CAPTURE(error.what());
    CHECK(error.sqlstate() == expected.state);
    CHECK(type_of(error) == expected.type);
    CHECK(error.outcome() == expected.outcome);
    CHECK(error.retry() == expected.retry);
    CHECK(std::string{error.what()}.find("canary") == std::string::npos);
    CHECK(std::string{error.what()}.ends_with("[SQLSTATE " + std::string{expected.state} + "]"));
}

/// A table that refuses nothing, for errors as the server makes them.
struct Plain {
    std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url, {.operation_timeout = 500ms}};
    gs::PostgresConnectionManager patient{url};
    gs::PostgresStorageBackend<Json> documents{manager, "documents"};
    gs::PostgresStorageBackend<Json> patiently{patient, "documents"};

    Plain() { by_hand(url, "CREATE TABLE documents (id TEXT PRIMARY KEY, data JSONB NOT NULL)"); }

    void on_every_connection(const std::string& setting) const {
        by_hand(url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET " + setting + "', current_database()); END $$");
    }
    [[nodiscard]] bool somebody_waits_for_a_lock() const {
        return by_hand(url,
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                       "application_name = 'gridone_storage' AND wait_event_type = 'Lock'")[0][0]
                   .as<int>() != 0;
    }
};

}  // namespace

TEST_CASE_METHOD(Refusing, "each SQLSTATE that a server gives a write becomes the error that says what to do") {
    for (const Expected& expected : expectations) {
        CAPTURE(expected.state);
        try {
            documents.write("a", {{"state", expected.state}});
            FAIL("the write succeeded");
        } catch (const gs::StorageError& thrown) {
            check_error(thrown, expected);
            CHECK(thrown.operation() == "write");
            CHECK(thrown.table() == "documents");
            CHECK(thrown.id() == "a");
        }
    }
    CHECK(documents.count() == 0);
}

TEST_CASE("each row of the SQLSTATE map is tried on a server") {
    for (const gs::detail::SqlstateRow& row : gs::detail::sqlstate_map) {
        CAPTURE(row.code);
        CHECK(std::any_of(expectations.begin(), expectations.end(), [&](const Expected& expected) {
            return gs::detail::row_for(expected.state).code == row.code;
        }));
    }
}

TEST_CASE_METHOD(Plain, "a serialization failure that a server finds is transient") {
    on_every_connection("default_transaction_isolation = ''repeatable read''");
    documents.write("a", 1);
    pqxx::connection other{url};
    pqxx::nontransaction work{other};
    work.exec("BEGIN");
    work.exec("UPDATE documents SET data = '2'");
    std::jthread commits{[&] {
        comes_true([&] { return somebody_waits_for_a_lock(); });
        work.exec("COMMIT");
    }};
    // A second attempt inside the library sees the committed row and succeeds, which is as right.
    try {
        patiently.write("a", 3);
        commits.join();
        CHECK(documents.read("a") == 3);
    } catch (const gs::TransientError& error) {
        commits.join();
        check_error(error, {"40001", "TransientError", Outcome::not_applied, Retry::new_transaction});
        CHECK(documents.read("a") == 2);
    }
}

TEST_CASE_METHOD(Plain, "a deadlock that a server breaks is transient") {
    on_every_connection("deadlock_timeout = ''10ms''");
    // The writer locks its table, waits until the holder wants it too, and closes the circle.
    by_hand(url,
            "CREATE TABLE other (id int);"
            "CREATE FUNCTION lock_other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN LOOP"
            "  EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE relation = 'documents'::regclass AND NOT granted)"
            "         OR NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'other'::regclass);"
            "END LOOP; LOCK TABLE other; RETURN NEW; END $$;"
            "CREATE TRIGGER lock_other BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION lock_other()");
    pqxx::connection holder{url};
    pqxx::nontransaction work{holder};
    work.exec("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE other");
    std::jthread wants_both{[&] {
        comes_true([&] {
            return !by_hand(url, "SELECT FROM pg_locks WHERE relation = 'documents'::regclass AND granted").empty();
        });
        work.exec("LOCK TABLE documents; ROLLBACK");
    }};
    // A second attempt inside the library succeeds, which is as right.
    std::size_t stored = 1;
    try {
        patiently.write("a", 1);
    } catch (const gs::TransientError& error) {
        stored = 0;
        check_error(error, {"40P01", "TransientError", Outcome::not_applied, Retry::new_transaction});
    }
    wants_both.join();
    CHECK(documents.count() == stored);
}

TEST_CASE_METHOD(Plain, "a lock that is not to be had in time is transient") {
    on_every_connection("lock_timeout = ''20ms''");
    pqxx::connection holder{url};
    pqxx::nontransaction work{holder};
    work.exec("SET lock_timeout = 0; BEGIN; LOCK TABLE documents");
    check_error(error_of<gs::TransientError>([&] { documents.write("a", 1); }),
                {"55P03", "TransientError", Outcome::not_applied, Retry::new_transaction});
}

TEST_CASE_METHOD(Plain, "a statement that somebody cancels on the server was not applied") {
    pqxx::connection holder{url};
    pqxx::nontransaction work{holder};
    work.exec("BEGIN; LOCK TABLE documents");
    std::jthread cancels{[&] {
        comes_true([&] { return somebody_waits_for_a_lock(); });
        by_hand(url,
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
                "application_name = 'gridone_storage'");
    }};
    const auto error = error_of<gs::CancelledError>([&] { patiently.write("a", 1); });
    work.exec("ROLLBACK");
    check_error(error, {"57014", "CancelledError", Outcome::not_applied, Retry::caller_decides});
    CHECK(documents.count() == 0);
}

TEST_CASE_METHOD(Plain, "what the table, the role and the server's state forbid becomes its own error") {
    by_hand(url,
            "ALTER TABLE documents ADD CONSTRAINT small CHECK (data <> '\"canary\"'),"
            "ADD CONSTRAINT one EXCLUDE USING btree ((data->>'one') WITH =)");
    by_hand(url, "CREATE UNIQUE INDEX one_email ON documents ((data->>'email'))");
    documents.write("a", {{"email", "canary@example.com"}, {"one", "canary"}});
    const auto constraint = [&](const Json& document, const Expected& expected) {
        const auto error = error_of<gs::ConstraintError>([&] { documents.write("b", document); });
        check_error(error, expected);
        CHECK(error.details().find("canary") != std::string::npos);
        return error.constraint();
    };
    CHECK(constraint("canary", {"23514", "ConstraintError"}) == "small");
    CHECK(constraint({{"email", "canary@example.com"}}, {"23505", "ConstraintError"}) == "one_email");
    CHECK(constraint({{"one", "canary"}}, {"23P01", "ConstraintError"}) == "one");

    gs::PostgresStorageBackend<Json> missing{manager, "no_such_table"};
    check_error(error_of<gs::SchemaError>([&] { (void)missing.count(); }), {"42P01", "SchemaError"});
    check_error(error_of<gs::SchemaError>([&] { missing.write("a", 1); }), {"42P01", "SchemaError"});

    gs::PostgresConnectionManager as_guest{url + "&options=-crole%3Dpg_monitor"};
    gs::PostgresStorageBackend<Json> forbidden{as_guest, "documents"};
    check_error(error_of<gs::PermissionError>([&] { forbidden.write("a", 1); }), {"42501", "PermissionError"});

    gs::PostgresConnectionManager read_only{url + "&options=-cdefault_transaction_read_only%3Don"};
    gs::PostgresStorageBackend<Json> read_only_documents{read_only, "documents"};
    check_error(error_of<gs::ConnectionError>([&] { read_only_documents.write("a", 1); }),
                {"25006", "ConnectionError", Outcome::not_applied, Retry::same_call});
}
