// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_READER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_MODEL_READER_HPP

#include <gridone/storage/core/json/detail/dom_reader.hpp>
#include <gridone/storage/core/json/detail/json_kinds.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/detail/json_scanner.hpp>
#include <gridone/storage/core/json/detail/json_value.hpp>
#include <gridone/storage/core/json/detail/located_at.hpp>
#include <gridone/storage/core/json/detail/member_table.hpp>
#include <gridone/storage/core/json/detail/read_back.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace gridone::storage::inline v0::detail {

/// Reads stored text into models that list their members, with the checks of DomReader. Values of other types go through
/// a tree of their own.
class ModelReader {
public:
    ModelReader(std::string_view text, std::size_t max_depth) noexcept
        : in_{text}, tree_{in_, max_depth}, max_depth_{max_depth} {}
    ModelReader(const ModelReader&) = delete;
    ModelReader& operator=(const ModelReader&) = delete;
    ~ModelReader() = default;

    template <class M>
    [[nodiscard]] M read() && {
        M model{};
        value(model, nullptr, 0);
        tree_.expect_end();
        return model;
    }

private:
    using Json = nlohmann::json;

    template <class T>
    void value(T& target, const JsonStep* at, std::size_t depth) {
        in_.skip_space();
        if constexpr (ListsJsonMembers<T>) {
            model(target, at, depth + 1);
        } else if constexpr (value_fault<T> != ValueFault::none) {
            // check_member has refused it.
        } else if constexpr (std::same_as<T, bool>) {
            target = in_.take("true");
            if (!target && !in_.take("false")) misfit("true or false", at, depth);
        } else if constexpr (JsonNumeric<T>) {
            number(target, at, depth);
        } else if constexpr (std::same_as<T, std::string>) {
            string(target, at, depth);
        } else if constexpr (std::same_as<T, Timestamp>) {
            string(text_, at, depth);
            target = located_at(at, [&] { return from_iso(text_); });
        } else if constexpr (is_optional<T>) {
            in_.take("null") ? target.reset() : value(target.emplace(), at, depth);
        } else if constexpr (is_json_array<T>) {
            array(target, at, depth + 1);
        } else if constexpr (is_json_dictionary<T>) {
            dictionary(target, at, depth + 1);
        } else if constexpr (std::same_as<T, Json>) {
            target = nullptr;
            tree_.value(target, at, depth);
        } else {
            Json tree;
            tree_.value(tree, at, depth);
            target = located_at(at, [&] { return converted<T>(tree); });
        }
    }

    /// Whatever comes next is not what the model has there, unless it is no JSON at all.
    [[noreturn]] void misfit(std::string_view expected, const JsonStep* at, std::size_t depth) {
        Json passed_over;
        tree_.value(passed_over, at, depth);
        if (at == nullptr) tree_.expect_end();
        DomReader::refuse("the model expects " + std::string{expected} + " here", at);
    }

    template <class T>
    static T converted(const Json& tree) {
        try {
            T value = tree.template get<T>();
            if constexpr (std::constructible_from<Json, const T&>) ReadBack::check(tree, json_tree(value));
            return value;
        } catch (const Json::exception& error) {
            DomReader::refuse("not of the type that the model expects (JSON error " + std::to_string(error.id) + ")",
                              nullptr);
        }
    }

    void string(std::string& target, const JsonStep* at, std::size_t depth) {
        if (in_.peek() != '"') misfit("text", at, depth);
        tree_.string(target, at);
    }

    template <class T>
    void number(T& target, const JsonStep* at, std::size_t depth) {
        if (const char c = in_.peek(); c != '-' && (c < '0' || c > '9')) misfit("a number", at, depth);
        const bool fits = std::visit(
            [&](auto read) {
                if constexpr (std::floating_point<T>) {
                    constexpr auto largest = static_cast<long double>(std::numeric_limits<T>::max());
                    if (std::abs(static_cast<long double>(read)) > largest) return false;
                    target = static_cast<T>(read);
                    return true;
                } else if constexpr (std::integral<decltype(read)>) {
                    target = static_cast<T>(read);
                    return std::in_range<T>(read);
                } else {
                    return whole(target, read);
                }
            },
            tree_.number(at));
        if (!fits) DomReader::refuse("a number that the model's type cannot hold", at);
    }

