// SPDX-License-Identifier: MIT

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gs = gridone::storage;
using gs::detail::ChangeKind;
using gs::detail::NumberType;
using nlohmann::json;

namespace {

enum class Mode { off, heat };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::off, "off"}, {Mode::heat, "heat"}})

struct Limits {
    float upper = 0;
};
struct Config {
    std::string host_;
    std::optional<double> setpoint;
    Limits limits;
};
void to_json(json& out, const Config& config) {
    out = json::object();
    out["host"] = config.host_;
}
struct Named {
    std::string name;
};
struct Device : Named {
    std::optional<Config> config;
    std::string site;
    std::optional<std::string> note;
    int floor = 0;
    std::uint64_t hits = 0;
    double level = 0;
    bool alarm = false;
    Mode mode = Mode::off;
    std::vector<std::string> tags;
    std::optional<std::set<int>> rooms;
    std::list<std::optional<double>> readings;
    json extra;
    const int serial = 1;
};

}  // namespace

template <>
inline constexpr std::string_view gridone::storage::field_name<&Config::host_> = "host";

namespace {

namespace device {
constexpr auto name = gs::field<&Device::name>;
constexpr auto host = gs::field<&Device::config, &Config::host_>;
constexpr auto upper = gs::field<&Device::config, &Config::limits, &Limits::upper>;
constexpr auto config = gs::field<&Device::config>;
constexpr auto site = gs::field<&Device::site>;
constexpr auto note = gs::field<&Device::note>;
constexpr auto floor = gs::field<&Device::floor>;
constexpr auto hits = gs::field<&Device::hits>;
constexpr auto level = gs::field<&Device::level>;
constexpr auto alarm = gs::field<&Device::alarm>;
constexpr auto mode = gs::field<&Device::mode>;
constexpr auto tags = gs::field<&Device::tags>;
constexpr auto rooms = gs::field<&Device::rooms>;
constexpr auto readings = gs::field<&Device::readings>;
constexpr auto extra = gs::field<&Device::extra>;
constexpr auto serial = gs::field<&Device::serial>;
}  // namespace device

template <class M>
json value_of(const gs::Change<M>& change) {
    return change.spec().value;
}
template <class M>
NumberType number_of(const gs::Change<M>& change) {
    return change.spec().number;
}

}  // namespace

TEST_CASE("the keys of a field are the names of its members") {
    const auto keys = [](const auto& field) {
        return std::vector<std::string>{field.keys().begin(), field.keys().end()};
    };
    CHECK(keys(device::site) == std::vector<std::string>{"site"});
    CHECK(keys(device::host) == std::vector<std::string>{"config", "host"});
    CHECK(keys(device::upper) == std::vector<std::string>{"config", "limits", "upper"});
    CHECK(keys(device::name) == std::vector<std::string>{"name"});
    const std::string_view key = "config";
    CHECK(keys(gs::path<double>(key, std::string{"a/b"}, "")) == std::vector<std::string>{"config", "a/b", ""});
}

TEST_CASE("a change says what, where and with what") {
    const auto set = device::host.set("h");
    CHECK(set.spec().kind == ChangeKind::set);
    CHECK(set.spec().path == std::vector<std::string>{"config", "host"});
    CHECK(set.spec().value == "h");
    CHECK(device::note.unset().spec().kind == ChangeKind::unset);
    CHECK(device::floor.increment(2).spec().kind == ChangeKind::increment);
    CHECK(device::tags.append("x").spec().kind == ChangeKind::append);
    CHECK(device::tags.remove_value("x").spec().kind == ChangeKind::remove_value);
    CHECK(gs::path<int>("a", "b").set(1).spec().path == std::vector<std::string>{"a", "b"});
}

TEST_CASE("what is set is the JSON of the field's type") {
    CHECK(value_of(device::site.set(std::string_view{"lyon"})) == "lyon");
    CHECK(value_of(device::level.set(3)).is_number_float());
    CHECK(value_of(device::floor.set(3.0)).is_number_integer());
    CHECK(value_of(device::upper.set(0.1)) == static_cast<double>(0.1F));
    CHECK(value_of(device::alarm.set(true)) == true);
    CHECK(value_of(device::mode.set(Mode::heat)) == "heat");
    CHECK(value_of(device::config.set(Config{.host_ = "h", .setpoint = {}, .limits = {}})) ==
          json::object({{"host", "h"}}));
    CHECK(value_of(device::tags.set({"a", "b"})) == json::array({"a", "b"}));
    CHECK(value_of(device::rooms.set(std::set<int>{2, 1})) == json::array({1, 2}));
    CHECK(value_of(device::extra.set(json::array({1, "x"}))) == json::array({1, "x"}));
    CHECK(value_of(device::extra.set("x")) == "x");
    CHECK(value_of(device::serial.set(4)) == 4);
    const std::string lvalue = "lyon";
    CHECK(value_of(device::site.set(lvalue)) == "lyon");
}

