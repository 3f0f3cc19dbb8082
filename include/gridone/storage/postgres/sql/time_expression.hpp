// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TIME_EXPRESSION_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TIME_EXPRESSION_HPP

#include <string>

namespace gridone::storage::inline v0::detail {

/// The time that a text tells, in UTC, NULL where `from_iso` would not read it. Immutable, so that it can be indexed:
/// `::timestamptz` is not, and fails on the first "Feb 30".
inline std::string time_expression(const std::string& text) {
    static constexpr const char* pattern =
        "'^(?!0000)("
        "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
        "02-(0[1-9]|1[0-9]|2[0-8]))|"
        "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
        "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$'";
    const auto part = [&](const char* from, const char* length) {
        return "substr(" + text + ", " + from + ", " + length + ")";
    };
    const auto whole = [&](const char* from, const char* length) { return part(from, length) + "::integer"; };
    const std::string offset = "right(" + text + ", 6)";
    const std::string seconds = "substring(" + text + " from '^.{17}([0-9.]*)')::double precision";
    const std::string local = "make_timestamp(" + whole("1", "4") + ", " + whole("6", "2") + ", " + whole("9", "2") +
                              ", " + whole("12", "2") + ", " + whole("15", "2") + ", " + seconds + ")";
    const std::string utc = "(" + local + " - CASE WHEN right(" + text +
                            ", 1) = 'Z' THEN make_interval() ELSE make_interval(hours => left(" + offset +
                            ", 3)::integer, mins => (left(" + offset + ", 1) || right(" + offset +
                            ", 2))::integer) END)";
    // Only the first and the last day can be in another year in UTC.
    return "(CASE WHEN (" + text + " COLLATE \"C\") ~ " + pattern + " THEN CASE WHEN left(" + text +
           ", 10) NOT IN ('0001-01-01', '9999-12-31') OR " + utc + " >= '0001-01-01' AND " + utc +
           " < '10000-01-01' THEN " + utc + " END END)";
}

}  // namespace gridone::storage::inline v0::detail

#endif
