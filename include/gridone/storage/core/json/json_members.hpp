// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_JSON_MEMBERS_HPP
#define GRIDONE_STORAGE_CORE_JSON_JSON_MEMBERS_HPP

#include <type_traits>

namespace gridone::storage::inline v0 {

/// What of a model is in its documents, listed in the model; then it needs no `to_json` and no `from_json` (if it has
/// them, the list counts), and is written and read several times as fast, without a tree:
///
///     struct Device {
///         std::string name;
///         std::optional<std::string> site;
///         std::vector<std::string> tags;
///         using json_members = gridone::storage::JsonMembers<&Device::name, &Device::site, &Device::tags>;
///     };
///
/// The keys are the members' names, or what `field_name` says. Members are of any type that nlohmann converts; booleans,
/// numbers, text, `Timestamp`, `nlohmann::json`, models that list their members, and `std::optional`, vectors and maps
/// of all these go without a tree. Members that would refer to freed memory after a read (`std::string_view`, pointers,
/// spans) or lose digits (`long double`, integers of more than 64 bits) do not compile. Reading is strict: a missing key,
/// another kind of value and a number that the member's type does not hold are a `DecodeError` with the JSON pointer; 3.0
/// is an integer (up to 2^53), 3.5 is none. So is a value of a type that nlohmann converts, such as an enum, if its
/// `to_json` does not write what was stored. Of an optional
/// member nothing is written as null, and null and a missing key are read as nothing. Unknown keys are passed over, and
/// are gone when the model is written again. A struct that inherits a list and has none of its own lists nothing.
template <auto... Members>
struct JsonMembers;

/// The same, but where a key is missing the member stays as a new model has it: for members that came later.
template <auto... Members>
struct JsonMembersWithDefaults;

namespace detail {

template <class M, class T, class Owner>
consteval bool owns_member(T Owner::*) {
    return std::is_same_v<M, Owner>;
}
template <class M, auto... Members>
consteval bool owns_list(JsonMembers<Members...>*) {
    return (owns_member<M>(Members) || ...);
}
template <class M, auto... Members>
consteval bool owns_list(JsonMembersWithDefaults<Members...>*) {
    return (owns_member<M>(Members) || ...);
}

}  // namespace detail

/// The list of a struct that has none itself, because it cannot be changed:
/// `template <> struct gridone::storage::JsonMembersOf<Device> { using type = JsonMembers<&Device::name>; };`
template <class M>
struct JsonMembersOf {};
template <class M>
    requires(detail::owns_list<M>(static_cast<typename M::json_members*>(nullptr)))
struct JsonMembersOf<M> {
    using type = typename M::json_members;
};

/// Whether M lists its members.
template <class M>
concept ListsJsonMembers = requires { typename JsonMembersOf<std::remove_cv_t<M>>::type; };

}  // namespace gridone::storage::inline v0

#endif
