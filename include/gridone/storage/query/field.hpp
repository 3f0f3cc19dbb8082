// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_FIELD_HPP
#define GRIDONE_STORAGE_QUERY_FIELD_HPP

#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/changeable.hpp>
#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/comparison_operators.hpp>
#include <gridone/storage/query/detail/literal.hpp>

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// A member of a model, or a member of a member, as a value: `constexpr auto host = field<&Device::config,
/// &Config::host>`. M is the model, T the type of the member. Its keys are the members' names; see `field_name`.
template <class M, class T>
class Field : public detail::Changeable<Field<M, T>, M, T>, public detail::Comparable<Field<M, T>, M, T> {
public:
    using model_type = M;
    using value_type = T;

    using detail::Changeable<Field, M, T>::operator=;

    explicit constexpr Field(std::span<const std::string_view> keys) noexcept : keys_{keys} {}

    /// The keys on the way from the document's root.
    [[nodiscard]] constexpr std::span<const std::string_view> keys() const noexcept { return keys_; }

private:
    std::span<const std::string_view> keys_;  // of an array that lives as long as the program
};

/// A field that no struct has, of any model: `path<double>("config", "setpoint")`.
template <class T>
class Path : public detail::Changeable<Path<T>, AnyModel, T>, public detail::Comparable<Path<T>, AnyModel, T> {
public:
    using model_type = AnyModel;
    using value_type = T;

    using detail::Changeable<Path, AnyModel, T>::operator=;

    explicit Path(std::vector<std::string> keys) : keys_{std::move(keys)} {}

    // A move copies: what was moved from stays usable.
    Path(const Path&) = default;
    Path& operator=(const Path&) = default;
    ~Path() = default;

    [[nodiscard]] const std::vector<std::string>& keys() const noexcept { return keys_; }

private:
    std::vector<std::string> keys_;
};

namespace detail {
/// What a field cannot be of, since JSON does not keep its digits: long double, integers of more than 64 bits.
template <class T>
concept WiderThanJson = part_fault<T> == ValueFault::wide_float || part_fault<T> == ValueFault::wide_integer;
}  // namespace detail

/// The field of these keys, of type T in JSON.
template <class T, std::convertible_to<std::string_view>... Keys>
    requires(sizeof...(Keys) > 0)
[[nodiscard]] Path<T> path(const Keys&... keys) {
    static_assert(
        !detail::WiderThanJson<T>,
        "gridone::storage: a field must not be wider than double or 64 bits: use std::string for more digits");
    return Path<T>{std::vector<std::string>{std::string{std::string_view{keys}}...}};
}
template <class T>
void path() = delete;  // gridone::storage: a path has at least one key