    /// 3.0 for an integer; beyond 2^53 a double may stand for a number that is none.
    template <class T>
    static bool whole(T& target, double read) {
        if (std::abs(read) > 0x1p53 || std::trunc(read) != read) return false;
        const auto integer = static_cast<std::int64_t>(read);
        target = static_cast<T>(integer);
        return std::in_range<T>(integer);
    }

    /// Into the container that starts with `token`.
    void enter(char token, std::string_view expected, const JsonStep* at, std::size_t depth) {
        if (in_.peek() != token) misfit(expected, at, depth - 1);
        if (depth > max_depth_) DomReader::refuse("nested too deeply", at);
        (void)in_.take(token);
    }

    /// Room for these at once spares an array of more two moves to a larger place.
    static constexpr std::size_t few = 4;

    template <class Items>
    void array(Items& items, const JsonStep* at, std::size_t depth) {
        enter('[', "an array", at, depth);
        items.clear();
        if (tree_.next_is(']')) return;
        if constexpr (requires { items.reserve(few); }) items.reserve(few);
        JsonStep step{.parent = at};
        do {
            value(items.emplace_back(), &step, depth);
            ++step.index;
        } while (tree_.next_is(','));
        tree_.expect(']', at);
    }

    template <class Entries>
    void dictionary(Entries& entries, const JsonStep* at, std::size_t depth) {
        enter('{', "an object", at, depth);
        entries.clear();
        if (tree_.next_is('}')) return;
        do {
            std::string key;
            tree_.key(key, at);
            tree_.expect(':', at);
            const auto [entry, is_new] = entries.try_emplace(std::move(key));
            if (!is_new) entry->second = {};
            const JsonStep step{.parent = at, .key = entry->first};
            value(entry->second, &step, depth);
        } while (tree_.next_is(','));
        tree_.expect('}', at);
    }

    template <class M>
    void model(M& target, const JsonStep* at, std::size_t depth) {
        using Table = MembersOf<M>;
        enter('{', "an object", at, depth);
        std::array<bool, Table::count> seen{};
        std::size_t next = 0;  // what jsonb has next
        const auto read = [&](std::size_t which, auto pointer) {
            const JsonStep step{.parent = at, .key = Table::keys[which]};
            value(target.*pointer, &step, depth);
            seen[which] = true;
            next = which + 1;
        };
        Table::each_while([&](std::size_t which, auto pointer) {  // as jsonb has them, which is quick to compare
            if (!in_.take(which == 0 ? Table::first_label(0) : Table::labels[which])) return false;
            read(which, pointer);
            return true;
        });
        if (next != 0 || !tree_.next_is('}')) {
            for (bool is_next = next == 0 || tree_.next_is(','); is_next; is_next = tree_.next_is(',')) {
                const std::size_t which = member<Table>(next, at);
                if (which == Table::count) {
                    pass_over(at, depth);
                } else {
                    Table::visit(which, [&](auto pointer) { read(which, pointer); });
                }
            }
            tree_.expect('}', at);
        }
        if constexpr (!Table::has_defaults) {
            Table::each([&](std::size_t which, auto pointer) {
                if (!seen[which]) missing(target.*pointer, Table::keys[which], at);
            });
        }
    }

    template <class T>
    static void missing(T& target, std::string_view key, const JsonStep* at) {
        if constexpr (is_optional<T>) {
            target.reset();
        } else {
            const JsonStep step{.parent = at, .key = key};
            DomReader::refuse("the stored document lacks a member that the model needs", &step);
        }
    }

    /// Reads a key and the colon. @returns the number of its member, or as many as there are.
    template <class Table>
    std::size_t member(std::size_t next, const JsonStep* at) {
        in_.skip_space();
        if (next < Table::count && in_.take(Table::first_label(next))) return next;
        tree_.key(text_, at);
        tree_.expect(':', at);
        return static_cast<std::size_t>(
            std::distance(Table::keys.begin(), std::find(Table::keys.begin(), Table::keys.end(), text_)));
    }

    /// A member that the model does not have; its key is in `text_`.
    void pass_over(const JsonStep* at, std::size_t depth) {
        const std::string key = text_;
        const JsonStep step{.parent = at, .key = key};
        Json passed_over;
        tree_.value(passed_over, &step, depth);
    }

    JsonScanner in_;
    DomReader tree_;
    std::size_t max_depth_;
    std::string text_;  ///< Room for one key or time.
};

}  // namespace gridone::storage::inline v0::detail

#endif
