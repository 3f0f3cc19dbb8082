// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_WRITER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_WRITER_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/canonical_number.hpp>
#include <gridone/storage/core/json/detail/canonical_string.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>
#include <gridone/storage/core/json/detail/key_order.hpp>
#include <gridone/storage/core/json/detail/plain_ascii.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Writes nlohmann values as jsonb prints them, checking as it goes. Recurses at most `max_depth` levels.
class DomWriter {
    using Json = nlohmann::json;
    using Member = Json::object_t::value_type;

public:
    DomWriter(BoundedText& out, std::size_t max_depth) noexcept : out_{out}, max_depth_{max_depth} {}

    /// @param depth  of how many arrays and objects the value is in
    void value(const Json& value, const JsonStep* at, std::size_t depth) {
        switch (value.type()) {
            case Json::value_t::null:
                return out_.append("null");
            case Json::value_t::boolean:
                return out_.append(value.get_ref<const Json::boolean_t&>() ? "true" : "false");
            case Json::value_t::number_integer:
                return integer(value.get_ref<const Json::number_integer_t&>());
            case Json::value_t::number_unsigned:
                return integer(value.get_ref<const Json::number_unsigned_t&>());
            case Json::value_t::number_float:
                return floating(value.get_ref<const Json::number_float_t&>(), at);
            case Json::value_t::string:
                return string(value.get_ref<const std::string&>(), at);
            case Json::value_t::array:
                return array(value.get_ref<const Json::array_t&>(), at, depth + 1);
            case Json::value_t::object:
                return object(value.get_ref<const Json::object_t&>(), at, depth + 1);
            case Json::value_t::binary:
                refuse("JSON has no binary values", at);
            case Json::value_t::discarded:
                break;
        }
        refuse("a discarded value", at);
    }

    template <class Integer>
    void integer(Integer value) {
        std::array<char, 24> buffer{};
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
        out_.append(std::string_view{buffer.data(), static_cast<std::size_t>(end - buffer.data())});
    }

    void floating(double value, const JsonStep* at) {
        if (!std::isfinite(value)) refuse("JSON has no NaN and no infinity", at);
        append_canonical_double(out_, value);
    }

    /// A key that cannot be stored is reported at its object: its bytes would spoil the message.
    void string(std::string_view text, const JsonStep* at) {
        if (plain_ascii(text) == text.size()) return append_plain_string(out_, text);
        if (const auto fault = string_fault(text); !fault.empty()) refuse(fault, at);
        append_canonical_string(out_, text);
    }

    [[noreturn]] static void refuse(std::string_view reason, const JsonStep* at) {
        throw InvalidInputError{reason, json_pointer(at)};
    }

private:
    void array(const Json::array_t& items, const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        out_.append('[');
        JsonStep step{.parent = at};
        for (const Json& item : items) {
            if (step.index != 0) out_.append(", ");
            value(item, &step, depth);
            ++step.index;
        }
        out_.append(']');
    }

    void object(const Json::object_t& members, const JsonStep* at, std::size_t depth) {
        if (depth > max_depth_) refuse("nested too deeply", at);
        out_.append('{');
        bool first = true;
        const auto write = [&](const Member& member) {
            if (!std::exchange(first, false)) out_.append(", ");
            string(member.first, at);
            out_.append(": ");
            const JsonStep step{.parent = at, .key = member.first};
            value(member.second, &step, depth);
        };
        const auto by_length = [](const Member& a, const Member& b) { return a.first.size() < b.first.size(); };
        if (std::is_sorted(members.begin(), members.end(), by_length)) {  // the map already sorts by bytes
            for (const Member& member : members) write(member);
        } else {
            std::vector<const Member*> sorted;
            sorted.reserve(members.size());
            for (const Member& member : members) sorted.push_back(&member);
            std::sort(sorted.begin(), sorted.end(),
                      [](const Member* a, const Member* b) { return jsonb_key_less(a->first, b->first); });
            for (const Member* member : sorted) write(*member);
        }
        out_.append('}');
    }

    BoundedText& out_;
    std::size_t max_depth_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
