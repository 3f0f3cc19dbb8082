// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_ISO_TIME_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_ISO_TIME_HPP

#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

inline constexpr std::chrono::sys_days first_iso_day{std::chrono::year{1} / std::chrono::January / 1};
inline constexpr std::chrono::sys_days last_iso_day{std::chrono::year{9999} / std::chrono::December / 31};

/// Whether the year has four digits and is not 0, which neither PostgreSQL nor Python know. Overflows for no duration.
template <class Duration>
[[nodiscard]] constexpr bool has_iso_form(std::chrono::sys_time<Duration> time) {
    using ToDays = std::ratio_divide<typename Duration::period, std::chrono::days::period>;
    if constexpr (std::chrono::treat_as_floating_point_v<typename Duration::rep> || ToDays::num != 1) {
        // Not by its day, whose number may be beyond any integer; NaN is in no range.
        using Seconds = std::chrono::duration<long double>;
        const Seconds since_1970 = time.time_since_epoch();
        return since_1970 >= Seconds{first_iso_day.time_since_epoch()} &&
               since_1970 < Seconds{(last_iso_day + std::chrono::days{1}).time_since_epoch()};
    } else {
        const auto day = std::chrono::floor<std::chrono::days>(time);
        return day >= first_iso_day && day <= last_iso_day;
    }
}

/// The time rounded down to microseconds. A time outside of the years 1 to 9999 may become another one outside of them,
/// since its microseconds may be beyond 64 bits; NaN becomes one of them.
template <class Duration>
[[nodiscard]] constexpr std::chrono::sys_time<std::chrono::microseconds> in_microseconds(
    std::chrono::sys_time<Duration> time) {
    using Micros = std::chrono::sys_time<std::chrono::microseconds>;
    if constexpr (std::same_as<std::chrono::sys_time<Duration>, Micros>) {
        return time;
    } else {
        if (has_iso_form(time)) return std::chrono::floor<std::chrono::microseconds>(time);
        return time > std::chrono::sys_time<Duration>{} ? Micros::max() : Micros::min();
    }
}

/// Whether a duration, rounded down to this type, is in its range. Nanoseconds in 64 bits end in 2262, seconds in 32 bits
/// in 2038.
template <class Duration>
[[nodiscard]] constexpr bool can_hold_time(std::chrono::microseconds since_1970) {
    using Rep = typename Duration::rep;
    if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
        return true;
    } else if constexpr (std::ratio_less_v<typename Duration::period, std::micro>) {
        return since_1970 >= std::chrono::ceil<std::chrono::microseconds>(Duration::min()) &&
               since_1970 <= std::chrono::floor<std::chrono::microseconds>(Duration::max());
    } else {
        using Wide = std::chrono::duration<std::int64_t, typename Duration::period>;
        return std::in_range<Rep>(std::chrono::floor<Wide>(since_1970).count());
    }
}

inline void append_digits(std::string& text, std::size_t width, unsigned value) {
    const std::string digits = std::to_string(value);
    text.append(width - std::min(width, digits.size()), '0').append(digits);
}

/// Pre: `has_iso_form(time)`.
[[nodiscard]] inline std::string iso_text(std::chrono::sys_time<std::chrono::microseconds> time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::string text;
    const auto append = [&](std::size_t width, auto value, std::string_view behind) {
        append_digits(text, width, static_cast<unsigned>(value));
        text += behind;
    };
    append(4, static_cast<int>(date.year()), "-");
    append(2, static_cast<unsigned>(date.month()), "-");
    append(2, static_cast<unsigned>(date.day()), "T");
    append(2, clock.hours().count(), ":");
    append(2, clock.minutes().count(), ":");
    append(2, clock.seconds().count(), ".");
    append(6, clock.subseconds().count(), "Z");
    return text;
}

/// Reads one time, from left to right.
class IsoReader {
public:
    explicit IsoReader(std::string_view text) noexcept : rest_{text} {}

    [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> read() && {
        const int year = static_cast<int>(number(4));
        expect('-');
        const unsigned month = number(2);
        expect('-');
        const unsigned day = number(2);
        expect('T');
        const std::chrono::hours hours{below(24)};
        expect(':');
        const std::chrono::minutes minutes{below(60)};
        expect(':');
        const std::chrono::seconds seconds{below(60)};
        const std::chrono::microseconds fraction = skip('.') ? micros() : std::chrono::microseconds{0};
        if (rest_.empty()) throw DecodeError{"a time without a zone: at its end stands Z or an offset such as +01:00"};
        const std::chrono::minutes offset = skip('Z') ? std::chrono::minutes{0} : offset_from_utc();
        if (!rest_.empty()) refuse();
        const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                               std::chrono::day{day}};
        if (!date.ok()) throw DecodeError{"a time on a day that does not exist"};
        const auto time = std::chrono::sys_days{date} + hours + minutes + seconds + fraction - offset;
        if (!has_iso_form(time) || year == 0) throw DecodeError{"a time outside of the years 1 to 9999"};
        return time;
    }

private:
    [[noreturn]] static void refuse() {
        throw DecodeError{"the text is not a time of the form YYYY-MM-DDThh:mm:ss[.fffffffff]Z"};
    }

    [[nodiscard]] bool skip(char c) noexcept {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!skip(c)) refuse();
    }

    [[nodiscard]] std::size_t digits() const noexcept {
        return std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    }

    /// A number of exactly so many digits.
    [[nodiscard]] unsigned number(std::size_t width) {
        if (digits() < width) refuse();
        unsigned value = 0;
        for (const char c : rest_.substr(0, width)) value = value * 10 + static_cast<unsigned>(c - '0');
        rest_.remove_prefix(width);
        return value;
    }
    [[nodiscard]] unsigned below(unsigned bound) {
        const unsigned value = number(2);
        if (value >= bound) throw DecodeError{"a time of day that does not exist"};
        return value;
    }

    /// One to nine digits of a second, of which those after the sixth are dropped: rounded down, before 1970 as well.
    [[nodiscard]] std::chrono::microseconds micros() {
        const std::size_t width = digits();
        if (width == 0 || width > 9) refuse();
        const std::size_t used = std::min<std::size_t>(width, 6);
        unsigned value = number(used);
        rest_.remove_prefix(width - used);
        for (std::size_t i = used; i < 6; ++i) value *= 10;
        return std::chrono::microseconds{value};
    }

    [[nodiscard]] std::chrono::minutes offset_from_utc() {
        const bool west = skip('-');
        if (!west) expect('+');
        const std::chrono::hours hours{below(24)};
        expect(':');
        const std::chrono::minutes offset = hours + std::chrono::minutes{below(60)};
        return west ? -offset : offset;
    }

    std::string_view rest_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
