// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_FILTER_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_FILTER_HPP

#include "differential/case_query.hpp"
#include "differential/random_places.hpp"
#include "differential/random_value.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace differential {

/// Whether T can hold the number.
template <class T>
bool is_within(const json& value) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_integral_v<T>) {
        if (value.is_number_unsigned()) return std::cmp_less_equal(value.get<std::uint64_t>(), Limits::max());
        return value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
    } else {
        return value.is_number() && std::abs(value.get<double>()) <= static_cast<double>(Limits::max());
    }
}

/// Filters that have something to do with the documents of a case.
class RandomFilter {
    using Kind = CaseFilter::Kind;

public:
    RandomFilter(RandomValue& random, RandomPlaces& places, const std::vector<std::string>& ids)
        : random_{random}, places_{places}, ids_{ids} {}

    CaseFilter next() { return filter(3, nullptr); }

    /// The type of a field that holds this; of nothing, any.
    FieldType type_of(const json* value) {
        if (value == nullptr || value->is_null() || random_.one_in(12)) return any_type(0, field_types);
        if (value->is_boolean()) return FieldType::boolean;
        if (value->is_array()) return any_type(FieldType::integers, FieldType::anys);
        if (value->is_object()) return any_type(FieldType::real_map, FieldType::any_map);
        if (value->is_number()) {
            return random_.one_in(2) ? FieldType::real : any_type(FieldType::int8, FieldType::real);
        }
        const bool has_digits = value->get_ref<const std::string&>().size() > 15;
        return random_.one_in(has_digits ? 4 : 12) == has_digits ? FieldType::text : FieldType::time;
    }

private:
    FieldType any_type(FieldType from, FieldType to) {
        const auto first = static_cast<std::size_t>(from);
        return any_type(first, static_cast<std::size_t>(to) + 1 - first);
    }
    FieldType any_type(std::size_t first, std::size_t among) {
        return static_cast<FieldType>(first + random_.below(among));
    }

    /// @param element  what a list or a map holds, if it is a filter on that
    CaseFilter filter(std::size_t depth, const json* element) {
        if (depth > 0 && random_.one_in(3)) {
            CaseFilter made{.kind = random_.one_in(3)   ? Kind::negation
                                    : random_.one_in(2) ? Kind::all_of
                                                        : Kind::any_of};
            const std::size_t parts = made.kind == Kind::negation ? 1 : 2 + random_.below(2);
            while (made.parts.size() < parts) made.parts.push_back(filter(depth - 1, element));
            return made;
        }
        if (random_.one_in(30)) return {};
        if (random_.one_in(25)) return on_version();
        if (random_.one_in(12)) return on_id();
        Place at;
        if (element == nullptr) {
            at = random_.one_in(15) ? places_.whole() : places_.next();
        } else {
            at.value = element;
            if (element->is_object() && !element->empty() && !random_.one_in(4)) at = places_.inside(at);
        }
        CaseFilter made{.field = {.type = type_of(at.value), .keys = at.keys}};
        fill(made, at.value, depth);
        return made;
    }

    CaseFilter on_version() {
        CaseFilter made{.kind = random_.one_in(3)   ? Kind::version_not_equal
                                : random_.one_in(2) ? Kind::version_equal
                                                    : Kind::version_in};
        if (random_.one_in(2)) made.version = static_cast<int>(random_.below(4));
        return made;
    }

    CaseFilter on_id() {
        CaseFilter made{.field = {.type = FieldType::text, .is_id = true}};
        const json id(ids_[random_.below(ids_.size())]);
        fill(made, &id, 0);
        return made;
    }

    /// @param value  what one document has there
    void fill(CaseFilter& made, const json* value, std::size_t depth) {
        const FieldType type = made.field.type;
        if (type == FieldType::any || random_.one_in(12)) {
            made.kind = Kind::is_null;
        } else if (is_list(type) || is_map(type)) {
            fill_of_many(made, value, depth);
        } else if (type == FieldType::text && random_.one_in(3)) {
            made.kind = random_.one_in(2) ? Kind::starts_with : Kind::contains;
            made.literal = part_of(literal(type, value).get<std::string>());
        } else if (random_.one_in(6)) {
            made.kind = Kind::in;
            made.literal = json::array();
            for (std::size_t size = random_.below(4); size > 0; --size) made.literal.push_back(literal(type, value));
            if (!made.literal.empty() && random_.one_in(3)) made.literal.push_back(json(made.literal.front()));
        } else if (type != FieldType::boolean && random_.one_in(8)) {
            made.kind = Kind::between;
            made.literal = json::array({literal(type, value), literal(type, value)});
        } else {
            made.kind = static_cast<Kind>(static_cast<std::size_t>(Kind::equal) +
                                          random_.below(type == FieldType::boolean ? 2 : 6));
            if (!random_.one_in(5)) {
                made.literal = literal(type, value);
                made.literal_is_first = random_.one_in(4);
                return;
            }
            const bool to_id = type == FieldType::text && random_.one_in(3) && !made.field.is_id;
            const auto is_alike = [&](const json& at) { return value != nullptr && at.type() == value->type(); };
            made.other = {.type = is_number(type) && random_.one_in(3) ? FieldType::real : type, .is_id = to_id};
            if (!to_id) made.other->keys = places_.next(is_alike).keys;
        }
    }

    void fill_of_many(CaseFilter& made, const json* value, std::size_t depth) {
        const FieldType held = held_by(made.field.type);
        const json* element = value != nullptr && value->is_structured() && !value->empty()
                                  ? places_.inside(Place{.value = value}).value
                                  : nullptr;
        if (is_map(made.field.type) && random_.one_in(2)) {
            made.kind = Kind::contains_key;
            made.literal = value != nullptr && value->is_object() && !value->empty() && !random_.one_in(3)
                               ? places_.inside(Place{.value = value}).keys.back()
                               : random_.key();
        } else if (held != FieldType::any && random_.one_in(2)) {
            made.kind = is_map(made.field.type) ? Kind::contains_value : Kind::contains;
            made.literal = literal(held, element);
        } else {
            static const json nothing;
            made.kind = Kind::any;
            made.parts.push_back(filter(depth == 0 ? 0 : depth - 1, element == nullptr ? &nothing : element));
        }
    }

    /// A value of the type: often this one, if it is one.
    json literal(FieldType type, const json* value) {
        if (value == nullptr || random_.one_in(3)) return random_.value_of(type);
        return with_type(type, [&]<class T>(TypeTag<T>) -> json {
            if constexpr (std::is_same_v<T, bool>) {
                if (value->is_boolean()) return *value;
            } else if constexpr (std::is_arithmetic_v<T>) {
                if (is_within<T>(*value)) return json(value->get<T>());
            } else if constexpr (std::is_same_v<T, std::string>) {
                if (value->is_string()) return *value;
            }
            return random_.value_of(type);
        });
    }

    /// Some letters of a text that stand together; most often the first.
    std::string part_of(const std::string& text) {
        const auto starts_letter = [&](std::size_t at) {
            return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        };
        std::size_t begin = random_.one_in(4) && !text.empty() ? random_.below(text.size()) : 0;
        while (!starts_letter(begin)) ++begin;
        std::size_t size = random_.below(text.size() - begin + 1);
        while (!starts_letter(begin + size)) ++size;
        return text.substr(begin, size);
    }

    RandomValue& random_;
    RandomPlaces& places_;
    const std::vector<std::string>& ids_;
};

}  // namespace differential

#endif
