// SPDX-License-Identifier: MIT

#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

struct Listed {
    int size = 0;
    int weight = 0;
};
struct Stranger {
    int height = 0;
};

struct Unknown {};
struct WithoutDefault {
#ifdef GRIDONE_CONTROL
    WithoutDefault() = default;
#endif
    explicit WithoutDefault(int given) : size{given} {}
    int size = 0;
    using json_members = gs::JsonMembers<&WithoutDefault::size>;
};

// A model with one member: of the type that is refused or, in the control, of the one that the sentence names.
template <class Refused, class Control>
struct Holder {
#ifdef GRIDONE_CONTROL
    Control member{};
#else
    Refused member{};
#endif
    using json_members = gs::JsonMembers<&Holder::member>;
};

struct Twice : Listed {
    int own = 0;
#ifdef GRIDONE_CONTROL
    using json_members = gs::JsonMembers<&Twice::own, &Listed::size>;
#else
    using json_members = gs::JsonMembers<&Twice::own, &Listed::size, &Listed::size>;
#endif
};
struct Foreign {
    int own = 0;
#ifdef GRIDONE_CONTROL
    using json_members = gs::JsonMembers<&Foreign::own>;
#else
    using json_members = gs::JsonMembers<&Foreign::own, &Stranger::height>;
#endif
};
struct Quoted {
    int own = 0;
    using json_members = gs::JsonMembers<&Quoted::own>;
};
template <>
#ifdef GRIDONE_CONTROL
inline constexpr std::string_view gs::field_name<&Quoted::own> = "l'\u00e9t\u00e9";
#else
inline constexpr std::string_view gs::field_name<&Quoted::own> = "\"own\"";
#endif

// expect: gridone::storage: two listed members have the same key
void listed_twice() {
    gs::MemoryStorageBackend<Twice>{}.write("a", {});
}

// expect: gridone::storage: what a model lists must be pointers to its own data members
void listed_of_another() {
    gs::MemoryStorageBackend<Foreign>{}.write("a", {});
}

// expect: gridone::storage: a key that JSON must escape cannot be listed; write hooks for this model
void key_to_escape() {
    gs::MemoryStorageBackend<Quoted>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void text_view() {
    gs::MemoryStorageBackend<Holder<std::string_view, std::string>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void text_views_in_container() {
    gs::MemoryStorageBackend<Holder<std::vector<std::string_view>, std::vector<std::string>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void optional_text_view() {
    gs::MemoryStorageBackend<Holder<std::optional<std::string_view>, std::optional<std::string>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void text_view_as_key() {
    gs::MemoryStorageBackend<Holder<std::map<std::string_view, int>, std::map<std::string, int>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void text_view_in_pair() {
    gs::MemoryStorageBackend<Holder<std::pair<int, std::string_view>, std::pair<int, std::string>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void pointer_to_text() {
    gs::MemoryStorageBackend<Holder<const char*, std::string>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void span_of_numbers() {
    gs::MemoryStorageBackend<Holder<std::span<const int>, std::vector<int>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must own its data: std::string instead of std::string_view
void references_in_map() {
    gs::MemoryStorageBackend<
        Holder<std::map<std::string, std::reference_wrapper<const std::string>>, std::map<std::string, std::string>>>{}
        .write("a", {});
}

// expect: gridone::storage: a listed member must not be wider than double
void wide_float() {
    gs::MemoryStorageBackend<Holder<long double, double>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must not be wider than double
void wide_floats() {
    gs::MemoryStorageBackend<Holder<std::vector<long double>, std::vector<double>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must not be an optional of an optional
void optional_of_optional() {
    gs::MemoryStorageBackend<Holder<std::optional<std::optional<int>>, std::optional<int>>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must not be const
void const_member() {
    gs::MemoryStorageBackend<Holder<const int, int>>{}.write("a", {});
}

// expect: gridone::storage: a listed member must not be a C array
void c_array() {
    gs::MemoryStorageBackend<Holder<int[3], std::vector<int>>>{}.write("a", {});
}

// expect: gridone::storage: a model that lists its members must be default-constructible to be read
void part_without_default() {
    gs::MemoryStorageBackend<Holder<std::vector<WithoutDefault>, std::vector<WithoutDefault>>>{}.write("a", {});
}

// expect: std_conversions.hpp>, or use gridone::storage::Timestamp
void time_without_conversion() {
    gs::MemoryStorageBackend<Holder<std::chrono::sys_seconds, gs::Timestamp>>{}.write("a", {});
}

// expect: gridone::storage: a listed member requires a conversion to and from JSON: give its type json_members
void member_without_conversion() {
    gs::MemoryStorageBackend<Holder<Unknown, std::string>>{}.write("a", {});
}

// expect: gridone::storage: a listed member requires a conversion to and from JSON: give its type json_members
void members_without_conversion() {
    gs::MemoryStorageBackend<Holder<std::vector<Unknown>, std::vector<std::string>>>{}.write("a", {});
}

// expect: gridone::storage: a model that lists its members must be default-constructible to be read
auto model_without_default(const gs::MemoryStorageBackend<WithoutDefault>& models) {
    return models.read("a");
}

// expect: gridone::storage: a model must own its data: std::string instead of std::string_view
#ifdef GRIDONE_CONTROL
auto model_of_views(const gs::MemoryStorageBackend<std::vector<std::string>>& models) {
#else
auto model_of_views(const gs::MemoryStorageBackend<std::vector<std::string_view>>& models) {
#endif
    return models.read("a");
}
