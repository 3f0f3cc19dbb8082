// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CASE_HPP

#include "differential/case.hpp"
#include "differential/random_value.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace differential {

/// Cases, the same for the same seed and number.
class RandomCase {
public:
    RandomCase(std::uint64_t seed, std::uint64_t number) : random_{mixed(seed ^ mixed(number))} {}

    Case next(std::size_t shapes) {
        Case made{.shape = random_.below(shapes)};
        const std::size_t size = 1 + random_.below(8);
        shape_ = made.shape;
        rules_ = made.shape > 1 && !random_.one_in(4);
        favourite_ = random_.below(most_tables);
        others_ = 1 + random_.below(4);
        for (std::size_t used = 1 + random_.below(3); used > 0; --used) ids_.push_back(random_.id());
        if (rules_ && random_.one_in(2)) {
            for (std::size_t table = 0; table < most_tables; ++table) made.operations.push_back(first(table));
        } else if (!random_.one_in(4)) {
            made.operations.push_back(first(any_table()));
        }
        for (std::size_t more = size; more > 0; --more) made.operations.push_back(operation(0));
        return made;
    }

private:
    static constexpr std::size_t deepest = 3;
    static constexpr std::size_t most_tables = 4;  // a shape with fewer counts them round

    static std::uint64_t mixed(std::uint64_t x) {  // splitmix64
        x += 0x9E3779B97F4A7C15U;
        x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
        x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
        return x ^ (x >> 31U);
    }

    Kind kind(std::size_t depth) {
        if (random_.one_in(depth == 0 ? 10 : 12) && depth < deepest) return Kind::transaction;
        if (depth > 0 && random_.one_in(12)) return random_.one_in(2) ? Kind::on_commit : Kind::stop;
        if (rules_ && random_.one_in(10)) return random_.one_in(4) ? Kind::clear : Kind::remove;
        if (random_.one_in(4)) return Kind::patch;
        if (random_.one_in(6)) return random_.one_in(2) ? Kind::write : Kind::insert;
        if (random_.one_in(10)) return Kind::edit;
        for (;;) {
            const auto any = static_cast<Kind>(random_.below(static_cast<std::size_t>(Kind::transaction)));
            if (any == Kind::read_for_update && depth == 0) continue;
            const bool is_of_model = any == Kind::model_read || any == Kind::model_write || any == Kind::model_edit;
            if (is_of_model && shape_ > 1) continue;
            if (any == Kind::clear && !random_.one_in(3)) continue;
            return any;
        }
    }

    Operation operation(std::size_t depth) {
        Operation made{.kind = kind(depth)};
        made.table = any_table();
        made.passes = depth > 0 && random_.one_in(3);
        made.bypasses = depth > 0 && random_.one_in(60);
        made.id = id();
        fill(made, depth);
        return made;
    }

    /// Documents for the calls that follow: those on documents that are not there tell little.
    Operation first(std::size_t table) {
        Operation made{.kind = Kind::write_many, .table = table};
        for (const std::string& each : ids_) {
            if (each.size() < 100) made.batch.emplace_back(each, document());
        }
        return made;
    }

    std::size_t any_table() { return random_.one_in(others_) ? random_.below(most_tables) : favourite_; }

    std::string id() { return random_.one_in(8) ? random_.id() : ids_[random_.below(ids_.size())]; }

    json document() {
        json made = random_.document();
        if (shape_ < 2 && made.is_object() && random_.one_in(3)) made.update(model());
        if (rules_ && made.is_object()) {
            for (const char* key : {"a", "b", "c", "0"}) {
                if (!random_.one_in(4)) made[key] = value_under_rules(key);
            }
        }
        if (made.is_object()) documents_.push_back(made);
        return made;
    }

    /// What collides, or names a document: half of the time what the key has elsewhere in this case.
    json value_under_rules(const std::string& key) {
        const auto usual = usual_.find(key);
        if (usual != usual_.end() && random_.one_in(2)) return usual->second;
        json made = any_value_under_rules(key);
        if (usual == usual_.end()) usual_.emplace(key, made);
        return made;
    }

    json any_value_under_rules(std::string_view key) {
        if (key == "c" && random_.one_in(3)) return !random_.one_in(3);
        if (key != "a" && random_.one_in(3)) return static_cast<int>(random_.below(2));
        switch (random_.below(6)) {
            case 0:
                return static_cast<int>(random_.below(2));
            case 1:
                return static_cast<double>(random_.below(2));
            case 2:
                return true;
            default:
                return ids_[random_.below(std::min<std::size_t>(ids_.size(), 2))].substr(0, 100);
        }
    }

    /// A place in a document: most often in one of this case, where there is something.
    struct Place {
        Keys keys{};
        const json* value = nullptr;
    };
    Place place() {
        if (documents_.empty() || random_.one_in(3)) return {.keys = random_.keys()};
        Place found{.value = &documents_[random_.below(documents_.size())]};
        while (found.value->is_object() && !found.value->empty() && found.keys.size() < 3 &&
               (found.keys.empty() || !random_.one_in(3))) {
            auto entry = found.value->begin();
            for (std::size_t skip = random_.below(found.value->size()); skip > 0; --skip) ++entry;
            found.keys.push_back(entry.key());
            found.value = &entry.value();
        }
        if (found.keys.empty()) return {.keys = random_.keys()};
        return found;
    }
    Keys keys() { return place().keys; }

