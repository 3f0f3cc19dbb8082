// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_STORAGE_EVENT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_STORAGE_EVENT_HPP

#include <gridone/storage/core/storage_error.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>

namespace gridone::storage::inline v0 {

/// Something that happened in a pool; see `PoolOptions::on_event`. Holds no document, no id and nothing of the
/// connection string. Views live as long as the call of the listener. In brackets: OpenTelemetry's names, under which
/// `for_each_attribute` gives the same.
struct StorageEvent {
    enum class Kind {
        acquire,      ///< A caller got a connection, or gave up on it.
        statement,    ///< A statement was answered, or failed.
        retry,        ///< A statement is about to be run again.
        lost_reply,   ///< A write had been sent when its connection broke; `outcome` is what could be found out.
        retirement,   ///< A connection was closed.
        transaction,  ///< A transaction was committed, or failed for good; not one that is run again.
        long_lease,   ///< A connection has been in use for longer than `PoolOptions::report_leases_after`.
    };

    Kind kind = Kind::statement;

    /// Of the call that saw it happen; of a long lease, the call that has the connection. [db.operation.name] "write",
    /// "read_all", "with_connection" …; empty where a pool was closed.
    std::string_view operation = {};

    /// Without its schema; empty where no table is concerned. [db.collection.name]
    std::string_view table = {};

    /// acquire: the waiting, opening a connection included [db.client.connection.wait_time]. statement: from sending it
    /// to having the whole answer [db.client.operation.duration]. retry: since the call began. lost_reply: the finding
    /// out. transaction: from the call to its end, all runs of the body included. retirement: the age of the connection. long_lease: how long it has been in use so far.
    std::chrono::nanoseconds duration{};

    /// Of a statement that failed, or of the failure that makes it run again. [db.response.status_code]
    std::string_view sqlstate = {};

    /// Empty where nothing failed; else the SQLSTATE, or "timeout", "cancelled", "connection_lost",
    /// "connection_failed", "_OTHER". [error.type]
    std::string_view error = {};

    /// Of a statement that gave rows. [db.response.returned_rows]
    std::optional<std::uint64_t> returned_rows = std::nullopt;

    /// Of a statement that wrote.
    std::optional<std::uint64_t> affected_rows = std::nullopt;

    /// Why the connection was closed, of a retirement.
    std::optional<Retirement> retirement = std::nullopt;

    /// Of a lost reply. `unknown` is what the caller gets an `OutcomeUnknownError` for.
    std::optional<Outcome> outcome = std::nullopt;

    /// Which thread saw it happen; of a long lease, the one that borrowed the connection.
    std::thread::id thread{};
};

}  // namespace gridone::storage::inline v0

#endif
