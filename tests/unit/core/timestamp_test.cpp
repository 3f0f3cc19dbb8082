// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>

namespace gs = gridone::storage;
using namespace std::chrono;

namespace {

using Micros = sys_time<microseconds>;

constexpr sys_days leap_day{year{2024} / February / 29};

bool is_refused(std::string_view text) {
    try {
        (void)gs::from_iso(text);
        return false;
    } catch (const gs::DecodeError&) {
        return true;
    }
}

std::string two(int number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

int days_of(int year, int month) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2) return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

}  // namespace

TEST_CASE("a time is written in UTC with six digits") {
    CHECK(gs::to_iso(leap_day + 12h + 30min + 250ms) == "2024-02-29T12:30:00.250000Z");
    CHECK(gs::to_iso(leap_day + 23h + 59min + 59s + 999999us) == "2024-02-29T23:59:59.999999Z");
    CHECK(gs::to_iso(leap_day) == "2024-02-29T00:00:00.000000Z");
    CHECK(gs::to_iso(sys_days{}) == "1970-01-01T00:00:00.000000Z");
    CHECK(gs::to_iso(sys_days{} - 1us) == "1969-12-31T23:59:59.999999Z");
    CHECK(gs::to_iso(sys_days{year{476} / 9 / 4} + 5us) == "0476-09-04T00:00:00.000005Z");
}

TEST_CASE("what is finer than microseconds is rounded down, before 1970 as well") {
    CHECK(gs::to_iso(sys_days{} + 1999ns) == "1970-01-01T00:00:00.000001Z");
    CHECK(gs::to_iso(sys_days{} - 1ns) == "1969-12-31T23:59:59.999999Z");
    CHECK(gs::to_iso(sys_time<duration<double>>{duration<double>{-0.5}}) == "1969-12-31T23:59:59.500000Z");
    CHECK(gs::Timestamp{sys_days{} - 1ns}.time() == sys_days{} - 1us);
}

TEST_CASE("times have the years 1 to 9999") {
    constexpr sys_days first{year{1} / January / 1};
    constexpr sys_days end{year{10000} / January / 1};
    CHECK(gs::to_iso(first) == "0001-01-01T00:00:00.000000Z");
    CHECK(gs::to_iso(end - 1us) == "9999-12-31T23:59:59.999999Z");
    CHECK_THROWS_AS(gs::to_iso(first - 1us), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::to_iso(end), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::to_iso(Micros::max()), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::to_iso(Micros::min()), gs::InvalidInputError);
    // Of these the years 1 and 9999 are out of reach.
    CHECK(gs::to_iso(sys_time<nanoseconds>::max()) == "2262-04-11T23:47:16.854775Z");
    CHECK(gs::to_iso(sys_time<nanoseconds>::min()) == "1677-09-21T00:12:43.145224Z");
    using Real = duration<double>;
    for (const double seconds : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(), 1e300, 253402300800.0}) {
        CHECK_THROWS_AS(gs::to_iso(sys_time<Real>{Real{seconds}}), gs::InvalidInputError);
    }
}

TEST_CASE("a time of any duration outside of the years 1 to 9999 is refused rather than stored as another time") {
    using Weeks = duration<std::int64_t, std::ratio<604'800>>;
    using OddSeconds = duration<std::int64_t, std::ratio<86'399>>;
    const auto is_refused_time = [](auto time) {
        CHECK_THROWS_AS(gs::to_iso(time), gs::InvalidInputError);
        CHECK_THROWS_AS(nlohmann::json(gs::Timestamp{time}), gs::InvalidInputError);
    };
    const auto are_refused = [&](auto... times) { (is_refused_time(times), ...); };
    are_refused(sys_seconds::max(), sys_seconds::min(), sys_time<milliseconds>::max(), sys_time<milliseconds>::min(),
                sys_time<minutes>::max(), sys_time<hours>::min(), sys_days::max(), sys_days::min());
    are_refused(sys_time<Weeks>::max(), sys_time<Weeks>::min(), sys_time<OddSeconds>::max(), sys_time<years>::max(),
                sys_time<duration<std::int64_t, years::period>>::min(), sys_time<duration<std::uint64_t>>::max());
    using Real = duration<double>;
    for (const double seconds : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(), 1e300}) {
        are_refused(sys_time<Real>{Real{seconds}});
    }
    CHECK(gs::Timestamp{sys_seconds::max()} > gs::Timestamp{sys_days{year{9999} / December / 31}});
    CHECK(gs::Timestamp{sys_seconds::min()} < gs::Timestamp{sys_days{year{1} / January / 1}});
    CHECK(gs::to_iso(sys_time<Weeks>{Weeks{1}}) == "1970-01-08T00:00:00.000000Z");
    STATIC_REQUIRE(gs::Timestamp{sys_time<nanoseconds>{1999ns}}.time() == Micros{1us});
}

