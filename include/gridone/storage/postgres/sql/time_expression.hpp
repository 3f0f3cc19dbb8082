// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TIME_EXPRESSION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TIME_EXPRESSION_HPP

#include <gridone/storage/postgres/sql/literal.hpp>

#include <string>

namespace gridone::storage::inline v0::detail {

/// The time in UTC that a text holds, NULL of anything that `from_iso` refuses. Immutable, so that it can be indexed:
/// `::timestamptz` is not, and fails on the first "Feb 30". Short, since all expressions of an index have to fit into one
/// row of pg_index, which has 8 kB.
inline std::string time_expression(const std::string& text) {
    // Day and time of day exist if the server writes what it has read as the same text. That costs a fraction of a regular
    // expression for the whole calendar. jsonb_object is immutable, unlike to_jsonb.
    const std::string clock = "left(" + text + ", 19)";
    const std::string is_time =
        "substr(" + text + ", 20) ~ '^([.][0-9]{1,9})?(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$' COLLATE \"C\" AND " +
        clock + " = (jsonb_path_query_first(jsonb_object(ARRAY['t', " + clock + "]), " +
        quote_literal(R"($.t.datetime("YYYY-MM-DD\"T\"HH24:MI:SS"))") + ", '{}', true) #>> '{}') COLLATE \"C\"";

    const auto in_utc = [&](const char* if_so, const std::string& otherwise) {
        return "CASE right(" + text + ", 1) WHEN 'Z' THEN " + if_so + " ELSE " + otherwise + " END";
    };
    const auto part = [&](const char* place) { return "substr(" + text + ", " + place + ")::integer, "; };
    const std::string local = "make_timestamp(" + part("1, 4") + part("6, 2") + part("9, 2") + part("12, 2") +
                              part("15, 2") + "substr(left(" + text + ", " + in_utc("-1", "-6") +
                              "), 18, 9)::double precision)";
    const std::string offset =
        in_utc("'0'", "make_interval(hours => left(right(" + text + ", 6), 3)::integer, mins => (left(right(" + text +
                          ", 6), 1) || right(" + text + ", 2))::integer)");
    // In UTC the first and the last day may be in another year.
    const char* const before = "timestamp '0001-12-31 23:59:59.999999 BC'";
    const char* const behind = "timestamp '10000-01-01'";
    const auto bounded = [&](const std::string& time) {
        return std::string{"nullif(nullif(least(greatest("} + time + ", " + before + "), " + behind + "), " + before +
               "), " + behind + ")";
    };
    return "(CASE WHEN " + is_time + " THEN " + bounded(local + " - " + offset) + " END)";
}

}  // namespace gridone::storage::inline v0::detail

#endif
