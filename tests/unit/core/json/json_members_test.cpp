// SPDX-License-Identifier: MIT

#include "unit/core/json/random_json.hpp"
#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/timestamp.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
using gridone_tests::RandomJson;

namespace json_members_test {

enum class Mode { off, on };
NLOHMANN_JSON_SERIALIZE_ENUM(Mode, {{Mode::off, "off"}, {Mode::on, "on"}})

struct Attribute {
    double value = 0;
    std::optional<std::string> unit;
    friend bool operator==(const Attribute&, const Attribute&) = default;
    using json_members = gs::JsonMembers<&Attribute::value, &Attribute::unit>;
};

class Device {
public:
    std::string name;
    std::optional<std::string> site;
    bool enabled = false;
    std::int64_t serial = 0;
    std::uint8_t channel = 0;
    float gain = 0;
    std::vector<std::string> tags;
    std::map<std::string, Attribute> attributes;
    std::unordered_map<std::string, int> counters;
    std::vector<std::vector<int>> grid;
    gs::Timestamp seen;
    nlohmann::json config;
    Mode mode = Mode::off;
    friend bool operator==(const Device&, const Device&) = default;

private:
    int secret_ = 0;

public:
    using json_members =
        gs::JsonMembers<&Device::name, &Device::site, &Device::enabled, &Device::serial, &Device::channel,
                        &Device::gain, &Device::tags, &Device::attributes, &Device::counters, &Device::grid,
                        &Device::seen, &Device::config, &Device::mode, &Device::secret_>;
};

struct Elsewhere {
    int size_ = 7;
    std::string name = "none";
};

struct Grown : Elsewhere {
    bool later = true;
    using json_members = gs::JsonMembersWithDefaults<&Elsewhere::size_, &Elsewhere::name, &Grown::later>;
};

struct Heir : Attribute {
    int more = 0;
};

struct Wide {
    std::int64_t i = 0;
    std::uint64_t u = 0;
    double d = 0;
    float f = 0;
    using json_members = gs::JsonMembersWithDefaults<&Wide::i, &Wide::u, &Wide::d, &Wide::f>;
};

enum class Flags : std::uint64_t { none = 0, low = 1, high = std::uint64_t{1} << 63U, all = ~std::uint64_t{0} };

// Types that nlohmann converts, and values that other conversions would lose.
struct Assorted {
    Flags flags = Flags::none;
    float single = 0;
    std::uint64_t natural = 0;
    char letter = 'a';
    wchar_t wide = L'a';
    char8_t byte = 0;
    char16_t unit = 0;
    char32_t point = 0;
    std::byte raw{};
    std::vector<bool> bits;
    std::vector<std::byte> bytes;
    std::array<int, 3> triple{};
    std::map<int, std::string> by_number;
    std::set<std::string> names;
    std::list<double> history;
    std::pair<int, std::string> pair;
    std::tuple<bool, std::string, float> tuple;
    std::u16string units;
    std::optional<Flags> maybe_flags;
    friend bool operator==(const Assorted&, const Assorted&) = default;
    using json_members =
        gs::JsonMembers<&Assorted::flags, &Assorted::single, &Assorted::natural, &Assorted::letter, &Assorted::wide,
                        &Assorted::byte, &Assorted::unit, &Assorted::point, &Assorted::raw, &Assorted::bits,
                        &Assorted::bytes, &Assorted::triple, &Assorted::by_number, &Assorted::names, &Assorted::history,
                        &Assorted::pair, &Assorted::tuple, &Assorted::units, &Assorted::maybe_flags>;
};

struct TwoValues {
    nlohmann::json a;
    nlohmann::json b;
    using json_members = gs::JsonMembersWithDefaults<&TwoValues::b, &TwoValues::a>;
};

enum class Level : std::uint8_t { low, high = 44 };

/// What nlohmann converts, with a default for what is missing.
struct Limits {
    int low = 1;
    int high = 2;
    Mode mode = Mode::on;
    friend bool operator==(const Limits&, const Limits&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Limits, low, high, mode)

struct Foreign {
    Mode mode = Mode::off;
    std::optional<Level> level;
    std::vector<Mode> modes;
    std::map<std::string, Mode> by_name;
    Limits limits;
    std::set<Mode> allowed;
    std::array<float, 2> gains{};
    std::list<std::uint8_t> bytes;
    friend bool operator==(const Foreign&, const Foreign&) = default;
    using json_members =
        gs::JsonMembersWithDefaults<&Foreign::mode, &Foreign::level, &Foreign::modes, &Foreign::by_name,
                                    &Foreign::limits, &Foreign::allowed, &Foreign::gains, &Foreign::bytes>;
};

}  // namespace json_members_test

template <>
inline constexpr std::string_view gs::field_name<&json_members_test::Elsewhere::size_> = "size";
template <>
struct gs::JsonMembersOf<json_members_test::Elsewhere> {
    using type = gs::JsonMembers<&json_members_test::Elsewhere::size_, &json_members_test::Elsewhere::name>;
};

namespace json_members_test {

template <class M>
std::string written(const M& model, const gs::JsonLimits& limits = {}) {
    return gs::detail::encode<M, void>(gs::detail::NoHooks{}, model, limits, {});
}
template <class M>
M read(std::string_view text, const gs::JsonLimits& limits = {}) {
    return gs::detail::decode<M, void>(gs::detail::NoHooks{}, text, limits, {});
}

using Refusal = std::pair<std::string, std::string>;  // reason and pointer

template <class F>
Refusal refusal(F&& f) {
    try {
        (void)f();
        return {"accepted", ""};
    } catch (const gs::StorageError& e) {
        const std::string what = e.what();
        const auto place = what.find(" (at ");
        if (place == std::string::npos) return {what, ""};
        return {what.substr(0, place), what.substr(place + 5, what.size() - place - 6)};
    }
}
template <class M>
Refusal refused(std::string_view text) {
    return refusal([&] { return read<M>(text); });
}

Device a_device() {
    Device device;
    device.name = "a \"b\" \n\u00e9";
    device.serial = std::numeric_limits<std::int64_t>::min();
    device.channel = 255;
    device.gain = 0.5F;
    device.tags = {"x", ""};
    device.attributes = {{"bb", {1e20, "K"}}, {"a", {-0.0, {}}}, {"c", {0.1, "\u00b0C"}}};
    device.counters = {{"ten", 10}, {"one", 1}, {"a", -1}};
    device.grid = {{}, {1, 2}};
    device.seen = gs::Timestamp{gs::from_iso("2026-02-03T04:05:06.000007Z")};
    device.config = {{"zz", nullptr}, {"a", {1, 2.5, "x"}}};
    device.mode = Mode::on;
    return device;
}

}  // namespace json_members_test

using namespace json_members_test;

TEST_CASE("a model that lists its members is written as jsonb prints it") {
    CHECK(written(Attribute{.value = 2, .unit = {}}) == R"({"unit": null, "value": 2})");
    CHECK(written(a_device()) ==
          "{\"gain\": 0.5, \"grid\": [[], [1, 2]], \"mode\": \"on\", \"name\": \"a \\\"b\\\" \\n\u00e9\", "
          "\"seen\": \"2026-02-03T04:05:06.000007Z\", \"site\": null, \"tags\": [\"x\", \"\"], "
          "\"config\": {\"a\": [1, 2.5, \"x\"], \"zz\": null}, \"serial\": -9223372036854775808, "
          "\"channel\": 255, \"enabled\": false, \"secret_\": 0, "
          "\"counters\": {\"a\": -1, \"one\": 1, \"ten\": 10}, "
          "\"attributes\": {\"a\": {\"unit\": null, \"value\": 0}, \"c\": {\"unit\": \"\u00b0C\", \"value\": 0.1}, "
          "\"bb\": {\"unit\": \"K\", \"value\": 100000000000000000000}}}");
    CHECK(written(Elsewhere{}) == R"({"name": "none", "size": 7})");
}

TEST_CASE("what a model that lists its members wrote is read as it was, and is the text of its tree") {
    const Device device = a_device();
    const std::string text = written(device);
    CHECK(read<Device>(text) == device);
    CHECK(gs::canonical_json_text(text) == text);
    CHECK(gs::canonical_json(nlohmann::json(device)) == text);
    CHECK(gs::parse_json(text).get<Device>() == device);
    CHECK(read<Device>(nlohmann::json(device).dump(2)) == device);  // other spaces, other order of keys
}

TEST_CASE("every type that may be listed is read as it was written, up to the edges of its range") {
    using Wide = std::numeric_limits<wchar_t>;
    Assorted value{.flags = Flags::all,
                   .single = 0.1F,
                   .natural = std::numeric_limits<std::uint64_t>::max(),
                   .letter = std::numeric_limits<char>::max(),
                   .wide = Wide::max(),
                   .byte = 0xFF,
                   .unit = 0xFFFF,
                   .point = 0xFFFFFFFF,
                   .raw = std::byte{255},
                   .bits = {true, false, true},
                   .bytes = {std::byte{0}, std::byte{255}},
                   .triple = {1, 2, 3},
                   .by_number = {{-1, "a"}, {7, "b"}},
                   .names = {"x", ""},
                   .history = {0.1, -1e300},
                   .pair = {4, "p"},
                   .tuple = {true, "t", 1.0F / 3},
                   .units = u"\u00e9",
                   .maybe_flags = Flags::high};
    const std::string text = written(value);
    CHECK(read<Assorted>(text) == value);
    CHECK(gs::parse_json(text).get<Assorted>() == value);
    CHECK(text.find("\"flags\": 18446744073709551615") != std::string::npos);  // -1 equals it in nlohmann's ==
    value.single = std::numeric_limits<float>::denorm_min();
    value.letter = std::numeric_limits<char>::min();
    value.wide = Wide::min();
    value.flags = Flags::low;
    CHECK(read<Assorted>(written(value)) == value);
    CHECK(read<Assorted>(written(Assorted{})) == Assorted{});
}

TEST_CASE("lists within nlohmann's own types, and the other way round") {
    const std::vector<Attribute> attributes{{1, "m"}, {2, {}}};
    const nlohmann::json tree = attributes;
    CHECK(tree == nlohmann::json::parse(R"([{"unit": "m", "value": 1}, {"unit": null, "value": 2}])"));
    CHECK(tree.get<std::vector<Attribute>>() == attributes);
}

TEST_CASE("an inherited list is none, lest the heir's own members get lost") {
    STATIC_CHECK(gs::ListsJsonMembers<Attribute>);
    STATIC_CHECK(gs::ListsJsonMembers<Grown>);
    STATIC_CHECK(gs::ListsJsonMembers<const Elsewhere>);
    STATIC_CHECK_FALSE(gs::ListsJsonMembers<Heir>);
    STATIC_CHECK_FALSE(gs::ListsJsonMembers<int>);
}

TEST_CASE("a missing key: an error, nothing for what is optional, or as a new model has it") {
    CHECK(refused<Attribute>("{}") == Refusal{"the stored document lacks a member that the model needs", "/value"});
    CHECK(read<Attribute>(R"({"value": 3})") == Attribute{.value = 3, .unit = {}});
    CHECK(read<Grown>("{}").size_ == 7);
    CHECK(read<Grown>(R"({"name": "x"})").name == "x");
    CHECK(read<Grown>(R"({"size": 1, "unknown": [1, {"x": "\u0041"}]})").size_ == 1);
}

TEST_CASE("of equal keys the last one stays") {
    CHECK(read<Attribute>(R"({"value": 1, "unit": "m", "value": 2, "unit": null})") == Attribute{2, {}});
    const auto device = read<Grown>(R"({"size": 1, "size": 2})");
    CHECK(device.size_ == 2);
    CHECK(read<TwoValues>(R"({"a": {"x": 1}, "a": {"y": 2}})").a.dump() == R"({"y":2})");
}

TEST_CASE("what does not fit the model is refused with its place") {
    const auto with = [](std::string_view key, const nlohmann::json& value) {
        nlohmann::json tree = a_device();
        tree[nlohmann::json::json_pointer{std::string{key}}] = value;
        return refused<Device>(tree.dump());
    };
    CHECK(with("/name", 1) == Refusal{"the model expects text here", "/name"});
    CHECK(with("/name", nullptr) == Refusal{"the model expects text here", "/name"});
    CHECK(with("/enabled", "true") == Refusal{"the model expects true or false here", "/enabled"});
    CHECK(with("/serial", "1") == Refusal{"the model expects a number here", "/serial"});
    CHECK(with("/serial", true) == Refusal{"the model expects a number here", "/serial"});
    CHECK(with("/tags", nlohmann::json::object()) == Refusal{"the model expects an array here", "/tags"});
    CHECK(with("/tags/1", 1) == Refusal{"the model expects text here", "/tags/1"});
    CHECK(with("/grid/1/0", "x") == Refusal{"the model expects a number here", "/grid/1/0"});
    CHECK(with("/attributes", 1) == Refusal{"the model expects an object here", "/attributes"});
    CHECK(with("/attributes/bb/unit", 1) == Refusal{"the model expects text here", "/attributes/bb/unit"});
    CHECK(with("/seen", "yesterday").second == "/seen");
    CHECK(with("/site", 1) == Refusal{"the model expects text here", "/site"});
    CHECK(refused<Device>("[]") == Refusal{"the model expects an object here", ""});
}

TEST_CASE("a value that a member's type reads as another one is refused with its place") {
    using json_members_test::Foreign;
    const auto pointer_of = [](const std::string& text) {
        try {
            (void)gs::detail::read_model<Foreign>(text, {});
            return std::string{"not refused"};
        } catch (const gs::DecodeError& error) {
            return error.pointer();
        }
    };
    CHECK(pointer_of(R"({"mode": "paused"})") == "/mode");
    CHECK(pointer_of(R"({"mode": null})") == "/mode");
    CHECK(pointer_of(R"({"mode": 1})") == "/mode");
    CHECK(pointer_of(R"({"level": 300})") == "/level");
    CHECK(pointer_of(R"({"level": -1})") == "/level");
    CHECK(pointer_of(R"({"level": 44.5})") == "/level");
    CHECK(pointer_of(R"({"level": true})") == "/level");
    CHECK(pointer_of(R"({"modes": ["on", "paused"]})") == "/modes/1");
    CHECK(pointer_of(R"({"by_name": {"a/b": "paused"}})") == "/by_name/a~1b");
    CHECK(pointer_of(R"({"limits": {"mode": "paused"}})") == "/limits/mode");
    CHECK(pointer_of(R"({"limits": {"low": 4294967297}})") == "/limits/low");
    CHECK(pointer_of(R"({"limits": {"low": 1.5}})") == "/limits/low");
    CHECK(pointer_of(R"({"allowed": ["on", "paused"]})") == "/allowed/0");
    CHECK(pointer_of(R"({"gains": [1, 2, 3]})") == "/gains");
    CHECK(pointer_of(R"({"bytes": [1, 256]})") == "/bytes/1");
}

TEST_CASE("what a member's type holds in a form of its own is read") {
    using json_members_test::Foreign;
    using json_members_test::Mode;
    const auto read = gs::detail::read_model<Foreign>(
        R"({"mode": "on", "level": 44.0, "limits": {"high": 5.0, "unknown": [1]}, "allowed": ["on", "off", "on"],
            "gains": [0.1, 16777217], "bytes": [0, 255]})",
        {});
    CHECK(read.mode == Mode::on);
    CHECK(read.level == json_members_test::Level::high);
    CHECK(read.limits == json_members_test::Limits{.high = 5});
    CHECK(read.allowed == std::set{Mode::off, Mode::on});
    CHECK(read.gains == std::array{0.1F, 16777216.0F});
    CHECK(read.bytes == std::list<std::uint8_t>{0, 255});
}

