// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_CASE_HPP

#include "differential/case.hpp"
#include "differential/print_query.hpp"
#include "differential/print_value.hpp"
#include "differential/shapes.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

/// A case as the C++ statements of a test, to be pasted into `known_cases_test.cpp`.
class PrintedCase {
public:
    explicit PrintedCase(const Case& it) {
        text_ = "expect_same(" + std::to_string(it.shape) + ", [](auto& t, Seen& seen) {\n";
        tables_ = shapes().at(it.shape).tables.size();
        for (const Operation& operation : it.operations) call(operation, 1, false);
        text_ += "});\n";
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    static std::string change(const PathChange& from) {
        static constexpr std::array<std::string_view, 5> names{"set", "unset", "increment", "append", "remove_value"};
        const bool of_element = from.kind == ChangeOf::append || from.kind == ChangeOf::remove_value;
        const std::string_view value_type = name_of(of_element ? held_by(from.type) : from.type);
        return Printed::field({.type = from.type, .keys = from.keys}) + "." +
               std::string{names.at(static_cast<std::size_t>(from.kind))} + "(" +
               (from.kind == ChangeOf::unset ? "" : Printed::value(from.value, value_type)) + ")";
    }

    static std::string all_of(const std::vector<PathChange>& changes) {
        std::string all;
        for (const PathChange& each : changes) all += (all.empty() ? "" : ", ") + change(each);
        return all;
    }

    static std::string pairs(const Pairs& from) {
        std::string all;
        for (const auto& [id, document] : from) {
            all += (all.empty() ? "{" : ", {") + Printed::literal(id) + ", " + Printed::value(document) + "}";
        }
        return "Pairs{" + all + "}";
    }

    static std::string ids(const Pairs& from) {
        std::string all;
        for (const auto& [id, document] : from)
            all += (all.empty() ? "std::string(" : ", std::string(") + Printed::literal(id) + ")";
        return "std::vector<std::string>{" + all + "}";
    }

    static std::string_view name(Kind kind) {
        static constexpr std::array<std::string_view, kinds> names{
            "write",         "insert",         "replace",     "replace",       "remove",
            "remove",        "read",           "find",        "read_document", "read_for_update",
            "contains",      "count",          "list_all",    "read_all",      "read_many",
            "write_many",    "write_many",     "insert_many", "insert_many",   "insert_missing",
            "remove_many",   "insert_or_find", "upsert_by",   "clear",         "for_each",
            "read_document", "write",          "edit",        "patch",         "patch",
            "edit",          "query",          "transaction", "on_commit",     "stop"};
        return names.at(static_cast<std::size_t>(kind));
    }

    static std::string version(const Operation& of) {
        return of.version < 0 ? "if_version(seen.newest())"
                              : "if_version(seen.version(" + std::to_string(of.version) + "))";
    }

    static std::string arguments(const Operation& of) {
        std::string id = Printed::literal(of.id);
        switch (of.kind) {
            case Kind::write:
            case Kind::insert:
            case Kind::replace:
            case Kind::insert_or_find:
                return id + ", " + Printed::value(of.value);
            case Kind::model_write:
                return id + ", " + Printed::value(of.value) + ".get<Model>()";
            case Kind::model_edit:
                return id + ", [](Model& model) { update(model, " + Printed::value(of.value) + "); }";
            case Kind::upsert_by:
                return Printed::field({.type = of.changes.at(0).type, .keys = of.changes[0].keys}) + ", " + id + ", " +
                       Printed::value(of.value);
            case Kind::replace_if:
                return id + ", " + Printed::value(of.value) + ", " + version(of);
            case Kind::remove_if:
                return id + ", " + version(of);
            case Kind::patch_if:
                return id + ", " + version(of) + ", " + all_of(of.changes);
            case Kind::write_stream:
            case Kind::insert_stream:
                return "streamed(" + pairs(of.batch) + ")";
            case Kind::write_many:
            case Kind::insert_many:
            case Kind::insert_missing:
                return pairs(of.batch);
            case Kind::read_many:
            case Kind::remove_many:
                return ids(of.batch);
            case Kind::patch:
                return of.changes.empty() ? id + ", std::vector<Change>{}" : id + ", " + all_of(of.changes);
            case Kind::count:
            case Kind::list_all:
            case Kind::read_all:
            case Kind::clear:
                return {};
            default:
                return id;
        }
    }

    void line(int depth, const std::string& text) {
        text_.append(4 * static_cast<std::size_t>(depth), ' ');
        text_ += text + "\n";
    }

    void call(const Operation& of, int depth, bool in_body) {
        if (of.kind == Kind::stop) return line(depth, "throw Stop{};");
        const std::string in_seen = of.passes ? "seen.pass(" : "seen(";
        const bool in_view = in_body && !of.bypasses;
        std::string on = "t[" + std::to_string(of.table % tables_) + "]";
        if (of.kind == Kind::on_commit) {
            if (in_body) line(depth, in_seen + "[&] { tx.on_commit([&] { seen.line(\"committed\"); }); });");
            return;
        }
        if (of.kind == Kind::transaction) {
            line(depth, in_seen + "[&] {");
            line(depth + 1, (in_view ? "tx" : on) + ".transaction(" +
                                (of.read_only && !in_view ? "{.read_only = true}, " : "") + "[&](Transaction& " +
                                (in_view ? "" : "tx") + ") {");
            for (const Operation& each : of.body) call(each, depth + 2, true);
            line(depth + 1, "});");
            return line(depth, "});");
        }
        const bool is_of_model =
            of.kind == Kind::model_read || of.kind == Kind::model_write || of.kind == Kind::model_edit;
        if (is_of_model) on = "t.model";
        if (in_view) on += ".in(tx)";
        if (of.kind == Kind::for_each) return line(depth, in_seen + "[&] { return walked(" + on + "); });");
        if (of.kind == Kind::edit) return edit(of, depth, in_seen, on);
        if (of.kind == Kind::query) return query(of, depth, in_seen, on, in_body);
        line(depth, in_seen + "[&] { return " + on + "." + std::string{name(of.kind)} + "(" + arguments(of) + "); });");
    }

    void edit(const Operation& of, int depth, const std::string& in_seen, const std::string& on) {
        const std::string id = Printed::literal(of.id);
        line(depth, in_seen + "[&] {");
        const std::string captures =
            of.meddlings > 0 ? "[&, left = " + std::to_string(of.meddlings) + "]" : std::string{"[&]"};
        const std::string parameter = of.steps.empty() ? "(json&)" : "(json& document)";
        line(depth + 1,
             "return " + on + ".edit(" + id + ", " + captures + parameter + (of.meddlings > 0 ? " mutable {" : " {"));
        if (of.meddlings > 0)
            line(depth + 2, "if (left-- > 0) " + on + ".write(" + id + ", " + Printed::value(of.value) + ");");
        for (const Step& step : of.steps) {
            const std::string at = "document, {" + Printed::keys(step.keys) + "}";
            if (step.kind == Step::Kind::stop) line(depth + 2, "throw Stop{};");
            if (step.kind == Step::Kind::erase) line(depth + 2, "erase_at(" + at + ");");
            if (step.kind == Step::Kind::set)
                line(depth + 2, "set_at(" + at + ", " + Printed::value(step.value) + ");");
        }
        line(depth + 1, "});");
        line(depth, "});");
    }

    void query(const Operation& of, int depth, const std::string& in_seen, const std::string& on, bool in_body) {
        const std::string bound = on + ".query(" + PrintedQuery::query(of.query) + ")";
        const std::string number = std::to_string(of.query.number);
        const auto within = [&](const std::string& statement) {
            line(depth, in_seen + "[&] { " + statement + "; });");
        };
        switch (of.query.ask) {
            case Ask::pages:
                return walk(of, depth, in_seen, "walk_pages(" + bound + ", seen, plain_page, {", in_body);
            case Ask::counted_pages:
                return walk(of, depth, in_seen, "walk_pages(" + bound + ", seen, counted_page, {", in_body);
            case Ask::select_pages:
                return walk(of, depth, in_seen, "walk_pages(" + bound + ", seen, counted_part, {", in_body);
            case Ask::for_each:
                return walk(of, depth, in_seen, "walk_documents(" + bound + ", seen, " + number + ", {", in_body);
            case Ask::changed_cursor:
                return within("page_of_changed_cursor(" + bound + ", seen, " + number + ")");
            case Ask::foreign_cursor: {
                CaseQuery other = of.query;
                other.order.clear();
                return within("page_of_foreign_cursor(" + bound + ", seen, " + on + ".query(" +
                              PrintedQuery::query(other) + "))");
            }
            default:
                return within("return " + bound + "." + PrintedQuery::asked(of.query, all_of(of.changes)));
        }
    }

    void walk(const Operation& of, int depth, const std::string& in_seen, const std::string& begin, bool in_body) {
        if (of.body.empty()) return line(depth, in_seen + "[&] { " + begin + "}); });");
        line(depth, in_seen + "[&] {");
        line(depth + 1, begin);
        for (const Operation& each : of.body) {
            line(depth + 2, "[&] {");
            call(each, depth + 3, in_body);
            line(depth + 2, "},");
        }
        line(depth + 1, "});");
        line(depth, "});");
    }

    std::size_t tables_ = 1;
    std::string text_;
};

}  // namespace differential

#endif
