// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_EVENT_ATTRIBUTES_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_EVENT_ATTRIBUTES_HPP

#include <gridone/storage/postgres/connection/storage_event.hpp>

#include <cstdint>
#include <string_view>

namespace gridone::storage::inline v0 {

/// Calls `f(name, value)` for everything that the event tells, under the names of OpenTelemetry's semantic conventions
/// for databases. The value is a `std::string_view` or a `std::int64_t`; what the event does not tell is left out.
template <class F>
void for_each_attribute(const StorageEvent& event, F&& f) {
    const auto text = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) f(name, value);
    };
    text("db.system.name", "postgresql");
    text("db.operation.name", event.operation);
    text("db.collection.name", event.table);
    text("db.response.status_code", event.sqlstate);
    text("error.type", event.error);
    if (event.returned_rows) f("db.response.returned_rows", static_cast<std::int64_t>(*event.returned_rows));
}

/// The histogram, in seconds, that the event's duration belongs to; empty for kinds that have none.
[[nodiscard]] constexpr std::string_view metric_name(StorageEvent::Kind kind) noexcept {
    switch (kind) {
        case StorageEvent::Kind::acquire:
            return "db.client.connection.wait_time";
        case StorageEvent::Kind::statement:
            return "db.client.operation.duration";
        case StorageEvent::Kind::retry:
        case StorageEvent::Kind::lost_reply:
        case StorageEvent::Kind::retirement:
        case StorageEvent::Kind::transaction:
        case StorageEvent::Kind::long_lease:
            break;
    }
    return {};
}

}  // namespace gridone::storage::inline v0

#endif
