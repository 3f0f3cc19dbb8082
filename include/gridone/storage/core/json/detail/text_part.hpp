// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_TEXT_PART_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_TEXT_PART_HPP

#include <gridone/storage/core/json/detail/json_scanner.hpp>
#include <gridone/storage/core/json/detail/number_text.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The document, if it is an object, with nothing but these keys, each as it is written. Pre: the text is well-formed.
inline std::string text_part(const std::string& text, const std::vector<std::string>& keys) {
    JsonScanner scanner{text};
    scanner.skip_space();
    if (!scanner.take("{")) return text;
    std::string part;
    std::string key;
    do {
        scanner.skip_space();
        const std::string_view begin = scanner.rest();
        if (!scanner.string(key).empty()) break;
        scanner.skip_space();
        (void)scanner.take(":");
        skip_value(scanner);
        if (std::ranges::find(keys, key) != keys.end()) {
            part.append(part.empty() ? "{" : ",").append(begin.substr(0, begin.size() - scanner.rest().size()));
        }
        scanner.skip_space();
    } while (scanner.take(","));
    return part.empty() ? "{}" : part + "}";
}

}  // namespace gridone::storage::inline v0::detail

#endif
