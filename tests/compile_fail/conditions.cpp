// SPDX-License-Identifier: MIT

#include <gridone/storage/query/field.hpp>

#include <map>
#include <string>
#include <vector>

namespace gs = gridone::storage;

enum class Mode { off, heat };

struct Part {
    std::string name;
    int wear = 0;
};
struct Device {
    std::string site;
    int floor = 0;
    double setpoint = 0;
    bool active = false;
    Mode mode = Mode::off;
    std::vector<std::string> tags;
    std::vector<Part> parts;
    std::map<std::string, int> limits;
};

namespace device {
constexpr auto site = gs::field<&Device::site>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto setpoint = gs::field<&Device::setpoint>;
constexpr auto active = gs::field<&Device::active>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto parts = gs::field<&Device::parts>;
constexpr auto limits = gs::field<&Device::limits>;
}  // namespace device

const std::vector<int> numbers{1, 2};
const std::vector<std::string> texts{"1", "2"};

// expect: gridone::storage: two values of a field with an order
auto between_texts() {
#ifdef GRIDONE_CONTROL
    return device::floor.between(1, 3);
#else
    return device::floor.between("1", "3");
#endif
}

// expect: gridone::storage: two values of a field with an order
auto between_kinds() {
#ifdef GRIDONE_CONTROL
    return device::setpoint.between(1, 3.5);
#else
    return device::setpoint.between(1, "3.5");
#endif
}

// expect: gridone::storage: two values of a field with an order
auto between_booleans() {
#ifdef GRIDONE_CONTROL
    return device::active.in({false, true});
#else
    return device::active.between(false, true);
#endif
}

// expect: gridone::storage: two values of a field with an order
auto between_enums() {
#ifdef GRIDONE_CONTROL
    return device::mode.in({Mode::off, Mode::heat});
#else
    return device::mode.between(Mode::off, Mode::heat);
#endif
}

// expect: gridone::storage: two values of a field with an order
auto between_sequences() {
#ifdef GRIDONE_CONTROL
    return device::tags.any(gs::element<std::string>.between("a", "b"));
#else
    return device::tags.between("a", "b");
#endif
}

// expect: gridone::storage: two values of a field with an order
auto between_one() {
#ifdef GRIDONE_CONTROL
    return device::floor.between(1, 1);
#else
    return device::floor.between(1);
#endif
}

// expect: gridone::storage: of a text field, with a text
auto number_starts_with() {
#ifdef GRIDONE_CONTROL
    return device::site.starts_with("1");
#else
    return device::floor.starts_with("1");
#endif
}

// expect: gridone::storage: of a text field, with a text
auto starts_with_number() {
#ifdef GRIDONE_CONTROL
    return device::site.starts_with("5");
#else
    return device::site.starts_with(5);
#endif
}

// expect: gridone::storage: of a text field, with a text
auto starts_with_nullptr() {
#ifdef GRIDONE_CONTROL
    return device::site.starts_with("");
#else
    return device::site.starts_with(nullptr);
#endif
}

// expect: gridone::storage: of a text field, with a text
auto sequence_starts_with() {
#ifdef GRIDONE_CONTROL
    return device::tags.any(gs::element<std::string>.starts_with("a"));
#else
    return device::tags.starts_with("a");
#endif
}

// expect: gridone::storage: a text in a text field, or an element of a sequence
auto number_contains() {
#ifdef GRIDONE_CONTROL
    return device::site.contains("1");
#else
    return device::floor.contains(1);
#endif
}

// expect: gridone::storage: a text in a text field, or an element of a sequence
auto text_contains_number() {
#ifdef GRIDONE_CONTROL
    return device::site.contains("1");
#else
    return device::site.contains(1);
#endif
}

// expect: gridone::storage: a text in a text field, or an element of a sequence
auto contains_another_element() {
#ifdef GRIDONE_CONTROL
    return device::tags.contains("1");
#else
    return device::tags.contains(1);
#endif
}

// expect: gridone::storage: a text in a text field, or an element of a sequence
auto contains_structs() {
#ifdef GRIDONE_CONTROL
    return device::parts.any(gs::field<&Part::name> == "fan");
#else
    return device::parts.contains(Part{"fan", 0});
#endif
}

// expect: gridone::storage: a text in a text field, or an element of a sequence
auto map_contains() {
#ifdef GRIDONE_CONTROL
    return device::limits.contains_key("low");
#else
    return device::limits.contains("low");
#endif
}

// expect: gridone::storage: a range of values that the field can have
auto in_another_type() {
#ifdef GRIDONE_CONTROL
    return device::floor.in(numbers);
#else
    return device::floor.in(texts);
#endif
}

// expect: gridone::storage: values that the field can have
auto in_list_of_another_type() {
#ifdef GRIDONE_CONTROL
    return device::floor.in({1, 2});
#else
    return device::floor.in({"1", "2"});
#endif
}

// expect: gridone::storage: a range of values that the field can have
auto in_one_value() {
#ifdef GRIDONE_CONTROL
    return device::floor.in({3});
#else
    return device::floor.in(3);
#endif
}

// expect: gridone::storage: a range of values that the field can have
auto in_one_text() {
#ifdef GRIDONE_CONTROL
    return device::site.in({"lyon"});
#else
    return device::site.in("lyon");
#endif
}

// expect: gridone::storage: a range of values that the field can have
auto sequence_in() {
#ifdef GRIDONE_CONTROL
    return device::tags.contains(texts.front());
#else
    return device::tags.in(texts);
#endif
}

// expect: gridone::storage: of a map field, with a text
auto vector_contains_key() {
#ifdef GRIDONE_CONTROL
    return device::limits.contains_key("low");
#else
    return device::tags.contains_key("low");
#endif
}

// expect: gridone::storage: of a map field, with a text
auto contains_key_number() {
#ifdef GRIDONE_CONTROL
    return device::limits.contains_key("1");
#else
    return device::limits.contains_key(1);
#endif
}

// expect: gridone::storage: of a map field, with a value that it can hold
auto contains_value_of_another_type() {
#ifdef GRIDONE_CONTROL
    return device::limits.contains_value(5);
#else
    return device::limits.contains_value("5");
#endif
}

// expect: gridone::storage: of a map field, with a value that it can hold
auto vector_contains_value() {
#ifdef GRIDONE_CONTROL
    return device::tags.contains("a");
#else
    return device::tags.contains_value("a");
#endif
}

// expect: gridone::storage: of a sequence or a map, with a filter on what it holds
auto any_of_scalar() {
#ifdef GRIDONE_CONTROL
    return device::tags.any(gs::element<std::string> == "a");
#else
    return device::site.any(gs::element<std::string> == "a");
#endif
}

// expect: gridone::storage: of a sequence or a map, with a filter on what it holds
auto any_with_filter_on_the_whole() {
#ifdef GRIDONE_CONTROL
    return device::parts.any(gs::field<&Part::name> == "fan");
#else
    return device::parts.any(device::site == "fan");
#endif
}

// expect: gridone::storage: of a sequence or a map, with a filter on what it holds
auto any_in_map_with_filter_on_the_whole() {
#ifdef GRIDONE_CONTROL
    return device::limits.any(gs::element<int> > 5);
#else
    return device::limits.any(device::floor > 5);
#endif
}

// expect: gridone::storage: of a sequence or a map, with a filter on what it holds
auto any_with_value() {
#ifdef GRIDONE_CONTROL
    return device::tags.any(gs::element<std::string> == "a");
#else
    return device::tags.any("a");
#endif
}
