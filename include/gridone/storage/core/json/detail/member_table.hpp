// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_MEMBER_TABLE_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_MEMBER_TABLE_HPP

#include <gridone/storage/core/detail/utf8.hpp>
#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/detail/key_order.hpp>
#include <gridone/storage/core/json/json_members.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What stands before the value of a member that is not the first: `, "name": `.
template <auto Member>
consteval auto member_label() {
    constexpr std::string_view name = field_name<Member>;
    std::array<char, name.size() + 6> label{',', ' ', '"'};
    std::copy(name.begin(), name.end(), label.begin() + 3);
    std::copy_n("\": ", 3, label.end() - 3);
    return label;
}
template <auto Member>
inline constexpr auto label_text = member_label<Member>();

[[nodiscard]] constexpr bool is_plain_key(std::string_view key) noexcept {
    while (!key.empty()) {
        const auto length = utf8_sequence(key);
        if (length == 0 ||
            (length == 1 && (static_cast<unsigned char>(key[0]) < 0x20 || key[0] == '"' || key[0] == '\\')))
            return false;
        key.remove_prefix(length);
    }
    return true;
}

/// The listed members of a model in the order in which jsonb keeps their keys.
template <class M, class List>
struct MemberTable;

template <class M, auto Member>
concept MemberOfModel = std::is_member_object_pointer_v<decltype(Member)> && requires(M& model) { model.*Member; };

template <class M, bool missing_is_default, auto... Members>
struct ListedMembers {
    static_assert((MemberOfModel<M, Members> && ...),
                  "gridone::storage: what a model lists must be pointers to its own data members");
    static_assert((check_member<Members>(Members) && ...));

    static constexpr std::size_t count = sizeof...(Members);
    static constexpr bool has_defaults = missing_is_default;
    static constexpr std::tuple pointers{Members...};

    static constexpr std::array<std::size_t, count> order = [] {
        constexpr std::array<std::string_view, count> names{field_name<Members>...};
        std::array<std::size_t, count> result{};
        for (std::size_t i = 0; i < count; ++i) result[i] = i;
        std::sort(result.begin(), result.end(), [&](auto a, auto b) { return jsonb_key_less(names[a], names[b]); });
        return result;
    }();

    static constexpr auto in_order(const std::array<std::string_view, count>& texts) {
        std::array<std::string_view, count> result{};
        for (std::size_t i = 0; i < count; ++i) result[i] = texts[order[i]];
        return result;
    }
    static constexpr std::array<std::string_view, count> keys = in_order({field_name<Members>...});
    static constexpr std::array<std::string_view, count> labels =
        in_order({std::string_view{label_text<Members>.data(), label_text<Members>.size()}...});
    /// The same without the comma.
    static constexpr std::string_view first_label(std::size_t which) noexcept { return labels[which].substr(2); }

    static_assert((is_plain_key(field_name<Members>) && ...),
                  "gridone::storage: a key that JSON must escape cannot be listed; write hooks for this model");
    static_assert(std::adjacent_find(keys.begin(), keys.end()) == keys.end(),
                  "gridone::storage: two listed members have the same key");

    /// f(the pointer to the `which`th member)
    template <class F>
    static void visit(std::size_t which, F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((I == which && (f(std::get<order[I]>(pointers)), true)) || ...);
        }(std::make_index_sequence<count>{});
    }
    /// f(which, the pointer to it) for each, in order, until one gives false.
    template <class F>
    static void each_while(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)(f(I, std::get<order[I]>(pointers)) && ...);
        }(std::make_index_sequence<count>{});
    }
    /// f(which, the pointer to it) for each, in order.
    template <class F>
    static void each(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (f(I, std::get<order[I]>(pointers)), ...);
        }(std::make_index_sequence<count>{});
    }
};

template <class M, auto... Members>
struct MemberTable<M, JsonMembers<Members...>> : ListedMembers<M, false, Members...> {};
template <class M, auto... Members>
struct MemberTable<M, JsonMembersWithDefaults<Members...>> : ListedMembers<M, true, Members...> {};

template <class M>
using MembersOf = MemberTable<M, typename JsonMembersOf<M>::type>;

}  // namespace gridone::storage::inline v0::detail

#endif
