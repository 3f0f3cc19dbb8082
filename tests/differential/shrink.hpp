// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHRINK_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHRINK_HPP

#include "differential/case.hpp"
#include "differential/shrink_query.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace differential {

/// Makes a case smaller for as long as it stays a failing one: fewer calls first, then fewer and simpler documents and
/// changes.
class Shrinker {
public:
    /// @param fails  whether a case still shows the difference
    explicit Shrinker(std::function<bool(const Case&)> fails) : fails_{std::move(fails)} {}

    Case smallest(Case from) {
        best_ = std::move(from);
        do {
            progress_ = false;
            operations(best_.operations);
        } while (progress_ && tries_ < most_tries);
        return std::move(best_);
    }

private:
    static constexpr std::size_t most_tries = 5000;

    /// Puts `to` in the place, which is a part of `best_`, and keeps it if the case still fails.
    template <class T>
    bool keeps(T& place, T to) {
        if (tries_ >= most_tries) return false;
        ++tries_;
        std::swap(place, to);
        if (fails_(best_)) {
            progress_ = true;
            return true;
        }
        std::swap(place, to);
        return false;
    }

    template <class T>
    bool without(std::vector<T>& list, std::size_t begin, std::size_t size) {
        std::vector<T> shorter = list;
        const auto first = std::next(shorter.begin(), static_cast<std::ptrdiff_t>(begin));
        shorter.erase(first, std::next(first, static_cast<std::ptrdiff_t>(size)));
        return keeps(list, std::move(shorter));
    }

    /// Drops what it can of a list: halves, quarters and so on to single elements.
    template <class T>
    void drop(std::vector<T>& list) {
        for (std::size_t size = list.size(); size > 0; size /= 2) {
            for (std::size_t end = list.size(); end >= size; --end) {
                if (end > list.size()) continue;
                without(list, end - size, size);
                if (list.size() < size) break;
            }
        }
    }

    void operations(std::vector<Operation>& list) {
        drop(list);
        for (std::size_t at = 0; at < list.size(); ++at) {
            if (list[at].kind != Kind::transaction) continue;
            std::vector<Operation> flat = list;  // its body in place of it
            const auto place = flat.erase(std::next(flat.begin(), static_cast<std::ptrdiff_t>(at)));
            flat.insert(place, list[at].body.begin(), list[at].body.end());
            keeps(list, std::move(flat));
        }
        for (std::size_t at = 0; at < list.size(); ++at) simplify(list[at]);
    }

    void simplify(Operation& it) {
        if (it.table != 0) keeps(it.table, std::size_t{0});
        if (it.passes) keeps(it.passes, false);
        if (it.bypasses) keeps(it.bypasses, false);
        if (it.read_only) keeps(it.read_only, false);
        if (it.meddlings > 0) keeps(it.meddlings, 0) || keeps(it.meddlings, it.meddlings - 1);
        if (it.version > 0) keeps(it.version, it.version - 1);
        if (it.id != "a") keeps(it.id, std::string{"a"});
        // A model takes no other value.
        if (it.kind == Kind::model_write || it.kind == Kind::model_edit) return;
        simplify(it.value);
        drop(it.batch);
        for (auto& [id, value] : it.batch) {
            if (id != "a") keeps(id, std::string{"a"});
            simplify(value);
        }
        if (it.kind == Kind::upsert_by) return;
        drop(it.changes);
        for (PathChange& change : it.changes) {
            simplify(change.keys);
            if (change.kind == ChangeOf::set && change.type != FieldType::any) keeps(change.type, FieldType::any);
            if (change.kind == ChangeOf::set && change.type == FieldType::any) simplify(change.value);
            if (change.kind == ChangeOf::increment) simplify(change.value);
        }
        simplify(it.query);
        drop(it.steps);
        for (Step& step : it.steps) {
            if (step.kind == Step::Kind::stop) continue;
            simplify(step.keys);
            simplify(step.value);
        }
        operations(it.body);
    }

    void simplify(CaseQuery& it) {
        drop(it.where);
        for (CaseFilter& filter : it.where) keeps_first(filter, SmallerQuery::filters);
        drop(it.order);
        for (CaseOrder& order : it.order) {
            keeps_first(order.field, SmallerQuery::fields);
            if (order.descending) keeps(order.descending, false);
        }
        if (it.limit >= 0) keeps(it.limit, -1);
        if (it.limit > 1) keeps(it.limit, 1);
        if (it.offset != 0) keeps(it.offset, std::size_t{0}) || keeps(it.offset, it.offset - 1);
        if (it.number != 0) keeps(it.number, std::size_t{0});
        keeps_first(it.of, SmallerQuery::fields);
    }

    /// Puts smaller ones in the place for as long as the case still fails.
    template <class T, class Smaller>
    void keeps_first(T& place, Smaller&& smaller) {
        const auto one_is_kept = [&] {
            std::vector<T> all = smaller(place);
            return std::ranges::any_of(all, [&](T& each) { return keeps(place, std::move(each)); });
        };
        while (one_is_kept()) continue;
    }

    void simplify(Keys& keys) {
        if (keys.size() > 1) keeps(keys, Keys{keys.front()});
        if (keys.size() > 1) keeps(keys, Keys{keys.back()});
        for (std::string& key : keys) {
            if (key != "a") keeps(key, std::string{"a"});
        }
    }

    void simplify(json& value) {
        if (value.is_object()) {
            for (const auto& key : keys_of(value)) {
                json smaller = value;
                smaller.erase(key);
                keeps(value, std::move(smaller));
            }
            for (const auto& key : keys_of(value)) {
                if (key != "a" && !value.contains("a")) {
                    json renamed = value;
                    renamed["a"] = renamed[key];
                    renamed.erase(key);
                    if (keeps(value, std::move(renamed))) continue;
                }
                simplify(value[key]);
            }
        } else if (value.is_array()) {
            for (std::size_t at = value.size(); at-- > 0;) {
                json smaller = value;
                smaller.erase(at);
                keeps(value, std::move(smaller));
            }
            for (json& element : value) simplify(element);
        } else if (value.is_number()) {
            if (value != 0 && !keeps(value, json(0)) && value != 1) keeps(value, json(1));
        } else if (value.is_string()) {
            const auto text = value.get<std::string>();
            if (!text.empty() && !keeps(value, json("")) && text != "a") keeps(value, json("a"));
        }
    }

    static std::vector<std::string> keys_of(const json& object) {
        std::vector<std::string> keys;
        for (const auto& [key, element] : object.items()) keys.push_back(key);
        return keys;
    }

    std::function<bool(const Case&)> fails_;
    Case best_;
    bool progress_ = false;
    std::size_t tries_ = 0;
};

}  // namespace differential

#endif