namespace detail {

template <class MemberPointer>
struct MemberOf;
template <class T, class M>
struct MemberOf<T M::*> {
    using model = M;
    using type = std::remove_cv_t<T>;
};

/// Whether each member belongs to what the one before it holds.
template <class Outer, class... Rest>
struct MembersFit {
    using type = typename MemberOf<Outer>::type;
    static constexpr bool value = true;
};
template <class Outer, class Inner, class... Rest>
struct MembersFit<Outer, Inner, Rest...> {
    using type = typename MembersFit<Inner, Rest...>::type;
    static constexpr bool value =
        std::derived_from<Held<typename MemberOf<Outer>::type>, typename MemberOf<Inner>::model> &&
        MembersFit<Inner, Rest...>::value;
};

template <auto... Members>
inline constexpr std::array<std::string_view, sizeof...(Members)> field_keys{field_name<Members>...};

template <auto Member, auto... Listed>
consteval bool is_listed() {
    const auto is_member = []<class Other>(Other other) {
        if constexpr (requires { other == Member; }) {
            return other == Member;
        } else {
            return false;
        }
    };
    return (is_member(Listed) || ...);
}
template <auto Member, template <auto...> class List, auto... Listed>
consteval bool is_in_list(List<Listed...>* /*list*/) {
    return is_listed<Member, Listed...>();
}

/// Stops with one sentence where the model of a member has a list without it; compilers show the member's name. In a
/// model that is not complete yet the list is not known.
template <auto Member>
consteval bool check_listed() {
    using Model = typename MemberOf<decltype(Member)>::model;
    if constexpr (requires { sizeof(Model); }) {
        if constexpr (ListsJsonMembers<Model>) {
            static_assert(is_in_list<Member>(static_cast<typename JsonMembersOf<Model>::type*>(nullptr)),
                          "gridone::storage: a field requires a member that its model lists in json_members, or no "
                          "document has it: list it, or name a key that hooks write with path<T>(key)");
        }
    }
    return true;
}

template <auto First, auto... Rest>
consteval auto field_of() {
    if constexpr (std::is_member_object_pointer_v<decltype(First)> &&
                  (std::is_member_object_pointer_v<decltype(Rest)> && ...)) {
        using Fit = MembersFit<decltype(First), decltype(Rest)...>;
        static_assert(Fit::value, "gridone::storage: each member of a field must belong to what the one before it is");
        static_assert(check_listed<First>() && (check_listed<Rest>() && ...));
        static_assert(!WiderThanJson<typename Fit::type>,
                      "gridone::storage: a field must not be wider than double or 64 bits: use std::string for more "
                      "digits");
        return Field<typename MemberOf<decltype(First)>::model, typename Fit::type>{field_keys<First, Rest...>};
    } else {
        static_assert(sizeof...(Rest) > sizeof...(Rest) + 1,  // never
                      "gridone::storage: a field is made of pointers to data members: field<&Device::site>");
    }
}

}  // namespace detail

/// The field of a member: `field<&Device::site>`; of a member's member: `field<&Device::config, &Config::host>`, where
/// `config` may be optional. A member that M inherits is a field of M as well. A model that lists its members must list
/// this one; its `JsonMembersOf`, if it has one, comes before its fields.
template <auto... Members>
    requires(sizeof...(Members) > 0)
inline constexpr auto field = detail::field_of<Members...>();

/// The element itself, in a filter for `any`: `device::tags.any(element<std::string>.starts_with("x"))`.
template <class T>
class Element : public detail::Comparable<Element<T>, AnyModel, T> {
public:
    using model_type = AnyModel;
    using value_type = T;

    constexpr Element() = default;

    [[nodiscard]] static constexpr std::span<const std::string_view> keys() noexcept { return {}; }
};
template <class T>
inline constexpr Element<T> element{};

/// The id of the document, which is no member of the model.
class IdField : public detail::Comparable<IdField, AnyModel, std::string> {
public:
    using model_type = AnyModel;
    using value_type = std::string;

    constexpr IdField() = default;

    friend detail::FieldPlace place_of(const IdField& /*field*/) { return {.source = detail::FieldSource::id}; }
};
inline constexpr IdField id_field{};

/// The version of the document, which is no member of the model.
class VersionField : public detail::Comparable<VersionField, AnyModel, Version> {
public:
    using model_type = AnyModel;
    using value_type = Version;

    constexpr VersionField() = default;

    friend detail::FieldPlace place_of(const VersionField& /*field*/) {
        return {.kind = detail::ValueKind::number, .source = detail::FieldSource::version};
    }
};
inline constexpr VersionField version_field{};

/// When the document was stored first or last, which is no member of the model: of tables `with_timestamps`.
template <detail::FieldSource Source>
class TimestampField : public detail::Comparable<TimestampField<Source>, AnyModel, Timestamp> {
public:
    using model_type = AnyModel;
    using value_type = Timestamp;

    constexpr TimestampField() = default;

    friend detail::FieldPlace place_of(const TimestampField& /*field*/) {
        return {.kind = detail::ValueKind::time, .source = Source};
    }
};
inline constexpr TimestampField<detail::FieldSource::created_at> created_at_field{};
inline constexpr TimestampField<detail::FieldSource::updated_at> updated_at_field{};

}  // namespace gridone::storage::inline v0

#endif
