// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_KEY_ORDER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_KEY_ORDER_HPP

#include <string_view>

namespace gridone::storage::inline v0::detail {

/// The order in which jsonb keeps keys: the shorter first, equal lengths by bytes.
[[nodiscard]] constexpr bool jsonb_key_less(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace gridone::storage::inline v0::detail

#endif