TEST_CASE("a number is read if the member's type holds it") {
    const auto channel = [](std::string_view number) {
        return refused<Device>(gs::canonical_json_text(R"({"channel": )" + std::string{number} + "}"));
    };
    const Refusal too_much{"a number that the model's type cannot hold", "/channel"};
    for (const auto* number : {"256", "-1", "3.5", "1e3", "255.5"}) CHECK(channel(number) == too_much);
    for (const auto* number : {"255", "0", "3.0", "2.55e2", "-0"}) CHECK(channel(number).second != "/channel");

    CHECK(read<Wide>(R"({"i": -9007199254740992.0})").i == -9007199254740992);
    CHECK(refused<Wide>(R"({"i": -922337203685477580.8})").second == "/i");
    CHECK(refused<Wide>(R"({"i": 9223372036854775808.0})").second == "/i");
    CHECK(refused<Wide>(R"({"i": 9223372036854775808})").second == "/i");
    CHECK(read<Wide>(R"({"u": 18446744073709551615})").u == std::numeric_limits<std::uint64_t>::max());
    CHECK(refused<Wide>(R"({"u": 18446744073709551616})").second == "/u");
    CHECK(read<Wide>(R"({"d": 18446744073709552000})").d == 0x1p64);
    CHECK(refused<Wide>(R"({"d": 18446744073709551617})") == Refusal{"an integer beyond 64 bits", "/d"});
    CHECK(refused<Wide>(R"({"d": 1e400})") == Refusal{"a number beyond the range of double", "/d"});
    CHECK(refused<Wide>(R"({"f": 1e39})") == Refusal{"a number that the model's type cannot hold", "/f"});
    CHECK(read<Wide>(R"({"f": 3.4028234663852886e38})").f == std::numeric_limits<float>::max());
}

