// SPDX-License-Identifier: MIT

#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <string_view>

namespace gs = gridone::storage;

struct Listed {
    int size = 0;
    int weight = 0;
};
struct Stranger {
    int height = 0;
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
