// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_CASE_HPP

#include "differential/case.hpp"
#include "differential/changes.hpp"
#include "differential/shapes.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
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

    /// A string literal; what is not ASCII, in octal.
    static std::string literal(std::string_view from) {
        std::string to = "\"";
        for (const char character : from) {
            const auto byte = static_cast<unsigned char>(character);
            if (byte == '"' || byte == '\\') {
                to += '\\';
                to += character;
            } else if (byte < 0x20 || byte > 0x7E) {
                std::array<char, 8> octal{};
                (void)std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(byte));
                to += octal.data();
            } else {
                to += character;
            }
        }
        to += '"';
        if (from.find('\0') == std::string_view::npos) return to;
        return "std::string(" + to + ", " + std::to_string(from.size()) + ")";
    }

    static std::string value(const json& from) {
        if (!is_json(from)) return built(from);
        if (from.is_string() && from.get_ref<const std::string&>().find('\0') == std::string::npos) {
            return "json(" + literal(from.get_ref<const std::string&>()) + ")";
        }
        return "R\"~(" + from.dump() + ")~\"_json";
    }

private:
    /// Whether its text can be read again.
    static bool is_json(const json& from) {
        if (from.is_number_float()) return std::isfinite(from.get<double>());
        if (from.is_string()) {
            try {
                (void)from.dump();
                return true;
            } catch (const json::type_error&) {
                return false;
            }
        }
        for (const auto& [key, element] : from.items()) {
            if (from.is_object() && !is_json(json(key))) return false;
            if (from.is_structured() && !is_json(element)) return false;
        }
        return true;
    }

    static std::string built(const json& from) {
        if (from.is_number_float())
            return std::isnan(from.get<double>()) ? "json(NAN)" : from > 0 ? "json(INFINITY)" : "json(-INFINITY)";
        if (from.is_string()) return "json(" + literal(from.get<std::string>()) + ")";
        std::string all;
        for (const auto& [key, element] : from.items()) {
            if (!all.empty()) all += ", ";
            all += from.is_object() ? "{" + literal(key) + ", " + value(element) + "}" : value(element);
        }
        return (from.is_object() ? "json::object({" : "json::array({") + all + "})";
    }

    static std::string keys(const Keys& all) {
        std::string out;
        for (const std::string& key : all) out += (out.empty() ? "" : ", ") + literal(key);
        return out;
    }

    static std::string_view type(FieldType of) {
        static constexpr std::array<std::string_view, 13> names{"std::int8_t",
                                                                "std::int32_t",
                                                                "std::int64_t",
                                                                "std::uint64_t",
                                                                "float",
                                                                "double",
                                                                "std::string",
                                                                "bool",
                                                                "json",
                                                                "std::vector<std::int64_t>",
                                                                "std::vector<double>",
                                                                "std::vector<std::string>",
                                                                "std::vector<json>"};
        return names.at(static_cast<std::size_t>(of));
    }

    static std::string_view element(FieldType of) {
        switch (of) {
            case FieldType::integers:
                return type(FieldType::int64);
            case FieldType::reals:
                return type(FieldType::real);
            case FieldType::texts:
                return type(FieldType::text);
            case FieldType::anys:
                return type(FieldType::any);
            default:
                return type(of);
        }
    }

    static std::string change(const PathChange& from) {
        static constexpr std::array<std::string_view, 5> names{"set", "unset", "increment", "append", "remove_value"};
        const bool of_element = from.kind == ChangeOf::append || from.kind == ChangeOf::remove_value;
        const std::string_view value_type = of_element ? element(from.type) : type(from.type);
        std::string made = "path<" + std::string{type(from.type)} + ">(" + keys(from.keys) + ")." +
                           std::string{names.at(static_cast<std::size_t>(from.kind))} + "(";
        if (from.kind != ChangeOf::unset) {
            made += value(from.value);
            if (value_type != "json") made += ".get<" + std::string{value_type} + ">()";
        }
        return made + ")";
    }

    static std::string pairs(const Pairs& from) {
        std::string all;
        for (const auto& [id, document] : from) {
            all += (all.empty() ? "{" : ", {") + literal(id) + ", " + value(document) + "}";
        }
        return "Pairs{" + all + "}";
    }

    static std::string ids(const Pairs& from) {
        std::string all;
        for (const auto& [id, document] : from)
            all += (all.empty() ? "std::string(" : ", std::string(") + literal(id) + ")";
        return "std::vector<std::string>{" + all + "}";
    }

    static std::string_view name(Kind kind) {
        static constexpr std::array<std::string_view, kinds> names{
            "write",      "insert",      "replace",        "replace",       "remove",
            "remove",     "read",        "find",           "read_document", "read_for_update",
            "contains",   "count",       "list_all",       "read_all",      "read_many",
            "write_many", "insert_many", "insert_missing", "remove_many",   "insert_or_find",
            "upsert_by",  "clear",       "for_each",       "read_document", "write",
            "edit",       "patch",       "edit",           "transaction",   "on_commit",
            "stop"};
        return names.at(static_cast<std::size_t>(kind));
    }

    static std::string version(const Operation& of) {
        return of.version < 0 ? "if_version(seen.newest())"
                              : "if_version(seen.version(" + std::to_string(of.version) + "))";
    }

    static std::string arguments(const Operation& of) {
        std::string id = literal(of.id);
        switch (of.kind) {
            case Kind::write:
            case Kind::insert:
            case Kind::replace:
            case Kind::insert_or_find:
                return id + ", " + value(of.value);
            case Kind::model_write:
                return id + ", " + value(of.value) + ".get<Model>()";
            case Kind::model_edit:
                return id + ", [](Model& model) { update(model, " + value(of.value) + "); }";
            case Kind::upsert_by:
                return "path<" + std::string{type(of.changes.at(0).type)} + ">(" + keys(of.changes[0].keys) + "), " +
                       id + ", " + value(of.value);
            case Kind::replace_if:
                return id + ", " + value(of.value) + ", " + version(of);
            case Kind::remove_if:
                return id + ", " + version(of);
            case Kind::write_many:
            case Kind::insert_many:
            case Kind::insert_missing:
                return pairs(of.batch);
            case Kind::read_many:
            case Kind::remove_many:
                return ids(of.batch);
            case Kind::patch: {
                std::string all = id;
                for (const PathChange& each : of.changes) all += ", " + change(each);
                return all;
            }
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
        line(depth, in_seen + "[&] { return " + on + "." + std::string{name(of.kind)} + "(" + arguments(of) + "); });");
    }

    void edit(const Operation& of, int depth, const std::string& in_seen, const std::string& on) {
        const std::string id = literal(of.id);
        line(depth, in_seen + "[&] {");
        const std::string captures =
            of.meddlings > 0 ? "[&, left = " + std::to_string(of.meddlings) + "]" : std::string{"[&]"};
        const std::string parameter = of.steps.empty() ? "(json&)" : "(json& document)";
        line(depth + 1,
             "return " + on + ".edit(" + id + ", " + captures + parameter + (of.meddlings > 0 ? " mutable {" : " {"));
        if (of.meddlings > 0) line(depth + 2, "if (left-- > 0) " + on + ".write(" + id + ", " + value(of.value) + ");");
        for (const Step& step : of.steps) {
            const std::string at = "document, {" + keys(step.keys) + "}";
            if (step.kind == Step::Kind::stop) line(depth + 2, "throw Stop{};");
            if (step.kind == Step::Kind::erase) line(depth + 2, "erase_at(" + at + ");");
            if (step.kind == Step::Kind::set) line(depth + 2, "set_at(" + at + ", " + value(step.value) + ");");
        }
        line(depth + 1, "});");
        line(depth, "});");
    }

    std::size_t tables_ = 1;
    std::string text_;
};

}  // namespace differential

#endif
