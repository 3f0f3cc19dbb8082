// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_EXPECT_FIELDS_HPP
#define GRIDONE_STORAGE_TESTING_EXPECT_FIELDS_HPP

#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/literal.hpp>
#include <gridone/storage/query/detail/operations/storage_parts.hpp>
#include <gridone/storage/testing/conformance_failure.hpp>
#include <gridone/storage/testing/detail/json_kind.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace gridone::storage::inline v0::testing {

namespace detail {

template <class F>
concept IsField = requires(const F& field) {
    field.keys();
    typename F::model_type;
    typename F::value_type;
};

/// What is wrong with a field in what `serialize` gave; empty if nothing is.
template <IsField F>
std::string field_fault(const nlohmann::json& document, const F& field) {
    using Type = typename F::value_type;
    constexpr bool may_be_null = storage::detail::IsOptional<Type> || storage::detail::is_any_json<Type>;
    const nlohmann::json* value = &document;
    std::string pointer;
    for (const std::string_view key : field.keys()) {
        if (value->is_null() && !pointer.empty()) return {};  // an optional that holds nothing
        if (!value->is_object()) {
            return (pointer.empty() ? "the document" : pointer) + " is no object, but " + value->type_name();
        }
        storage::detail::append_pointer_token(pointer, key);
        const auto found = value->find(std::string{key});
        if (found == value->end()) return storage::detail::IsOptional<Type> ? "" : pointer + " is missing";
        value = &*found;
    }
    if (value->is_null()) return may_be_null ? "" : pointer + " is null, though the member is not optional";
    const std::string_view expected = json_kind<storage::detail::Held<Type>>();
    if (expected.empty() || expected == value->type_name()) return {};
    return pointer + " is of the kind " + value->type_name() + ", where the field's type is written as " +
           std::string{expected};
}

template <class M, class... Fields>
void expect_fields_in(const nlohmann::json& document, const Fields&... fields) {
    static_assert((storage::detail::FieldModel<typename Fields::model_type, M> && ...),
                  "gridone::storage: expect_fields takes fields of the sample's type");
    std::string faults;
    for (const std::string& fault : {field_fault(document, fields)...}) {
        if (!fault.empty()) faults += (faults.empty() ? "" : "; ") + fault;
    }
    if (!faults.empty()) throw ConformanceFailure{"fields that are not what serialize gives: " + faults};
}

template <class HooksObject>
using HooksOf = std::conditional_t<std::same_as<HooksObject, storage::detail::NoHooks>, void, HooksObject>;

}  // namespace detail

/// For the tests of a program: every field that it names is found in what is stored for the sample, in the JSON kind
/// that the field's type has. A member that was renamed on one side alone would make queries find nothing, and a patch
/// change what nobody reads.
///
///     expect_fields<Device>(sample, device::site, device::host);                // as nlohmann's to_json writes it
///     expect_fields<Device, DeviceCodec>(sample, device::site, device::host);   // as a struct of hooks does
///
/// @param sample  with something in each of its optional members: of those that are empty nothing can be seen. An
///                optional field that is null or missing passes, and so does every field below a null.
/// @throws ConformanceFailure  with the JSON pointers of the fields that are not found, or of another kind.
template <class M, class Hooks = void, detail::IsField... Fields>
    requires(sizeof...(Fields) > 0)
void expect_fields(const M& sample, const Fields&... fields) {
    storage::detail::check_hooks<M, Hooks>();
    if constexpr (std::is_void_v<Hooks>) {
        detail::expect_fields_in<M>(storage::detail::to_document<M, void>(storage::detail::NoHooks{}, sample),
                                    fields...);
    } else {
        detail::expect_fields_in<M>(storage::detail::to_document<M, Hooks>(Hooks{}, sample), fields...);
    }
}

/// The same as this storage writes it, whatever its hooks: `expect_fields(storage, sample, device::site)`.
template <std::derived_from<storage::detail::HookNames> Storage, class M, detail::IsField... Fields>
    requires(sizeof...(Fields) > 0)
void expect_fields(const Storage& storage, const M& sample, const Fields&... fields) {
    const auto& hooks = storage::detail::StorageAccess::hooks(storage);
    using Hooks = detail::HooksOf<std::remove_cvref_t<decltype(hooks)>>;
    storage::detail::check_hooks<M, Hooks>();
    detail::expect_fields_in<M>(storage::detail::to_document<M, Hooks>(hooks, sample), fields...);
}

}  // namespace gridone::storage::inline v0::testing

#endif