TEST_CASE("what cannot be stored is refused as of a tree") {
    Device device = a_device();
    device.attributes["~/"].value = std::nan("");
    CHECK(refusal([&] { return written(device); }) ==
          Refusal{"JSON has no NaN and no infinity", "/attributes/~0~1/value"});
    device = a_device();
    device.tags[1] = "\xFF";
    CHECK(refusal([&] { return written(device); }) == Refusal{"not valid UTF-8", "/tags/1"});
    device = a_device();
    device.counters[std::string("a\0", 2)] = 1;
    CHECK(refusal([&] { return written(device); }) == Refusal{"jsonb cannot hold U+0000", "/counters"});
    device = a_device();
    CHECK(refusal([&] { return written(device, {.max_depth = 3}); }) == Refusal{"accepted", ""});
    CHECK(refusal([&] { return written(device, {.max_depth = 1}); }).first == "nested too deeply");
    CHECK(refusal([&] { return written(device, {.max_bytes = 50}); }).first.starts_with("the JSON text is longer"));
    CHECK(refusal([&] { return read<Device>(written(device), {.max_depth = 1}); }) ==
          Refusal{"nested too deeply", "/grid"});
    CHECK(refusal([&] { return read<Device>(written(device), {.max_bytes = 50}); }).first.starts_with("the JSON text"));
}

