// SPDX-License-Identifier: MIT

#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gs = gridone::storage;

struct Config {
    std::string host;
};
struct Device {
    std::optional<Config> config;
    std::string site;
    std::optional<std::string> note;
    int floor = 0;
    bool active = false;
    std::vector<std::string> tags;
    std::string upper_case_site() const;
};
struct Alert {
    int level = 0;
};
struct Point {
    double x = 0;
    double y = 0;
    using json_members = gs::JsonMembers<&Point::x>;
};
struct Position {
    Point point;
    int secret = 0;
    long double exact = 0;
    using json_members = gs::JsonMembersWithDefaults<&Position::point>;
};
struct Reading {
    double value = 0;
    long double exact = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto note = gs::field<&Device::note>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto tags = gs::field<&Device::tags>;
}  // namespace device

// expect: gridone::storage: a field is made of pointers to data members: field<&Device::site>
#ifdef GRIDONE_CONTROL
constexpr auto member = gs::field<&Device::site>;
#else
constexpr auto member = gs::field<&Device::upper_case_site>;
#endif

// expect: gridone::storage: each member of a field must belong to what the one before it is
#ifdef GRIDONE_CONTROL
constexpr auto member_of_member = gs::field<&Device::config, &Config::host>;
#else
constexpr auto member_of_member = gs::field<&Device::site, &Config::host>;
#endif

// expect: gridone::storage: a field requires a member that its model lists in json_members
#ifdef GRIDONE_CONTROL
constexpr auto unlisted = gs::field<&Position::point>;
#else
constexpr auto unlisted = gs::field<&Position::secret>;
#endif

// expect: gridone::storage: a field requires a member that its model lists in json_members
#ifdef GRIDONE_CONTROL
constexpr auto unlisted_member_of_member = gs::field<&Position::point, &Point::x>;
#else
constexpr auto unlisted_member_of_member = gs::field<&Position::point, &Point::y>;
#endif

// expect: gridone::storage: a field must not be wider than double or 64 bits
#ifdef GRIDONE_CONTROL
constexpr auto wide = gs::field<&Reading::value>;
#else
constexpr auto wide = gs::field<&Reading::exact>;
#endif

// expect: gridone::storage: a field must not be wider than double or 64 bits
auto wide_path() {
#ifdef GRIDONE_CONTROL
    return gs::path<double>("value");
#else
    return gs::path<long double>("value");
#endif
}

// expect: gridone::storage: a path has at least one key
auto path_without_keys() {
#ifdef GRIDONE_CONTROL
    return gs::path<int>("floor").unset();
#else
    return gs::path<int>().unset();
#endif
}

// expect: gridone::storage: the field's type cannot hold this
auto set_of_another_type() {
#ifdef GRIDONE_CONTROL
    return device::floor.set(3);
#else
    return device::floor.set("3");
#endif
}

// expect: gridone::storage: the field's type cannot hold this
auto set_of_boolean() {
#ifdef GRIDONE_CONTROL
    return device::floor.set(1);
#else
    return device::floor.set(true);
#endif
}

// expect: gridone::storage: the field's type cannot hold this
auto boolean_set_of_number() {
#ifdef GRIDONE_CONTROL
    return device::active.set(true);
#else
    return device::active.set(1);
#endif
}

// expect: gridone::storage: the field's type cannot hold this (nullopt: if it is optional)
auto null_where_none_can_be() {
#ifdef GRIDONE_CONTROL
    return device::note.set(std::nullopt);
#else
    return device::site.set(std::nullopt);
#endif
}

// expect: gridone::storage: only a number is incremented, and by a number
auto increment_of_text() {
#ifdef GRIDONE_CONTROL
    return device::floor.increment(1);
#else
    return device::site.increment(1);
#endif
}

// expect: gridone::storage: only to a sequence of such elements
auto append_to_text() {
#ifdef GRIDONE_CONTROL
    return device::tags.append("x");
#else
    return device::site.append("x");
#endif
}

// expect: gridone::storage: only from a sequence of such elements
auto remove_value_of_another_type() {
#ifdef GRIDONE_CONTROL
    return device::tags.remove_value("1");
#else
    return device::tags.remove_value(1);
#endif
}

// expect: gridone::storage: this is a change of another model
gs::Change<Device> change_of_another_model() {
#ifdef GRIDONE_CONTROL
    return device::floor.set(1);
#else
    return gs::field<&Alert::level>.set(1);
#endif
}