TEST_CASE("of one to nine digits those after the sixth are dropped, before 1970 as well") {
    CHECK(gs::from_iso("2024-02-29T12:30:00.1234567Z") == leap_day + 12h + 30min + 123'456us);
    CHECK(gs::from_iso("2024-02-29T12:30:00.12345678+01:00") == leap_day + 11h + 30min + 123'456us);
    CHECK(gs::from_iso("2024-02-29T12:30:00.999999999Z") == leap_day + 12h + 30min + 999'999us);
    CHECK(gs::from_iso("1969-12-31T23:59:59.999999999Z") == sys_days{} - 1us);
    CHECK(gs::from_iso("1969-12-31T23:59:59.0000001Z") == sys_days{} - 1s);
    CHECK(gs::from_iso("9999-12-31T23:59:59.9999999+00:00") == sys_days{year{10000} / January / 1} - 1us);
}

TEST_CASE("the error of a time without a zone says so") {
    for (const std::string_view text :
         {"2024-02-29T12:30:00", "2024-02-29T12:30:00.25", "2024-02-29T12:30:00.123456789"}) {
        INFO(text);
        CHECK_THROWS_WITH(gs::from_iso(text), Catch::Matchers::ContainsSubstring("without a zone"));
    }
}

TEST_CASE("a time is read with any offset and up to six digits") {
    CHECK(gs::from_iso("2024-02-29T12:30:00Z") == leap_day + 12h + 30min);
    CHECK(gs::from_iso("2024-02-29T12:30:00.1Z") == leap_day + 12h + 30min + 100ms);
    CHECK(gs::from_iso("2024-02-29T12:30:00.000020Z") == leap_day + 12h + 30min + 20us);
    CHECK(gs::from_iso("2024-02-29T12:30:00.123+00:00") == leap_day + 12h + 30min + 123ms);
    CHECK(gs::from_iso("2024-02-29T12:30:00+05:45") == leap_day + 6h + 45min);
    CHECK(gs::from_iso("2024-02-29T12:30:00-05:45") == leap_day + 18h + 15min);
    CHECK(gs::from_iso("2024-02-29T23:30:00-01:00") == leap_day + 24h + 30min);
    CHECK(gs::from_iso("2024-02-29T00:30:00+23:59") == leap_day - 23h - 29min);
    CHECK(gs::from_iso("2024-02-29T00:00:00-00:00") == leap_day);
    CHECK(gs::from_iso("0001-01-01T00:00:00Z") == sys_days{year{1} / January / 1});
    CHECK(gs::from_iso("9999-12-31T23:59:59.999999Z") == sys_days{year{10000} / January / 1} - 1us);
}

TEST_CASE("what is no time is refused") {
    for (const std::string_view text : {"",
                                        "2024",
                                        "2024-02-29",
                                        "2024-02-29T12:30Z",
                                        "2024-02-29T12:30:00",
                                        "2024-02-29 12:30:00Z",
                                        "2024-02-29t12:30:00Z",
                                        "2024-02-29T12:30:00z",
                                        " 2024-02-29T12:30:00Z",
                                        "2024-02-29T12:30:00Z ",
                                        "2024-02-29T12:30:00ZZ",
                                        "2024-02-29T12:30:00.Z",
                                        "2024-02-29T12:30:00.1234567890Z",
                                        "2024-02-29T12:30:00.0000000000Z",
                                        "2024-02-29T12:30:00,5Z",
                                        "2024-02-29T12:30:00+0000",
                                        "2024-02-29T12:30:00+00",
                                        "2024-02-29T12:30:00+00:00Z",
                                        "2024-02-29T12:30:00+0:00",
                                        "24-02-29T12:30:00Z",
                                        "02024-02-29T12:30:00Z",
                                        "+2024-02-29T12:30:00Z",
                                        "-2024-02-29T12:30:00Z",
                                        "2024-2-29T12:30:00Z",
                                        "2024/02/29T12:30:00Z",
                                        "2024-02-29T12-30-00Z",
                                        "20240229T123000Z",
                                        "2024-02-2xT12:30:00Z",
                                        "2024-02-29T-1:30:00Z",
                                        "2024-060T12:30:00Z",
                                        "\u0662024-02-29T12:30:00Z"}) {
        INFO(text);
        CHECK(is_refused(text));
    }
}

TEST_CASE("a time of day that does not exist is refused, leap seconds included") {
    for (const std::string_view clock :
         {"24:00:00Z", "12:60:00Z", "12:30:60Z", "23:59:60Z", "12:30:00+24:00", "12:30:00-00:60", "99:99:99Z"}) {
        INFO(clock);
        CHECK(is_refused("2024-02-29T" + std::string{clock}));
    }
}

TEST_CASE("exactly the days of the calendar are read, each a day after the one before it") {
    for (const int year : {1, 4, 100, 400, 1600, 1700, 1899, 1900, 1970, 1999, 2000, 2023, 2024, 2100, 9999}) {
        const std::string written = std::string(4 - std::to_string(year).size(), '0') + std::to_string(year);
        Micros before = gs::from_iso(written + "-01-01T12:00:00Z") - days{1};
        for (int month = 0; month <= 13; ++month) {
            for (int day = 0; day <= 32; ++day) {
                const std::string text = written + "-" + two(month) + "-" + two(day) + "T12:00:00Z";
                INFO(text);
                if (month < 1 || month > 12 || day < 1 || day > days_of(year, month)) {
                    REQUIRE(is_refused(text));
                } else {
                    REQUIRE(gs::from_iso(text) == before + days{1});
                    before += days{1};
                }
            }
        }
    }
}

TEST_CASE("a time outside of the years 1 to 9999 is refused, where it is written and in UTC") {
    for (const std::string_view text : {"0000-01-01T00:00:00Z", "0000-12-31T23:30:00-01:00",
                                        "0001-01-01T00:30:00+01:00", "9999-12-31T23:30:00-01:00"}) {
        INFO(text);
        CHECK(is_refused(text));
    }
}

TEST_CASE("every time comes back as itself, and texts order as times do") {
    std::mt19937_64 random{20'240'303};
    const auto first = sys_days{year{1} / January / 1}.time_since_epoch() / 1us;
    const auto end = sys_days{year{10000} / January / 1}.time_since_epoch() / 1us;
    std::uniform_int_distribution<std::int64_t> counts{first, end - 1};
    Micros before{};
    for (int i = 0; i < 20'000; ++i) {
        const Micros time{microseconds{counts(random)}};
        const std::string text = gs::to_iso(time);
        INFO(text);
        REQUIRE(gs::from_iso(text) == time);
        REQUIRE((text < gs::to_iso(before)) == (time < before));
        before = time;
    }
}

TEST_CASE("Timestamp is written and read by nlohmann, and is made of any time") {
    const gs::Timestamp timestamp = leap_day + 12h;
    const auto json = nlohmann::json(timestamp);
    CHECK(json == "2024-02-29T12:00:00.000000Z");
    CHECK(json.get<gs::Timestamp>() == timestamp);
    CHECK(timestamp.time() == leap_day + 12h);
    CHECK(timestamp > gs::Timestamp{});
    CHECK(timestamp == leap_day + 12h);
    CHECK(gs::Timestamp{}.time() == sys_days{});
    STATIC_REQUIRE(std::is_trivially_copyable_v<gs::Timestamp>);
    const auto before = floor<microseconds>(system_clock::now());
    CHECK(gs::Timestamp::now().time() >= before);
    CHECK_THROWS_AS(nlohmann::json("2024-02-30T00:00:00Z").get<gs::Timestamp>(), gs::DecodeError);
    CHECK_THROWS_AS(nlohmann::json(1).get<gs::Timestamp>(), nlohmann::json::type_error);
    CHECK_THROWS_AS(nlohmann::json(gs::Timestamp{Micros::max()}), gs::InvalidInputError);
}

TEST_CASE("the error of a text that is no time does not quote it") {
    for (const std::string text : {"secret", "2024-02-30T00:00:00Z", "2024-02-01T25:00:00Z", "0000-02-01T05:00:00Z"}) {
        try {
            (void)gs::from_iso(text);
            FAIL("not refused");
        } catch (const gs::DecodeError& error) {
            CHECK(std::string_view{error.what()}.find(text.substr(0, 4)) == std::string_view::npos);
        }
    }
}
