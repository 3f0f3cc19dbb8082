// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_QUERY_HPP

#include "differential/case_query.hpp"
#include "differential/print_value.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace differential {

/// Queries as C++ expressions.
class PrintedQuery {
    using Kind = CaseFilter::Kind;

public:
    static std::string query(const CaseQuery& from) {
        std::string made = "query<json>()";
        for (const CaseFilter& each : from.where) made += ".where(" + filter(each) + ")";
        std::string orders;
        for (const CaseOrder& each : from.order) {
            orders += (orders.empty() ? "" : ", ") + Printed::field(each.field) +
                      (each.descending ? ".descending()" : ".ascending()");
        }
        if (!orders.empty()) made += ".order_by(" + orders + ")";
        if (from.limit >= 0) made += ".limit(" + std::to_string(from.limit) + ")";
        if (from.offset != 0) made += ".offset(" + std::to_string(from.offset) + ")";
        return made;
    }

    /// What a query is asked by a member function, `count_by(path<double>("a"))`.
    /// @param changes  of a patch
    static std::string asked(const CaseQuery& from, const std::string& changes) {
        static constexpr std::array<std::string_view, asks> names{"all",
                                                                  "first",
                                                                  "one",
                                                                  "find",
                                                                  "read",
                                                                  "read_all",
                                                                  "ids",
                                                                  "count",
                                                                  "exists",
                                                                  "count_by",
                                                                  "sum",
                                                                  "avg",
                                                                  "min",
                                                                  "max",
                                                                  "template select<Excerpt>",
                                                                  "template select<ModelPart>",
                                                                  "for_each",
                                                                  "page",
                                                                  "page",
                                                                  "page",
                                                                  "page",
                                                                  "page",
                                                                  "patch",
                                                                  "patch_documents",
                                                                  "remove"};
        const bool is_total = from.ask >= Ask::count_by && from.ask <= Ask::max;
        return std::string{names.at(static_cast<std::size_t>(from.ask))} + "(" +
               (is_total ? Printed::field(from.of) : changes) + ")";
    }

private:
    static std::string filter(const CaseFilter& from) {
        const std::string field = Printed::field(from.field);
        const FieldType type = from.field.type;
        switch (from.kind) {
            case Kind::everything:
                return "Filter<json>{}";
            case Kind::in:
                return field + ".in(" + Printed::value(from.literal, vector_of(type)) + ")";
            case Kind::between:
                return field + ".between(" + Printed::value(from.literal.at(0), name_of(type)) + ", " +
                       Printed::value(from.literal.at(1), name_of(type)) + ")";
            case Kind::starts_with:
                return field + ".starts_with(" + Printed::value(from.literal, "std::string") + ")";
            case Kind::contains:
                return field + ".contains(" + Printed::value(from.literal, name_of(held_by(type))) + ")";
            case Kind::contains_key:
                return field + ".contains_key(" + Printed::value(from.literal, "std::string") + ")";
            case Kind::contains_value:
                return field + ".contains_value(" + Printed::value(from.literal, name_of(held_by(type))) + ")";
            case Kind::any:
                return field + ".any(" + filter(from.parts.at(0)) + ")";
            case Kind::is_null:
                return field + ".is_null()";
            case Kind::version_equal:
                return "version_field == " + version(from);
            case Kind::version_not_equal:
                return version(from) + " != version_field";
            case Kind::version_in:
                return "version_field.in({" + version(from) + ", seen.newest(), " + version(from) + "})";
            case Kind::negation:
                return "!(" + filter(from.parts.at(0)) + ")";
            case Kind::all_of:
            case Kind::any_of:
                return chain(from);
            default:
                return comparison(from);
        }
    }

    static std::string chain(const CaseFilter& from) {
        std::string made;
        for (const CaseFilter& part : from.parts) {
            made += (made.empty() ? "(" : from.kind == Kind::all_of ? ") && (" : ") || (") + filter(part);
        }
        return made + ")";
    }

    static std::string comparison(const CaseFilter& from) {
        static constexpr std::array<std::string_view, 7> signs{"", " == ", " != ", " < ", " <= ", " > ", " >= "};
        std::string left = Printed::field(from.field);
        std::string right =
            from.other ? Printed::field(*from.other) : Printed::value(from.literal, name_of(from.field.type));
        if (!from.other && from.literal_is_first) std::swap(left, right);
        return left + std::string{signs.at(static_cast<std::size_t>(from.kind))} + right;
    }

    static std::string vector_of(FieldType type) { return "std::vector<" + std::string{name_of(type)} + ">"; }

    static std::string version(const CaseFilter& from) {
        return from.version < 0 ? "seen.newest()" : "seen.version(" + std::to_string(from.version) + ")";
    }
};

}  // namespace differential

#endif
