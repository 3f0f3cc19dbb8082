// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_BUILDER_HPP
#define GRIDONE_STORAGE_CORE_JSON_DETAIL_DOM_BUILDER_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/bounded_text.hpp>
#include <gridone/storage/core/json/detail/canonical_number.hpp>
#include <gridone/storage/core/json/detail/json_pointer.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Builds the value from nlohmann's parser events and refuses what would lose something.
class DomBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit DomBuilder(std::size_t max_depth) noexcept : max_depth_{max_depth} {}

    [[nodiscard]] nlohmann::json take() && { return std::move(root_); }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }

    /// Also called for integers beyond 64 bits. One of those is what a double was written as, if it is exactly what the
    /// canonical text of the nearest double is; then the double is the whole truth, and otherwise digits would be lost.
    bool number_float(number_float_t value, const string_t& text) override {
        const bool is_integer = text.find_first_not_of("-0123456789") == string_t::npos;
        if (is_integer && text != canonical_text(value)) refuse("an integer beyond 64 bits", place());
        return put(value);
    }

    bool string(string_t& value) override {
        if (value.find('\0') != string_t::npos) refuse("a string with U+0000", place());
        return put(std::move(value));
    }
    bool binary(binary_t& /*value*/) override { refuse("a binary value", place()); }

    bool start_object(std::size_t /*size*/) override { return open(nlohmann::json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(nlohmann::json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& key) override {
        if (key.find('\0') != string_t::npos) refuse("a key with U+0000", container());
        Frame& frame = open_.back();
        const auto member = frame.container->get_ref<nlohmann::json::object_t&>().try_emplace(std::move(key)).first;
        frame.key = &member->first;
        frame.member = &member->second;
        return true;
    }

    /// nlohmann's own message quotes the text, so only the kind of the error is used.
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::json::exception& e) override {
        constexpr int number_overflow = 406;
        if (e.id == number_overflow) refuse("a number beyond the range of double", place());
        refuse("not well-formed JSON", container());
    }

private:
    struct Frame {
        nlohmann::json* container = nullptr;
        const std::string* key = nullptr;  ///< Of the member that is read; null in an array.
        nlohmann::json* member = nullptr;
    };

    [[noreturn]] static void refuse(std::string_view reason, const std::string& pointer) {
        throw DecodeError{reason, pointer};
    }

    static std::string canonical_text(double value) {
        BoundedText out{512};  // the longest, a subnormal, has fewer than 350 characters
        append_canonical_double(out, value);
        return std::move(out).take();
    }

    /// The pointer of the innermost open container.
    [[nodiscard]] std::string container() const {
        std::string pointer;
        for (std::size_t i = 0; i + 1 < open_.size(); ++i) append_step(pointer, open_[i], 1);
        return pointer;
    }

    /// The pointer of the value that comes next.
    [[nodiscard]] std::string place() const {
        std::string pointer = container();
        if (!open_.empty()) append_step(pointer, open_.back(), 0);
        return pointer;
    }

    static void append_step(std::string& pointer, const Frame& frame, std::size_t items_begun) {
        if (frame.key != nullptr) {
            append_pointer_token(pointer, *frame.key);
        } else {
            append_pointer_token(pointer, frame.container->size() - items_begun);
        }
    }

    template <class Value>
    bool put(Value&& value) {
        place_value(nlohmann::json(std::forward<Value>(value)));
        return true;
    }

    nlohmann::json* place_value(nlohmann::json&& value) {
        nlohmann::json* target = &root_;
        if (!open_.empty()) {
            Frame& parent = open_.back();
            if (parent.key == nullptr) return &parent.container->emplace_back(std::move(value));
            target = parent.member;
        }
        *target = std::move(value);
        return target;
    }

    bool open(nlohmann::json&& empty) {
        if (open_.size() >= max_depth_) refuse("nested too deeply", place());
        open_.push_back({.container = place_value(std::move(empty))});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    nlohmann::json root_;
    std::vector<Frame> open_;
    std::size_t max_depth_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
