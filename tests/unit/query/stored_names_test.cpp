// SPDX-License-Identifier: MIT

#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/cursor.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/index.hpp>
#include <gridone/storage/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

// Databases hold these names and clients hold these cursors: a release that changes one loses an index or refuses a page.

namespace gs = gridone::storage;

namespace {

struct Alert {
    std::string rule;
    int severity = 0;
    bool open = true;
    std::optional<std::string> note;
    std::vector<std::string> tags;
    std::map<std::string, int> counts;
    std::optional<gs::Timestamp> opened_at;
    using json_members = gs::JsonMembers<&Alert::rule, &Alert::severity, &Alert::open, &Alert::note, &Alert::tags,
                                         &Alert::counts, &Alert::opened_at>;
};

namespace alert {
constexpr auto rule = gs::field<&Alert::rule>;
constexpr auto severity = gs::field<&Alert::severity>;
constexpr auto open = gs::field<&Alert::open>;
constexpr auto note = gs::field<&Alert::note>;
constexpr auto tags = gs::field<&Alert::tags>;
constexpr auto counts = gs::field<&Alert::counts>;
constexpr auto opened_at = gs::field<&Alert::opened_at>;
}  // namespace alert

const auto alerts = gs::document_table<Alert>("alerts");
const auto all = gs::query<Alert>();

std::string name_of_index_on(const gs::Filter<Alert>& filter) {
    return alerts.index(alert::rule, gs::where(filter)).rules().indexes.front().name;
}

std::string name_of_index_for(const gs::Query<Alert>& query) {
    return alerts.index(gs::index_for(query)).rules().indexes.front().name;
}

}  // namespace

TEST_CASE("names of indexes and constraints stay as databases have them") {
    CHECK(alerts.unique(alert::rule).rules().unique.front().name == "alerts_rule_key");
    CHECK(alerts.unique(alert::rule, alert::note).rules().unique.front().name == "alerts_rule_note_key");
    CHECK(name_of_index_for(all.where(alert::rule == "r").order_by(alert::severity.descending())) ==
          "alerts_rule_severity_id_idx");
    CHECK(name_of_index_for(all.where(alert::note.is_null()).order_by(alert::severity)) ==
          "alerts_severity_id_67c661fb_idx");
    CHECK(name_of_index_for(all.where(!alert::note.is_null()).order_by(alert::opened_at.descending())) ==
          "alerts_opened_at_id_e3e4c0dd_idx");
}

TEST_CASE("the hash of a condition in a name stays the same for each kind of condition") {
    CHECK(name_of_index_on(alert::open == true) == "alerts_rule_29d827dd_idx");
    CHECK(name_of_index_on(alert::severity != 3) == "alerts_rule_85881706_idx");
    CHECK(name_of_index_on(alert::severity < 3) == "alerts_rule_038b41f0_idx");
    CHECK(name_of_index_on(alert::severity <= 3) == "alerts_rule_ab9ee78b_idx");
    CHECK(name_of_index_on(alert::severity > 3) == "alerts_rule_199846aa_idx");
    CHECK(name_of_index_on(alert::severity >= 3) == "alerts_rule_18591075_idx");
    CHECK(name_of_index_on(alert::rule == alert::note) == "alerts_rule_eb75cd9d_idx");
    CHECK(name_of_index_on(alert::severity.in({1, 2})) == "alerts_rule_a07aeaf9_idx");
    CHECK(name_of_index_on(alert::note.is_null()) == "alerts_rule_67c661fb_idx");
    CHECK(name_of_index_on(alert::rule.starts_with("a")) == "alerts_rule_e840bb87_idx");
    CHECK(name_of_index_on(alert::rule.contains("a")) == "alerts_rule_9e134da4_idx");
    CHECK(name_of_index_on(alert::tags.contains("a")) == "alerts_rule_71a7beca_idx");
    CHECK(name_of_index_on(alert::counts.contains_key("a")) == "alerts_rule_bb6acb92_idx");
    CHECK(name_of_index_on(!(alert::open == true)) == "alerts_rule_18d14077_idx");
    CHECK(name_of_index_on(alert::open == true || alert::severity > 3) == "alerts_rule_2b326271_idx");
    CHECK(name_of_index_on(alert::open == true && alert::severity > 3) == "alerts_rule_fcd357ae_idx");
}

TEST_CASE("a cursor that a client holds is the one that the page returns, and is read") {
    gs::MemoryStorageBackend<Alert> storage{alerts};
    const auto alert_of = [](int severity) {
        Alert alert;
        alert.rule = "r";
        alert.severity = severity;
        return alert;
    };
    storage.write("a-1", alert_of(2));
    storage.write("a-2", alert_of(1));
    const auto query = storage.query(all.where(alert::rule == "r" && !alert::tags.contains("x"))
                                         .order_by(alert::severity.descending(), alert::opened_at)
                                         .limit(1));
    const auto page = query.page();
    REQUIRE(page.next);
    const std::string held = "MTIwNjk0ODk0MzI1ODQwNjYyNjdbIjEwMzcwMDY3Nzg4NTg0MDc1MjE1IiwgWzIsIG51bGwsICJhLTEiXV0";
    CHECK(page.next->text() == held);
    const auto next = query.page(gs::Cursor::from_text(held));
    REQUIRE(next.items.size() == 1);
    CHECK(next.items.front().id == "a-2");
}
