// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_PLACES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_PLACES_HPP

#include "differential/case_query.hpp"
#include "differential/random_value.hpp"

#include <cstddef>
#include <vector>

namespace differential {

/// A place in a document, and what one document has there.
struct Place {
    Keys keys{};
    const json* value = nullptr;
};

/// Places in documents: most often in one of a case, where there is something.
class RandomPlaces {
public:
    explicit RandomPlaces(RandomValue& random) : random_{random} {}

    /// Pre: an object. Invalidates what `next` gave.
    void add(const json& document) { documents_.push_back(document); }

    Place next() {
        if (documents_.empty() || random_.one_in(3)) return {.keys = random_.keys()};
        Place found{.value = &documents_[random_.below(documents_.size())]};
        while (found.value->is_object() && !found.value->empty() && found.keys.size() < 3 &&
               (found.keys.empty() || !random_.one_in(3))) {
            found = inside(found);
        }
        if (found.keys.empty()) return {.keys = random_.keys()};
        return found;
    }

    /// One that `fits(value)`, if that is soon found.
    template <class Fits>
    Place next(Fits&& fits) {
        for (int attempt = 0; attempt < 8; ++attempt) {
            Place found = next();
            if (found.value != nullptr && fits(*found.value)) return found;
        }
        return next();
    }

    /// A document itself, which has no keys.
    Place whole() {
        if (documents_.empty()) return {};
        return {.value = &documents_[random_.below(documents_.size())]};
    }

    /// A member or an element, which has no keys. Pre: the value has some.
    Place inside(const Place& outer) {
        auto entry = outer.value->begin();
        for (std::size_t skip = random_.below(outer.value->size()); skip > 0; --skip) ++entry;
        Place inner{.keys = outer.keys, .value = &entry.value()};
        if (outer.value->is_object()) inner.keys.push_back(entry.key());
        return inner;
    }

    /// Gives a document some of the values that another has, so that they are equal there.
    void make_alike(json& document) {
        if (documents_.empty()) return;
        for (const auto& [key, value] : documents_[random_.below(documents_.size())].items()) {
            if (random_.one_in(2)) document[key] = value;
        }
    }

private:
    RandomValue& random_;
    std::vector<json> documents_;
};

}  // namespace differential

#endif
