// SPDX-License-Identifier: MIT

#include <gridone/storage/query/field.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gs = gridone::storage;

enum class Mode { off, heat };
enum class Colour { red, green };

struct Device {
    std::string site;
    std::optional<std::string> note;
    int floor = 0;
    double setpoint = 0;
    bool active = false;
    Mode mode = Mode::off;
    Colour colour = Colour::red;
    gs::Timestamp installed;
    std::vector<std::string> tags;
    std::map<std::string, int> limits;
};
struct Alert {
    std::string site;
    int level = 0;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto note = gs::field<&Device::note>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto colour = gs::field<&Device::colour>;
constexpr auto installed = gs::field<&Device::installed>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto limits = gs::field<&Device::limits>;
}  // namespace device
namespace alert {
constexpr auto site = gs::field<&Alert::site>;
constexpr auto level = gs::field<&Alert::level>;
}  // namespace alert

const std::string lyon = "lyon";
const std::vector<std::string> two_tags{"a", "b"};
const std::map<std::string, int> two_limits{{"low", 1}, {"high", 2}};

// expect: gridone::storage: not of one kind
auto number_with_text() {
#ifdef GRIDONE_CONTROL
    return device::floor == 3;
#else
    return device::floor == "3";
#endif
}

// expect: gridone::storage: not of one kind
auto text_with_number() {
#ifdef GRIDONE_CONTROL
    return device::site == "3";
#else
    return device::site == 3;
#endif
}

// expect: gridone::storage: not of one kind
auto text_with_character() {
#ifdef GRIDONE_CONTROL
    return device::site != "l";
#else
    return device::site != 'l';
#endif
}

// expect: gridone::storage: not of one kind (for null: is_null())
auto text_with_nullptr() {
#ifdef GRIDONE_CONTROL
    return device::site == lyon.c_str();
#else
    return device::site == nullptr;
#endif
}

// expect: gridone::storage: not of one kind (for null: is_null())
auto optional_with_nullopt() {
#ifdef GRIDONE_CONTROL
    return device::note.is_null();
#else
    return device::note == std::nullopt;
#endif
}

// expect: gridone::storage: not of one kind (for null: is_null())
auto optional_with_optional() {
#ifdef GRIDONE_CONTROL
    return device::floor == std::optional<int>{3}.value();
#else
    return device::floor == std::optional<int>{3};
#endif
}

// expect: gridone::storage: not of one kind
auto boolean_with_number() {
#ifdef GRIDONE_CONTROL
    return device::active == true;
#else
    return device::active == 1;
#endif
}

// expect: gridone::storage: not of one kind
auto number_with_boolean() {
#ifdef GRIDONE_CONTROL
    return device::floor == 1;
#else
    return device::floor == true;
#endif
}

// expect: gridone::storage: not of one kind
auto boolean_with_text() {
#ifdef GRIDONE_CONTROL
    return device::active != false;
#else
    return device::active != "false";
#endif
}

// expect: gridone::storage: not of one kind
auto enum_with_another_enum() {
#ifdef GRIDONE_CONTROL
    return device::mode == Mode::heat;
#else
    return device::mode == Colour::red;
#endif
}

// expect: gridone::storage: not of one kind
auto enum_with_number() {
#ifdef GRIDONE_CONTROL
    return device::mode == Mode::heat;
#else
    return device::mode == 1;
#endif
}

// expect: gridone::storage: values of this field have no order
auto enum_with_order() {
#ifdef GRIDONE_CONTROL
    return device::mode != Mode::off;
#else
    return device::mode > Mode::off;
#endif
}

// expect: gridone::storage: values of this field have no order
auto boolean_with_order() {
#ifdef GRIDONE_CONTROL
    return device::active == true;
#else
    return device::active < true;
#endif
}

// expect: gridone::storage: not of one kind
auto number_less_than_text() {
#ifdef GRIDONE_CONTROL
    return device::setpoint < 21.5;
#else
    return device::setpoint < "21.5";
#endif
}