    /// One that `fits(value)`, if that is soon found.
    template <class Fits>
    Place place(Fits&& fits) {
        for (int attempt = 0; attempt < 8; ++attempt) {
            Place found = place();
            if (found.value != nullptr && fits(*found.value)) return found;
        }
        return place();
    }

    void fill(Operation& made, std::size_t depth) {
        switch (made.kind) {
            case Kind::replace_if:
            case Kind::remove_if:
                if (!random_.one_in(2)) made.version = static_cast<int>(random_.below(4));
                [[fallthrough]];
            case Kind::write:
            case Kind::insert:
            case Kind::replace:
            case Kind::insert_or_find:
                made.value = document();
                break;
            case Kind::model_write:
            case Kind::model_edit:
                made.value = model();
                break;
            case Kind::upsert_by:
                made.value = document();
                made.changes.push_back(key_field());
                break;
            case Kind::read_many:
            case Kind::remove_many:
            case Kind::write_many:
            case Kind::insert_many:
            case Kind::insert_missing:
                for (std::size_t size = random_.below(5); size > 0; --size) {
                    made.batch.emplace_back(id(), document());
                }
                break;
            case Kind::patch:
                for (std::size_t size = 1 + random_.below(3); size > 0; --size) made.changes.push_back(change());
                break;
            case Kind::edit:
                made.value = document();
                if (random_.one_in(5)) made.meddlings = 1 + static_cast<int>(random_.below(3));
                for (std::size_t size = random_.below(4); size > 0; --size) made.steps.push_back(step());
                break;
            case Kind::transaction:
                made.read_only = random_.one_in(20);
                for (std::size_t size = random_.below(6); size > 0; --size) made.body.push_back(operation(depth + 1));
                break;
            default:
                break;
        }
    }

    /// Some members of a `Model`.
    json model() {
        auto made = json::object();
        if (random_.one_in(2)) made["a"] = random_.value_of(FieldType::boolean);
        if (random_.one_in(2)) made["b"] = random_.value_of(FieldType::text);
        if (random_.one_in(2)) made["c"]["a"] = random_.value_of(FieldType::real);
        if (random_.one_in(2)) made["c"]["b"] = random_.value_of(FieldType::texts);
        return made;
    }

    Step step() {
        if (random_.one_in(30)) return {.kind = Step::Kind::stop};
        if (random_.one_in(40)) return {.kind = Step::Kind::set, .value = document()};
        if (random_.one_in(3)) return {.kind = Step::Kind::erase, .keys = keys()};
        Step made{.keys = keys()};
        const std::string& key = made.keys.front();
        made.value = rules_ && random_.one_in(2) ? value_under_rules(key)
                     : random_.one_in(60)        ? random_.value_of(FieldType::any)
                                                 : random_.value(2);
        return made;
    }

    PathChange change() {
        if (rules_ && random_.one_in(3)) {
            static constexpr std::array under_rules{"a", "b", "c", "0"};
            const std::string key = random_.any_of(under_rules);
            return {.keys = {key}, .value = value_under_rules(key)};
        }
        PathChange made;
        switch (random_.below(8)) {
            case 0:
                made.kind = ChangeOf::unset;
                made.keys = keys();
                return made;
            case 1:
            case 2:
            case 3:
                made.kind = ChangeOf::increment;
                made.type = number();
                made.keys = random_.one_in(3) ? keys() : place([](const json& at) { return at.is_number(); }).keys;
                break;
            case 4:
            case 5:
                return change_of_list();
            default:
                made.type = static_cast<FieldType>(random_.below(static_cast<std::size_t>(FieldType::anys) + 1));
                made.keys = keys();
                break;
        }
        made.value = random_.value_of(made.type);
        return made;
    }

    PathChange change_of_list() {
        PathChange made{.kind = random_.one_in(2) ? ChangeOf::append : ChangeOf::remove_value, .type = list()};
        const Place at = place([](const json& value) { return value.is_array() && !value.empty(); });
        made.keys = at.keys;
        made.value = random_.element_of(made.type);
        if (at.value == nullptr || !at.value->is_array() || at.value->empty() || random_.one_in(3)) return made;
        made.type = FieldType::anys;
        made.value = (*at.value)[random_.below(at.value->size())];
        if (made.value.is_number_integer() && random_.one_in(3)) made.value = made.value.get<double>();
        return made;
    }

    /// The field of a unique rule, most often.
    PathChange key_field() {
        const bool text = random_.one_in(2);
        return {.type = text ? FieldType::text : FieldType::real,
                .keys = {random_.one_in(10) ? "c"
                         : text             ? "a"
                                            : "b"}};
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

    RandomValue random_;
    std::vector<std::string> ids_;
    std::size_t shape_ = 0;
    bool rules_ = false;         // whether documents are such that rules have something to say
    std::size_t favourite_ = 0;  // the table that most calls are of
    std::size_t others_ = 3;     // how rarely others are
    std::vector<json> documents_;
    std::map<std::string, json> usual_;
};

}  // namespace differential

#endif
