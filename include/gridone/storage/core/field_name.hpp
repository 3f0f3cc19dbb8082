// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_FIELD_NAME_HPP
#define GRIDONE_STORAGE_CORE_FIELD_NAME_HPP

#include <string_view>

namespace gridone::storage::inline v0 {

namespace detail {

template <auto Member>
consteval auto member_signature() {
    return std::string_view{__PRETTY_FUNCTION__};
}

/// The member's own name, out of the compiler's text: what is behind the last :: of `… Member = &Device::site]`.
template <auto Member>
consteval std::string_view member_name() {
    std::string_view text = member_signature<Member>();
    while (text.ends_with(']') || text.ends_with(')') || text.ends_with(' ')) text.remove_suffix(1);
    return text.substr(text.rfind(':') + 1);
}

}  // namespace detail

/// The JSON key of a member: its name. To call it something else, as `serialize` does, before a field is made of it:
/// `template <> inline constexpr std::string_view gridone::storage::field_name<&Device::site_> = "site";`
template <auto Member>
inline constexpr std::string_view field_name = detail::member_name<Member>();

}  // namespace gridone::storage::inline v0

#endif
