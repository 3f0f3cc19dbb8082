// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_EXACT_SUM_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_EXACT_SUM_HPP

#include <gridone/storage/core/json/canonical_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// A sum of decimals without any rounding, as numeric has it.
class ExactSum {
public:
    /// Pre: a number that JSON here can hold: at most 401 digits before the point and 450 behind it.
    void add(const nlohmann::json& number) {
        const std::string text = canonical_json(number);
        const bool is_negative = text.starts_with('-');
        const std::string_view digits = std::string_view{text}.substr(is_negative ? 1 : 0);
        const std::size_t point = std::min(digits.find('.'), digits.size());
        Digits& sum = is_negative ? negative_ : positive_;
        for (std::size_t at = 0; at < digits.size(); ++at) {
            if (at == point) continue;
            const std::size_t place = behind + point - at - (at < point ? 1 : 0);
            add_digit(sum, place, digits[at] - '0');
        }
    }

    /// The sum as a decimal.
    [[nodiscard]] std::string text() const {
        const bool is_negative = std::ranges::lexicographical_compare(positive_.rbegin(), positive_.rend(),
                                                                      negative_.rbegin(), negative_.rend());
        Digits larger = is_negative ? negative_ : positive_;
        const Digits& smaller = is_negative ? positive_ : negative_;
        int borrowed = 0;
        for (std::size_t place = 0; place < places; ++place) {
            const int digit = larger[place] - smaller[place] - borrowed;
            borrowed = digit < 0 ? 1 : 0;
            larger[place] = static_cast<signed char>(digit + 10 * borrowed);
        }
        std::size_t first = places - 1;
        while (first > behind && larger[first] == 0) --first;
        std::size_t last = 0;
        while (last < behind && larger[last] == 0) ++last;
        std::string text = is_negative ? "-" : "";
        for (std::size_t place = first + 1; place-- > last;) {
            if (place + 1 == behind) text += '.';
            text += static_cast<char>('0' + larger[place]);
        }
        return text;
    }

private:
    static constexpr std::size_t behind = 450;  ///< Places behind the point.
    static constexpr std::size_t places = 900;
    using Digits = std::array<signed char, places>;  // the least first

    static void add_digit(Digits& sum, std::size_t place, int digit) {
        for (; digit != 0; ++place) {
            digit += sum[place];
            sum[place] = static_cast<signed char>(digit % 10);
            digit /= 10;
        }
    }

    Digits positive_{};
    Digits negative_{};
};

}  // namespace gridone::storage::inline v0::detail

#endif
