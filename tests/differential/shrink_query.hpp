// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHRINK_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHRINK_QUERY_HPP

#include "differential/case_query.hpp"

#include <cstddef>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace differential {

/// What is smaller than a part of a query, the smallest first.
class SmallerQuery {
    using Kind = CaseFilter::Kind;

public:
    static std::vector<CaseFilter> filters(const CaseFilter& from) {
        std::vector<CaseFilter> smaller;
        const bool is_chain = from.kind == Kind::all_of || from.kind == Kind::any_of || from.kind == Kind::negation;
        if (is_chain) smaller = from.parts;
        for (std::size_t part = 0; part < from.parts.size(); ++part) {
            if (is_chain && from.parts.size() > 2) {
                CaseFilter shorter = from;
                shorter.parts.erase(std::next(shorter.parts.begin(), static_cast<std::ptrdiff_t>(part)));
                smaller.push_back(std::move(shorter));
            }
            for (CaseFilter& each : filters(from.parts[part])) {
                CaseFilter simpler = from;
                simpler.parts[part] = std::move(each);
                smaller.push_back(std::move(simpler));
            }
        }
        if (from.kind == Kind::in && !from.literal.empty()) {
            CaseFilter shorter = from;
            shorter.literal.erase(shorter.literal.size() - 1);
            smaller.push_back(std::move(shorter));
        }
        for (json& literal : values(from.literal)) {
            CaseFilter simpler = from;
            simpler.literal = std::move(literal);
            smaller.push_back(std::move(simpler));
        }
        if (from.version > 0) {
            smaller.push_back(from);
            --smaller.back().version;
        }
        for (CaseField& field : fields(from.field)) {
            smaller.push_back(from);
            smaller.back().field = std::move(field);
        }
        return smaller;
    }

    static std::vector<CaseField> fields(const CaseField& from) {
        std::vector<CaseField> smaller;
        if (from.keys.size() > 1) {
            for (const std::string& key : {from.keys.front(), from.keys.back()}) {
                smaller.push_back(from);
                smaller.back().keys = {key};
            }
        }
        for (std::size_t key = 0; key < from.keys.size(); ++key) {
            if (from.keys[key] == "a") continue;
            smaller.push_back(from);
            smaller.back().keys[key] = "a";
        }
        return smaller;
    }

private:
    /// Simpler values of the same type.
    static std::vector<json> values(const json& from) {
        if (from.is_number() && from != 0) {
            if (from == 1) return {json(0)};
            return {json(0), json(1)};
        }
        const bool is_time = from.is_string() && from.get_ref<const std::string&>().size() > 15;
        if (from.is_string() && !is_time && from != "") {
            if (from == "a") return {json("")};
            return {json(""), json("a")};
        }
        return {};
    }
};

}  // namespace differential

#endif
