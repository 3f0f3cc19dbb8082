// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_NUMBER_TEXT_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_NUMBER_TEXT_HPP

#include <gridone/storage/core/json/detail/json_scanner.hpp>

#include <span>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// Goes past the value that comes next. Pre: the text is well-formed.
inline void skip_value(JsonScanner& scanner) {
    std::string ignored;
    int depth = 0;
    do {
        scanner.skip_space();
        if (scanner.take("{") || scanner.take("[")) {
            ++depth;
        } else if (scanner.take("}") || scanner.take("]")) {
            --depth;
        } else if (scanner.peek() == '"') {
            (void)scanner.string(ignored);
        } else if (!scanner.take(",") && !scanner.take(":") && !scanner.take("true") && !scanner.take("false") &&
                   !scanner.take("null") && scanner.number().empty()) {
            return;
        }
    } while (depth > 0);
}

/// The number under these keys with all the digits that it is written with, which a double may not have; empty if
/// there is none. Pre: the text is well-formed.
inline std::string_view number_text(std::string_view json_text, std::span<const std::string> keys) {
    JsonScanner scanner{json_text};
    std::string name;
    for (const std::string& key : keys) {
        scanner.skip_space();
        if (!scanner.take("{")) return {};
        for (bool is_there = false; !is_there;) {
            scanner.skip_space();
            if (!scanner.string(name).empty()) return {};
            is_there = name == key;
            scanner.skip_space();
            if (!scanner.take(":")) return {};
            if (is_there) break;
            skip_value(scanner);
            scanner.skip_space();
            if (!scanner.take(",")) return {};
        }
    }
    scanner.skip_space();
    return scanner.number();
}

}  // namespace gridone::storage::inline v0::detail

#endif