TEST_CASE("nullopt is null in optional fields and in paths") {
    CHECK(value_of(device::note.set(std::nullopt)).is_null());
    CHECK(value_of(device::note.set(std::optional<std::string>{})).is_null());
    CHECK(value_of(device::note.set(std::optional<std::string_view>{"n"})) == "n");
    CHECK(value_of(device::note.set("n")) == "n");
    CHECK(value_of(device::config.set(std::nullopt)).is_null());
    CHECK(value_of(device::extra.set(std::nullopt)).is_null());
    CHECK(value_of(gs::path<int>("a").set(std::nullopt)).is_null());
    CHECK(value_of(gs::path<int>("a").set(std::optional<short>{2})) == 2);
    CHECK(value_of(gs::path<json>("a").set(std::nullopt)).is_null());
    CHECK(value_of(device::readings.append(std::nullopt)).is_null());
    CHECK(value_of(device::readings.append(1)).is_number_float());
}

TEST_CASE("a number that the field's type cannot hold is refused when the change is made") {
    CHECK_THROWS_AS(device::floor.set(std::int64_t{1} << 31U), gs::InvalidInputError);
    CHECK_THROWS_AS(device::floor.set(0.5), gs::InvalidInputError);
    CHECK_THROWS_AS(device::floor.set(std::numeric_limits<double>::quiet_NaN()), gs::InvalidInputError);
    CHECK_THROWS_AS(device::hits.set(-1), gs::InvalidInputError);
    CHECK_THROWS_AS(device::hits.set(18446744073709551616.0), gs::InvalidInputError);
    CHECK_THROWS_AS(device::floor.increment(0.5), gs::InvalidInputError);
    CHECK_THROWS_AS(device::floor.increment(std::numeric_limits<double>::infinity()), gs::InvalidInputError);
    CHECK_THROWS_AS(gs::path<std::vector<short>>("a").append(1 << 15), gs::InvalidInputError);
    CHECK(value_of(device::hits.set(std::numeric_limits<std::uint64_t>::max())) ==
          std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("an increment keeps its sign and computes in the type of the field") {
    CHECK(value_of(device::hits.increment(-1)) == -1);
    CHECK(value_of(device::hits.increment(-2.0)) == -2);
    CHECK(value_of(device::floor.increment(std::numeric_limits<std::int64_t>::max())) ==
          std::numeric_limits<std::int64_t>::max());
    CHECK(number_of(device::hits.increment(1)).kind == NumberType::Kind::integer);
    CHECK(number_of(device::hits.increment(1)).min == 0);
    CHECK(number_of(device::hits.increment(1)).max == std::numeric_limits<std::uint64_t>::max());
    CHECK(number_of(device::floor.increment(1.0)).min == std::numeric_limits<int>::min());
    CHECK(number_of(device::floor.increment(1)).max == std::uint64_t{std::numeric_limits<int>::max()});
    CHECK(number_of(device::level.increment(1)).kind == NumberType::Kind::double_precision);
    CHECK(number_of(gs::path<std::optional<double>>("a").increment(1)).kind == NumberType::Kind::double_precision);
    CHECK(value_of(device::level.increment(1)).is_number_float());
    CHECK(number_of(device::upper.increment(1)).kind == NumberType::Kind::single_precision);
    CHECK(value_of(device::upper.increment(0.1)) == static_cast<double>(0.1F));
}

TEST_CASE("a path to any json counts in 64 bits, or in double where a fraction is added") {
    const auto whole = gs::path<json>("a").increment(std::int8_t{-1});
    CHECK(value_of(whole) == -1);
    CHECK(number_of(whole).kind == NumberType::Kind::integer);
    CHECK(number_of(whole).min == std::numeric_limits<std::int64_t>::min());
    CHECK(number_of(whole).max == std::numeric_limits<std::uint64_t>::max());
    CHECK(number_of(gs::path<json>("a").increment(1.0F)).kind == NumberType::Kind::double_precision);
    CHECK(value_of(gs::path<json>("a").append(json::object())) == json::object());
    CHECK(value_of(gs::path<json>("a").remove_value(1)) == 1);
}

TEST_CASE("a change of a base, or by a path, is a change of every model that has it") {
    const gs::Change<Device> inherited = device::name.set("n");
    CHECK(inherited.spec().path == std::vector<std::string>{"name"});
    const std::vector<gs::Change<Device>> collected{device::floor.set(1), device::name.unset(),
                                                    gs::path<int>("x").increment(1)};
    CHECK(collected.at(2).spec().kind == ChangeKind::increment);
    CHECK(collected.at(2).spec().value == 1);
}
