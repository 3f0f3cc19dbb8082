// SPDX-License-Identifier: MIT

#include <gridone/storage/core/field_name.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <string>
#include <string_view>

namespace gs = gridone::storage;

namespace {

struct Base {
    int inherited;
};

template <class T>
struct Box : Base {
    T held;
    struct Lid {
        int weight_in_grams;
    };
};

template <const int* Pointer>
struct Pointing {
    int target;
};
constexpr int somewhere = 1;

struct Renamed {
    std::string site_;
    std::string note_;
};

template <auto Member>
struct Marked {
    int mark;
};

}  // namespace

template <>
inline constexpr std::string_view gridone::storage::field_name<&Renamed::site_> = "site";

TEST_CASE("field_name is the member's own name") {
    STATIC_REQUIRE(gs::field_name<&Base::inherited> == "inherited");
    STATIC_REQUIRE(gs::field_name<&Box<int>::Lid::weight_in_grams> == "weight_in_grams");
    STATIC_REQUIRE(gs::field_name<&Box<int>::inherited> == "inherited");
}

TEST_CASE("field_name is not misled by what stands in template arguments") {
    STATIC_REQUIRE(gs::field_name<&Box<int>::held> == "held");
    STATIC_REQUIRE(gs::field_name<&Box<int[3]>::held> == "held");
    STATIC_REQUIRE(gs::field_name<&Box<std::map<std::string, Box<int>>>::held> == "held");
    STATIC_REQUIRE(gs::field_name<&Box<int (*)(int)>::held> == "held");
    STATIC_REQUIRE(gs::field_name<&Pointing<&somewhere>::target> == "target");
    STATIC_REQUIRE(gs::field_name<&Marked<&Base::inherited>::mark> == "mark");
    STATIC_REQUIRE(gs::field_name<&Marked<'\''>::mark> == "mark");
}

TEST_CASE("field_name is the member's own name in a struct of a function, in a template") {
    const auto name = []<class T>(T) {
        struct Local {
            T here;
        };
        return gs::field_name<&Local::here>;
    };
    CHECK(name(1) == "here");
    CHECK(name(std::string{}) == "here");
}

TEST_CASE("a specialisation gives a member another name, and no other member") {
    STATIC_REQUIRE(gs::field_name<&Renamed::site_> == "site");
    STATIC_REQUIRE(gs::field_name<&Renamed::note_> == "note_");
}
