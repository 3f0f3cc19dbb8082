// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_TEXT_ARRAY_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_TEXT_ARRAY_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A text[] in PostgreSQL's binary format (array_recv in its source): dimensions, whether it has nulls, element type,
/// length, lower bound, then each element after its length; integers in network order.
class TextArray {
public:
    void push_back(std::string_view element) {
        append(wire_, static_cast<std::uint32_t>(element.size()));
        wire_ += element;
        ++size_;
        put_size();
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return wire_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Valid until the next change.
    [[nodiscard]] std::string_view wire() const noexcept { return wire_; }

private:
    static void append(std::string& wire, std::uint32_t number) {
        for (unsigned shift = 32; shift != 0; shift -= 8) wire += static_cast<char>(number >> (shift - 8) & 0xFFU);
    }

    static std::string empty() {
        constexpr std::uint32_t text_oid = 25;
        std::string wire;
        for (const std::uint32_t number : {1U, 0U, text_oid, 0U, 1U}) append(wire, number);
        return wire;
    }

    void put_size() {
        std::string number;
        append(number, static_cast<std::uint32_t>(size_));
        wire_.replace(12, 4, number);
    }

    std::string wire_ = empty();
    std::size_t size_ = 0;
};

template <class Range>
TextArray text_array(const Range& elements) {
    TextArray array;
    for (const std::string_view element : elements) array.push_back(element);
    return array;
}

}  // namespace gridone::storage::inline v0::detail

#endif
