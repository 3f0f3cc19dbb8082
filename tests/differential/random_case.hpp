// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RANDOM_CASE_HPP

#include "differential/case.hpp"
#include "differential/random_change.hpp"
#include "differential/random_places.hpp"
#include "differential/random_query.hpp"
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
        if (random_.one_in(3)) ids_.insert(ids_.end(), {"c", "d", "aa", "\u00e9"});
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
        if (random_.one_in(3)) return Kind::query;
        if (rules_ && random_.one_in(10)) return random_.one_in(4) ? Kind::clear : Kind::remove;
        if (random_.one_in(4)) return random_.one_in(5) ? Kind::patch_if : Kind::patch;
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
        if (made.is_object() && random_.one_in(3)) places_.make_alike(made);
        if (made.is_object()) places_.add(made);
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
            case Kind::write_stream:
            case Kind::insert_many:
            case Kind::insert_stream:
            case Kind::insert_missing:
                for (std::size_t size = random_.below(5); size > 0; --size) {
                    made.batch.emplace_back(id(), document());
                }
                break;
            case Kind::patch_if:
                if (random_.one_in(2)) made.version = static_cast<int>(random_.below(4));
                [[fallthrough]];
            case Kind::patch:
                for (std::size_t size = 1 + random_.below(3); size > 0; --size) made.changes.push_back(change());
                break;
            case Kind::edit:
                made.value = document();
                if (random_.one_in(5)) made.meddlings = 1 + static_cast<int>(random_.below(3));
                for (std::size_t size = random_.below(4); size > 0; --size) made.steps.push_back(step());
                break;
            case Kind::query:
                fill_query(made);
                break;
            case Kind::transaction:
                made.read_only = random_.one_in(20);
                for (std::size_t size = random_.below(6); size > 0; --size) made.body.push_back(operation(depth + 1));
                break;
            default:
                break;
        }
    }

    void fill_query(Operation& made) {
        made.query = queries_.next();
        const Ask ask = made.query.ask;
        if (ask == Ask::patch || ask == Ask::patch_documents) {
            for (std::size_t size = 1 + random_.below(2); size > 0; --size) made.changes.push_back(change());
        }
        if (ask < Ask::for_each || ask > Ask::select_pages) return;
        static constexpr std::array between_pages{Kind::write, Kind::insert, Kind::remove, Kind::patch};
        for (std::size_t size = random_.below(3); size > 0; --size) {
            Operation each{.kind = random_.any_of(between_pages), .table = made.table, .id = id()};
            fill(each, deepest);
            made.body.push_back(std::move(each));
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
        if (random_.one_in(3)) return {.kind = Step::Kind::erase, .keys = places_.next().keys};
        Step made{.keys = places_.next().keys};
        const std::string& key = made.keys.front();
        made.value = rules_ && random_.one_in(2) ? value_under_rules(key)
                     : random_.one_in(60)        ? random_.value_of(FieldType::any)
                                                 : random_.value(2);
        return made;
    }

    PathChange change() {
        if (!rules_ || !random_.one_in(3)) return changes_.next();
        static constexpr std::array under_rules{"a", "b", "c", "0"};
        const std::string key = random_.any_of(under_rules);
        return {.keys = {key}, .value = value_under_rules(key)};
    }

    /// The field of a unique rule, most often.
    PathChange key_field() {
        const bool text = random_.one_in(2);
        return {.type = text ? FieldType::text : FieldType::real,
                .keys = {random_.one_in(10) ? "c"
                         : text             ? "a"
                                            : "b"}};
    }

    RandomValue random_;
    std::vector<std::string> ids_;
    RandomPlaces places_{random_};
    RandomChange changes_{random_, places_};
    RandomQuery queries_{random_, places_, ids_};
    std::size_t shape_ = 0;
    bool rules_ = false;         // whether documents are such that rules have something to say
    std::size_t favourite_ = 0;  // the table that most calls are of
    std::size_t others_ = 3;     // how rarely others are
    std::map<std::string, json> usual_;
};

}  // namespace differential

#endif