// expect: gridone::storage: not of one kind
auto text_less_than_number() {
#ifdef GRIDONE_CONTROL
    return "21" <= device::site;
#else
    return 21 <= device::site;
#endif
}

// expect: gridone::storage: not of one kind
auto time_with_text() {
#ifdef GRIDONE_CONTROL
    return device::installed >= gs::Timestamp{gs::from_iso("2024-02-29T12:00:00Z")};
#else
    return device::installed >= "2024-02-29T12:00:00Z";
#endif
}

// expect: gridone::storage: not of one kind
auto time_with_number() {
#ifdef GRIDONE_CONTROL
    return device::installed < gs::Timestamp::now();
#else
    return device::installed < 1709208000;
#endif
}

// expect: gridone::storage: no == or != on such a field (contains, any, is_null)
auto vector_with_equality() {
#ifdef GRIDONE_CONTROL
    return device::tags.contains("a") && device::tags.contains("b");
#else
    return device::tags == two_tags;
#endif
}

// expect: gridone::storage: no == or != on such a field (contains, any, is_null)
auto vector_with_element() {
#ifdef GRIDONE_CONTROL
    return device::tags.contains("a");
#else
    return device::tags == "a";
#endif
}

// expect: gridone::storage: no == or != on such a field (contains, any, is_null)
auto map_with_inequality() {
#ifdef GRIDONE_CONTROL
    return !device::limits.contains_value(1);
#else
    return device::limits != two_limits;
#endif
}

// expect: gridone::storage: values of this field have no order
auto map_with_order() {
#ifdef GRIDONE_CONTROL
    return device::limits.any(gs::element<int> < 3);
#else
    return device::limits < two_limits;
#endif
}

// expect: gridone::storage: not of one kind
auto fields_of_two_kinds() {
#ifdef GRIDONE_CONTROL
    return device::floor == device::setpoint;
#else
    return device::floor == device::site;
#endif
}

// expect: gridone::storage: not of one kind
auto order_of_fields_of_two_kinds() {
#ifdef GRIDONE_CONTROL
    return device::floor < device::setpoint;
#else
    return device::floor < device::installed;
#endif
}

// expect: gridone::storage: not of one kind
auto enums_of_two_types() {
#ifdef GRIDONE_CONTROL
    return device::mode == device::mode;
#else
    return device::mode == device::colour;
#endif
}

// expect: gridone::storage: fields of two models
auto fields_of_two_models() {
#ifdef GRIDONE_CONTROL
    return device::site == gs::path<std::string>("place");
#else
    return device::site == alert::site;
#endif
}

// expect: gridone::storage: fields of two models
auto order_of_fields_of_two_models() {
#ifdef GRIDONE_CONTROL
    return device::floor < device::setpoint;
#else
    return device::floor < alert::level;
#endif
}

// expect: gridone::storage: not of one kind
auto id_with_number() {
#ifdef GRIDONE_CONTROL
    return gs::id_field == "17";
#else
    return gs::id_field == 17;
#endif
}

// expect: gridone::storage: not of one kind
auto version_with_number() {
#ifdef GRIDONE_CONTROL
    return gs::version_field == gs::Version{17};
#else
    return gs::version_field == 17;
#endif
}

// expect: gridone::storage: values of this field have no order
auto version_with_order() {
#ifdef GRIDONE_CONTROL
    return gs::version_field != gs::Version{17};
#else
    return gs::version_field > gs::Version{17};
#endif
}

// expect: gridone::storage: not of one kind
auto path_with_another_type() {
#ifdef GRIDONE_CONTROL
    return gs::path<double>("config", "setpoint") == 3;
#else
    return gs::path<double>("config", "setpoint") == "3";
#endif
}

// expect: gridone::storage: compare with ==, change with set(value)
auto assignment() {
#ifdef GRIDONE_CONTROL
    return device::floor == 3;
#else
    return device::floor = 3;
#endif
}
