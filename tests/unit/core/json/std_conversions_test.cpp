// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using namespace std::chrono;
using nlohmann::json;

namespace {

struct Reading {
    std::optional<double> value;
    std::optional<std::string> note;
    std::vector<std::optional<int>> history;
    system_clock::time_point taken{};
    std::optional<sys_seconds> checked;
    gs::Timestamp stored;
    friend bool operator==(const Reading&, const Reading&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reading, value, note, history, taken, checked, stored)

/// Something that has a value and cannot be made without one.
struct Strict {
    explicit Strict(int n) : number{n} {}
    int number;
};

constexpr sys_days leap_day{year{2024} / February / 29};

template <class Time>
bool is_refused(std::string_view text) {
    try {
        (void)json(text).get<Time>();
        return false;
    } catch (const gs::DecodeError&) {
        return true;
    }
}

}  // namespace

template <>
struct nlohmann::adl_serializer<Strict> {
    static void to_json(json& out, const Strict& strict) { out = strict.number; }
    static Strict from_json(const json& in) { return Strict{in.get<int>()}; }
};

TEST_CASE("an optional is its value or null") {
    CHECK(json(std::optional<int>{3}) == 3);
    CHECK(json(std::optional<int>{}).is_null());
    CHECK(json(3).get<std::optional<int>>() == 3);
    CHECK(json(nullptr).get<std::optional<int>>() == std::nullopt);
    std::optional<std::string> text = "before";
    json(nullptr).get_to(text);
    CHECK(text == std::nullopt);
    CHECK(json(7).get<std::optional<Strict>>()->number == 7);
    CHECK_THROWS_AS(json("x").get<std::optional<int>>(), json::type_error);
    const auto map = json::object({{"a", nullptr}, {"b", 1}}).get<std::map<std::string, std::optional<int>>>();
    CHECK(map.at("a") == std::nullopt);
    CHECK(map.at("b") == 1);
}

TEST_CASE("a time is the text of to_iso") {
    CHECK(json(leap_day + 12h) == "2024-02-29T12:00:00.000000Z");
    CHECK(json("2024-02-29T13:00:00.5+01:00").get<sys_time<milliseconds>>() == leap_day + 12h + 500ms);
    CHECK_THROWS_AS(json("2024-02-30T00:00:00Z").get<sys_seconds>(), gs::DecodeError);
    CHECK_THROWS_AS(json(1).get<sys_seconds>(), json::type_error);
    CHECK_THROWS_AS(json(sys_time<hours>{hours{24 * 366 * 9999}}), gs::InvalidInputError);
}

TEST_CASE("a coarser type is given the time rounded down") {
    CHECK(json("2024-02-29T12:00:00.999999Z").get<sys_seconds>() == leap_day + 12h);
    CHECK(json("1969-12-31T23:59:59.000001Z").get<sys_seconds>() == sys_seconds{-1s});
    CHECK(json("1969-12-31T23:59:59.000001Z").get<sys_days>() == sys_days{days{-1}});
    using Real = duration<double>;
    CHECK(json("1969-12-31T23:59:59.500000Z").get<sys_time<Real>>().time_since_epoch() == Real{-0.5});
}

TEST_CASE("a time that the type cannot hold is refused, and its last one is not") {
    using Nanos = sys_time<nanoseconds>;
    CHECK(json("2262-04-11T23:47:16.854775Z").get<Nanos>() == floor<microseconds>(Nanos::max()));
    CHECK(json("1677-09-21T00:12:43.145225Z").get<Nanos>() == ceil<microseconds>(Nanos::min()));
    CHECK(is_refused<Nanos>("2262-04-11T23:47:16.854776Z"));
    CHECK(is_refused<Nanos>("1677-09-21T00:12:43.145224Z"));
    CHECK(is_refused<Nanos>("9999-01-01T00:00:00Z"));
    using Short = sys_time<duration<std::int32_t>>;
    CHECK(json("2038-01-19T03:14:07.9Z").get<Short>() == Short::max());
    CHECK(is_refused<Short>("2038-01-19T03:14:08Z"));
    CHECK(is_refused<Short>("1901-12-13T20:45:51.9Z"));
    CHECK(is_refused<sys_time<duration<std::uint32_t>>>("1969-12-31T23:59:59Z"));
    CHECK(is_refused<sys_time<duration<std::int16_t, std::milli>>>("1970-01-01T00:00:33Z"));
}

TEST_CASE("a model with such members is stored, and its fields are patched") {
    gs::MemoryStorageBackend<Reading> readings;
    const Reading reading{.value = 1.5,
                          .note = {},
                          .history = {1, std::nullopt},
                          .taken = leap_day + 1ms,
                          .checked = leap_day + 1s,
                          .stored = leap_day};
    readings.write("a", reading);
    CHECK(readings.read("a") == reading);
    constexpr auto value = gs::field<&Reading::value>;
    constexpr auto history = gs::field<&Reading::history>;
    constexpr auto taken = gs::field<&Reading::taken>;
    constexpr auto checked = gs::field<&Reading::checked>;
    constexpr auto stored = gs::field<&Reading::stored>;
    readings.patch("a", value.increment(1), history.append(std::nullopt), taken.set(leap_day + 2h),
                   checked.set(std::nullopt), stored.set(sys_seconds{1s}));
    const Reading expected{.value = 2.5,
                           .note = {},
                           .history = {1, std::nullopt, std::nullopt},
                           .taken = leap_day + 2h,
                           .checked = {},
                           .stored = sys_seconds{1s}};
    CHECK(readings.read("a") == expected);
}
