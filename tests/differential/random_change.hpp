// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CHANGE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CHANGE_HPP

#include "differential/case.hpp"
#include "differential/random_places.hpp"
#include "differential/random_value.hpp"

#include <array>

namespace differential {

/// Changes that have something to do with the documents of a case.
class RandomChange {
public:
    RandomChange(RandomValue& random, RandomPlaces& places) : random_{random}, places_{places} {}

    PathChange next() {
        PathChange made;
        switch (random_.below(8)) {
            case 0:
                made.kind = ChangeOf::unset;
                made.keys = places_.next().keys;
                return made;
            case 1:
            case 2:
            case 3:
                made.kind = ChangeOf::increment;
                made.type = number();
                made.keys = random_.one_in(3) ? places_.next().keys
                                              : places_.next([](const json& at) { return at.is_number(); }).keys;
                break;
            case 4:
            case 5:
                return of_list();
            default:
                made.type = static_cast<FieldType>(random_.below(field_types));
                made.keys = places_.next().keys;
                break;
        }
        made.value = random_.value_of(made.type);
        return made;
    }

private:
    PathChange of_list() {
        PathChange made{.kind = random_.one_in(2) ? ChangeOf::append : ChangeOf::remove_value, .type = list()};
        const Place at = places_.next([](const json& value) { return value.is_array() && !value.empty(); });
        made.keys = at.keys;
        made.value = random_.element_of(made.type);
        if (at.value == nullptr || !at.value->is_array() || at.value->empty() || random_.one_in(3)) return made;
        made.type = FieldType::anys;
        made.value = (*at.value)[random_.below(at.value->size())];
        if (made.value.is_number_integer() && random_.one_in(3)) made.value = made.value.get<double>();
        return made;
    }

    FieldType number() {
        static constexpr std::array all{FieldType::int8,   FieldType::int32,  FieldType::int64,
                                        FieldType::uint64, FieldType::single, FieldType::real};
        return random_.any_of(all);
    }
    FieldType list() {
        static constexpr std::array all{FieldType::integers, FieldType::reals, FieldType::texts, FieldType::anys};
        return random_.any_of(all);
    }

    RandomValue& random_;
    RandomPlaces& places_;
};

}  // namespace differential

#endif
