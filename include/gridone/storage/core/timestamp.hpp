// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_TIMESTAMP_HPP
#define GRIDONE_STORAGE_CORE_TIMESTAMP_HPP

#include <gridone/storage/core/detail/iso_time.hpp>
#include <gridone/storage/core/errors.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0 {

/// The time as it is stored: `2024-02-29T12:30:00.250000Z`, always in UTC, with six digits. What is finer than
/// microseconds is rounded down.
/// @throws InvalidInputError  a time outside of the years 1 to 9999, or none at all (NaN).
template <class Duration>
[[nodiscard]] std::string to_iso(std::chrono::sys_time<Duration> time) {
    if (!detail::has_iso_form(time)) throw InvalidInputError{"a time outside of the years 1 to 9999"};
    return detail::iso_text(detail::in_microseconds(time));
}

/// The time of a text `YYYY-MM-DDThh:mm:ss`, with a point and one to nine more digits or without, and with `Z` or an
/// offset `+hh:mm` or `-hh:mm` from UTC at the end. What is finer than microseconds is rounded down.
/// @throws DecodeError  another form, such as a time without a zone, a day or a time of day that does not exist (no leap
///                      seconds), or a time outside of the years 1 to 9999 in UTC. Quotes nothing of the text.
[[nodiscard]] inline std::chrono::sys_time<std::chrono::microseconds> from_iso(std::string_view text) {
    return detail::IsoReader{text}.read();
}

/// A point in time for members of models, which nlohmann can write and read: the text of `to_iso`.
class Timestamp {
public:
    /// 1970.
    constexpr Timestamp() = default;

    /// What is finer than microseconds is rounded down. A time outside of the years 1 to 9999 stays outside of them, and is
    /// refused where it is written.
    template <class Duration>
    constexpr Timestamp(std::chrono::sys_time<Duration> time)  // NOLINT(google-explicit-constructor): it is the same
        : time_{detail::in_microseconds(time)} {}

    [[nodiscard]] static Timestamp now() { return std::chrono::system_clock::now(); }

    [[nodiscard]] constexpr std::chrono::sys_time<std::chrono::microseconds> time() const noexcept { return time_; }

    friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;

    /// @throws InvalidInputError  as `to_iso`.
    friend void to_json(nlohmann::json& json, const Timestamp& timestamp) { json = to_iso(timestamp.time_); }

    /// @throws DecodeError  as `from_iso`. What is no text is nlohmann's `type_error`.
    friend void from_json(const nlohmann::json& json, Timestamp& timestamp) {
        timestamp.time_ = from_iso(json.get_ref<const std::string&>());
    }

private:
    std::chrono::sys_time<std::chrono::microseconds> time_{};
};

}  // namespace gridone::storage::inline v0

#endif
