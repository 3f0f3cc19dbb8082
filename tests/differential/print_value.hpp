// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_VALUE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_PRINT_VALUE_HPP

#include "differential/case_query.hpp"
#include "differential/field_type.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace differential {

/// Values as C++ expressions.
class Printed {
public:
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

    /// One of this type.
    static std::string value(const json& from, std::string_view type) {
        return value(from) + (type == "json" ? "" : ".get<" + std::string{type} + ">()");
    }

    static std::string keys(const Keys& all) {
        std::string out;
        for (const std::string& key : all) out += (out.empty() ? "" : ", ") + literal(key);
        return out;
    }

    static std::string field(const CaseField& from) {
        if (from.is_id) return "id_field";
        const std::string type{name_of(from.type)};
        return from.keys.empty() ? "element<" + type + ">" : "path<" + type + ">(" + keys(from.keys) + ")";
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
};

}  // namespace differential

#endif