TEST_CASE("any text is read or refused as its tree is, with the same reason and place") {
    constexpr std::uint64_t seed = 20'261'126;
    RandomJson random{seed};
    int accepted = 0;
    int refused_ones = 0;
    for (int i = 0; i < 40'000; ++i) {
        std::string text = "{";
        for (std::size_t k = random.below(4); k != 0; --k) {
            if (text.size() > 1) text += ',';
            text += random.quoted(random.one_in(3) ? random.string() : random.one_in(2) ? "a" : "b") + ":";
            text += random.text(2);
        }
        text = random.spoilt(text + "}");
        if (text.empty()) continue;  // which stands for a data column that is NULL
        INFO("seed " << seed << ", document " << i << ": " << text);
        nlohmann::json tree;
        const auto expected = refusal([&] { return tree = gs::parse_json(text); });
        TwoValues model;
        const auto found = refusal([&] { return model = read<TwoValues>(text), 0; });
        if (expected.first != "accepted") {
            ++refused_ones;
            REQUIRE(found == expected);
        } else if (!tree.is_object()) {
            REQUIRE(found == Refusal{"the model expects an object here", ""});
        } else {
            ++accepted;
            REQUIRE(found.first == "accepted");
            REQUIRE(model.a.dump() == (tree.contains("a") ? tree["a"] : nlohmann::json{}).dump());
            REQUIRE(model.b.dump() == (tree.contains("b") ? tree["b"] : nlohmann::json{}).dump());
        }
    }
    CHECK(accepted > 10'000);
    CHECK(refused_ones > 10'000);
}

TEST_CASE("a model's own text, spoilt, is refused or still means what its tree does") {
    constexpr std::uint64_t seed = 20'261'127;
    RandomJson random{seed};
    const std::string text = written(a_device());
    int accepted = 0;
    int misfits = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string now = random.spoilt(text);
        INFO("seed " << seed << ", document " << i << ": " << now);
        Device device;
        const auto found = refusal([&] { return device = read<Device>(now), 0; });
        nlohmann::json tree;
        const bool is_json = refusal([&] { return tree = gs::parse_json(now); }).first == "accepted";
        if (found.first == "accepted") {
            ++accepted;
            REQUIRE(is_json);
            REQUIRE(tree.get<Device>() == device);
            REQUIRE(nlohmann::json(device)["attributes"].size() == tree.at("attributes").size());
        } else if (is_json) {
            ++misfits;
            if (found.first.starts_with("a number")) continue;  // of its tree less is known
            REQUIRE(refusal([&] { return tree.get<Device>(); }) == found);
        }
    }
    CHECK(accepted > 5'000);
    CHECK(misfits > 1'000);
}
