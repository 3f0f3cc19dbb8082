// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_HOOKS_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_HOOKS_HPP

#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/json/raw_json.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace gridone::storage::inline v0::detail {

struct NoHook {};

/// The names of the hooks, below every backend: a derived class that declares a hook hides the name here, whatever the
/// access and signature of its own, so a hook that could not be called is noticed instead of ignored.
struct HookNames {
    static NoHook serialize(NoHook) { return {}; }
    static NoHook deserialize(NoHook) { return {}; }
};

/// For hooks in a plain struct: a name found in both bases is ambiguous, again before access is looked at.
template <class H>
struct HookProbe : H, HookNames {};

template <class H>
concept KeepsSerializeName = requires {
    { H::serialize(NoHook{}) } -> std::same_as<NoHook>;
};
template <class H>
concept KeepsDeserializeName = requires {
    { H::deserialize(NoHook{}) } -> std::same_as<NoHook>;
};

/// Accepts what takes a json and nothing that a json merely converts to, such as a string.
struct OnlyJson {
    operator const nlohmann::json&() const;  // NOLINT(google-explicit-constructor): the conversion is its purpose
};

template <class H, class M>
concept CallableSerialize = requires(const H& hooks, const M& value) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.serialize(value))>, nlohmann::json>;
};
template <class H, class M>
concept CallableDeserialize = requires(const H& hooks, const OnlyJson& document) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.deserialize(document))>, M>;
};
template <class H, class M>
concept CallableDeserializeWithId = requires(const H& hooks, const OnlyJson& document, std::string_view id) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.deserialize(document, id))>, M>;
};

/// Accepts what takes a RawJsonView.
struct OnlyRawJson {
    operator RawJsonView() const;  // NOLINT(google-explicit-constructor): the conversion is its purpose
};

template <class H, class M>
concept CallableRawSerialize = requires(const H& hooks, const M& value) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.serialize(value))>, RawJson>;
};
template <class H, class M>
concept CallableRawDeserialize = requires(const H& hooks, const OnlyRawJson& document) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.deserialize(document))>, M>;
};
template <class H, class M>
concept CallableRawDeserializeWithId = requires(const H& hooks, const OnlyRawJson& document, std::string_view id) {
    requires std::same_as<std::remove_cvref_t<decltype(hooks.deserialize(document, id))>, M>;
};

/// Which hooks `H` declares. `H` is void, a class derived from a backend, or a plain struct.
template <class H>
consteval bool declares_serialize() {
    if constexpr (std::is_void_v<H>) {
        return false;
    } else if constexpr (std::derived_from<H, HookNames>) {
        return !KeepsSerializeName<H>;
    } else {
        return !KeepsSerializeName<HookProbe<H>>;
    }
}
template <class H>
consteval bool declares_deserialize() {
    if constexpr (std::is_void_v<H>) {
        return false;
    } else if constexpr (std::derived_from<H, HookNames>) {
        return !KeepsDeserializeName<H>;
    } else {
        return !KeepsDeserializeName<HookProbe<H>>;
    }
}

/// Whether M is written or read as text.
template <class M, class H>
consteval bool writes_raw() {
    if constexpr (declares_serialize<H>()) return CallableRawSerialize<H, M>;
    return std::same_as<M, RawJson>;
}
template <class M, class H>
consteval bool reads_raw() {
    if constexpr (declares_deserialize<H>()) {
        return CallableRawDeserialize<H, M> || CallableRawDeserializeWithId<H, M>;
    }
    return std::same_as<M, RawJson>;
}

/// Stops with one sentence where values of M itself cannot be stored and read back unchanged.
template <class M>
constexpr void check_model() {
    static_assert(part_fault<M> != ValueFault::view,
                  "gridone::storage: a model must own its data: std::string instead of std::string_view");
    static_assert(part_fault<M> != ValueFault::wide_float && part_fault<M> != ValueFault::wide_integer,
                  "gridone::storage: a model must not hold numbers wider than double or 64 bits: use std::string");
    static_assert(part_fault<M> != ValueFault::optional_twice,
                  "gridone::storage: a model must not hold an optional of an optional, since null is stored for both");
}

/// Stops with one sentence where `M` and its hooks do not fit. Called where the hooks are complete.
template <class M, class H>
constexpr void check_hooks() {
    if constexpr (!std::is_void_v<H>) {
        static_assert(std::derived_from<H, HookNames> || !std::is_final_v<H>,
                      "gridone::storage: a struct of hooks must not be final, or a hook that cannot be called would go "
                      "unnoticed");
        static_assert(std::derived_from<H, HookNames> || std::is_default_constructible_v<H>,
                      "gridone::storage: a struct of hooks must be default-constructible");
    }
    if constexpr (declares_serialize<H>()) {
        static_assert(CallableSerialize<H, M> || CallableRawSerialize<H, M>,
                      "gridone::storage: the serialize hook must be public and const, take (const M&) and return "
                      "nlohmann::json or RawJson");
    } else {
        check_model<M>();
        static_assert(
            std::is_constructible_v<nlohmann::json, const M&>,
            "gridone::storage: M cannot be written: give it json_members or nlohmann's to_json, or the storage "
            "a serialize hook");
    }
    if constexpr (declares_deserialize<H>()) {
        static_assert(
            CallableDeserialize<H, M> || CallableDeserializeWithId<H, M> || CallableRawDeserialize<H, M> ||
                CallableRawDeserializeWithId<H, M>,
            "gridone::storage: the deserialize hook must be public and const, take (const nlohmann::json&) or "
            "(RawJsonView), and after it std::string_view id or nothing, and return M");
    } else if constexpr (ListsJsonMembers<M>) {
        static_assert(
            requires { M{}; },
            "gridone::storage: a model that lists its members must be default-constructible to be read, or "
            "the storage requires a deserialize hook");
    } else {
        static_assert(
            requires(const nlohmann::json& document) { document.template get<M>(); },
            "gridone::storage: M cannot be read: give it json_members or nlohmann's from_json, or the storage a "
            "deserialize hook");
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
