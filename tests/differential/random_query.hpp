// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_QUERY_HPP

#include "differential/case_query.hpp"
#include "differential/random_filter.hpp"
#include "differential/random_places.hpp"
#include "differential/random_value.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace differential {

/// Queries that have something to do with the documents of a case.
class RandomQuery {
public:
    RandomQuery(RandomValue& random, RandomPlaces& places, const std::vector<std::string>& ids)
        : random_{random}, places_{places}, filters_{random, places, ids} {}

    CaseQuery next() {
        CaseQuery made{.ask = static_cast<Ask>(random_.below(asks))};
        if (!random_.one_in(5)) made.where.push_back(filters_.next());
        if (random_.one_in(8)) made.where.push_back(filters_.next());
        for (std::size_t keys = random_.below(4); keys > 0; --keys) made.order.push_back(order());
        const bool has_pages = made.ask >= Ask::pages && made.ask <= Ask::foreign_cursor;
        if (has_pages ? !random_.one_in(30) : random_.one_in(2)) {
            made.limit = random_.one_in(12) ? 0 : 1 + static_cast<int>(random_.below(3));
        }
        const bool has_offset = !has_pages && made.ask != Ask::for_each;
        if (random_.one_in(has_offset ? 4 : 40)) made.offset = 1 + random_.below(3);
        if (made.ask >= Ask::count_by && made.ask <= Ask::max) made.of = field_of(made.ask);
        if (made.ask == Ask::for_each && random_.one_in(3)) made.number = 1 + random_.below(3);
        if (made.ask == Ask::changed_cursor) made.number = random_.below(500);
        return made;
    }

private:
    CaseOrder order() { return {.field = ordered_field(), .descending = random_.one_in(2)}; }

    CaseField ordered_field() {
        if (random_.one_in(8)) return {.type = FieldType::text, .is_id = true};
        const Place at = places_.next([](const json& value) { return value.is_primitive() && !value.is_null(); });
        const FieldType type = filters_.type_of(at.value);
        return {.type = has_order(type) ? type : any_ordered(), .keys = at.keys};
    }

    CaseField any_number() {
        CaseField field{.keys = places_.next([](const json& at) { return at.is_number(); }).keys};
        field.type = static_cast<FieldType>(random_.below(static_cast<std::size_t>(FieldType::text)));
        return field;
    }

    /// One whose sum may be a whole number that no double holds.
    CaseField long_number() {
        constexpr auto is_long = [](const json& at) {
            constexpr double least = 1ULL << 53U;
            return at.is_number_integer() && std::abs(at.get<double>()) > least;
        };
        const FieldType type = random_.one_in(2) ? FieldType::int64 : FieldType::uint64;
        return {.type = type, .keys = places_.next(is_long).keys};
    }

    CaseField field_of(Ask ask) {
        if (ask == Ask::sum || ask == Ask::avg) return random_.one_in(2) ? long_number() : any_number();
        CaseField field = ordered_field();
        if (ask != Ask::count_by && field.type == FieldType::boolean) field.type = FieldType::text;
        return field;
    }

    static bool has_order(FieldType type) {
        return is_number(type) || type == FieldType::text || type == FieldType::boolean || type == FieldType::time;
    }
    FieldType any_ordered() {
        static constexpr std::array all{FieldType::real, FieldType::int64, FieldType::text, FieldType::boolean,
                                        FieldType::time};
        return random_.any_of(all);
    }

    RandomValue& random_;
    RandomPlaces& places_;
    RandomFilter filters_;
};

}  // namespace differential

#endif
