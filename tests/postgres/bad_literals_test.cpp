// SPDX-License-Identifier: MIT

#include "postgres/both_backends.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace gs = gridone::storage;
using namespace std::string_literals;
using gridone_tests::BothBackends;
using gs::path;
using nlohmann::json;

namespace {

using Filter = gs::Filter<json>;
using InvalidInput = gs::InvalidInputError;

struct NulSummary {
    friend void to_json(json& made, const NulSummary& /*summary*/) { made["a\0b"s] = 5; }
    friend void from_json(const json& /*made*/, NulSummary& /*summary*/) {}
};
struct OddSummary {
    json value;
    friend void to_json(json& made, const OddSummary& summary) { made["a'\"$1\\"] = summary.value; }
    friend void from_json(const json& made, OddSummary& summary) { summary.value = made; }
};

struct Things : BothBackends {
    Things() : BothBackends{gs::document_table<json>("things")} {}

    json ids(const Filter& filter) {
        return gives([&](auto& storage) { return storage.query().where(filter).ids(); });
    }
    /// What the making of a filter is refused with.
    template <class Make>
    std::string refusal(const Make& make) {
        return refuses<InvalidInput>([&](auto& storage) { return storage.query().where(Filter{make()}).count(); });
    }
};

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

enum Unscoped { three_hundred = 300 };

}  // namespace

TEST_CASE("a path that leads nowhere has no value, wherever it ends") {
    Things both;
    both.write(
        "a", {{"n", 1}, {"s", "text"}, {"list", {{{"n", 1}}, 2}}, {"o", {{"", {{"", 5}}}, {"0", 7}}}, {"z", nullptr}});
    both.write("b", json::array({{{"n", 1}}, 5}));
    both.write("c", "text");
    both.write("d", nullptr);
    for (const auto& keys : std::vector<std::vector<std::string>>{{"m"},
                                                                  {"n", "n"},
                                                                  {"s", "0"},
                                                                  {"list", "0"},
                                                                  {"list", "0", "n"},
                                                                  {"list", "-1"},
                                                                  {"z", "z"},
                                                                  {"0"},
                                                                  {"0", "n"},
                                                                  {""},
                                                                  {"o", "1"},
                                                                  {"$.n"},
                                                                  {"n "},
                                                                  {"N"},
                                                                  {"o.0"},
                                                                  {"o", "0", "0"},
                                                                  {"*"},
                                                                  {"o", "", "", ""}}) {
        const gs::Path<int> field{keys};
        CAPTURE(keys);
        CHECK(both.ids(field == 1) == json::array());
        CHECK(both.ids(field != 1) == json::array());
        CHECK(both.ids(field.is_null()) == json::array({"a", "b", "c", "d"}));
        CHECK(both.gives([&](auto& storage) { return storage.query().order_by(field.descending()).ids(); }) ==
              json::array({"d", "c", "b", "a"}));
        CHECK(both.gives([&](auto& storage) { return storage.query().count_by(field); }) ==
              json::array({json::array({nullptr, 4})}));
        CHECK(both.gives([&](auto& storage) { return storage.query().sum(field); }) == 0);
        CHECK(both.gives([&](auto& storage) { return storage.query().max(field); }) == nullptr);
    }
    CHECK(both.ids(path<int>("o", "", "") == 5) == json::array({"a"}));
    CHECK(both.ids(path<int>("o", "0") == 7) == json::array({"a"}));
    CHECK(both.ids(gs::Path<std::string>{std::vector<std::string>{}} == "text") == json::array({"c"}));

    std::vector<std::string> deep(512, "k");
    CHECK(both.ids(gs::Path<gs::Timestamp>{deep} == gs::Timestamp{}) == json::array());
    deep.emplace_back("k");
    CHECK(both.refusal([&] { return gs::Path<int>{deep} == 1; }) == "a field with a path of more than 512 keys");
}

TEST_CASE("keys that no document can have are refused, with their place") {
    Things both;
    const auto refused = [&](const std::string& bad, const std::string& why) {
        const std::string message = "the key of a field: " + why + " (at /a)";
        const auto number = path<int>("a", bad, "c");
        CHECK(both.refusal([&] { return number == 1; }) == message);
        CHECK(both.refusal([&] { return 1 < number; }) == message);
        CHECK(both.refusal([&] { return number.is_null(); }) == message);
        CHECK(both.refusal([&] { return number.in({1}); }) == message);
        CHECK(both.refusal([&] { return path<std::vector<json>>("a", bad).any(path<int>("x") == 1); }) == message);
        CHECK(both.refusal([&] { return path<std::vector<json>>("list").any(number == 1); }) == message);
        const auto told = [&](const std::string& operation, const auto& call) {
            CHECK(both.refuses<InvalidInput>(call) == operation + message);
        };
        told("", [&](auto& storage) { return storage.query().order_by(number.ascending()).ids(); });
        told("query.count_by things: ", [&](auto& storage) { return storage.query().count_by(number); });
        told("query.sum things: ", [&](auto& storage) { return storage.query().sum(number); });
        told("query.avg things: ", [&](auto& storage) { return storage.query().avg(number); });
        told("query.min things: ", [&](auto& storage) { return storage.query().min(number); });
        told("", [&](auto&) { return gs::document_table<json>("t").unique(number).max_rows(); });
        told("", [&](auto&) { return gs::document_table<json>("t").insert_only(number).max_rows(); });
        told("", [&](auto&) {
            return gs::document_table<json>("t")
                .references(path<std::string>("a", bad), "p", gs::OnDelete::refuse)
                .max_rows();
        });
    };
    refused("b\0"s, "jsonb cannot hold U+0000");
    refused("\0"s, "jsonb cannot hold U+0000");
    refused("b\xFF", "not valid UTF-8");
    refused("\xED\xA0\x80", "not valid UTF-8");
    CHECK(both.refuses<InvalidInput>([](auto& storage) { return storage.query().template select<NulSummary>(); }) ==
          "query.select things: the key of a field: jsonb cannot hold U+0000");
    CHECK_THROWS_AS(gs::document_table<json>("t").insert_only(gs::Path<int>{std::vector<std::string>{}}), InvalidInput);
}

TEST_CASE("no character of a text or a key means anything") {
    Things both;
    const std::vector<std::string> texts{"%",           "_",       "\\",
                                         "\\%",         "50%_\\",  "a'b",
                                         "a\"b",        "$1",      "$.a[*] ? (@ == 1)",
                                         "a.b",         "{a,b}",   "(a,b)",
                                         "[0]",         "E'\\''",  "\x01\x1F\x7F",
                                         "\n\r\t\b\f",  "\\u0041", "\U0001F600",
                                         "\U0010FFFF",  "\uFFFF",  "\uD7FF",
                                         "\uE000",      "\u00e9",  "e\u0301",
                                         "null",        "1",       "true",
                                         "--",          "/*",      " ",
                                         "\xE2\x80\xAE"};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        json document{{"t", "<" + texts[i] + ">" + texts[i]}};
        document[texts[i]] = {{texts[i], texts[i]}, {"list", {texts[i]}}};
        both.write("id-" + std::to_string(100 + i), document);
        both.write(texts[i], json::object());
    }
    const auto t = path<std::string>("t");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string& text = texts[i];
        CAPTURE(text);
        const json own = json::array({"id-" + std::to_string(100 + i)});
        CHECK(both.ids(t.starts_with("<" + text + ">")) == own);
        CHECK(both.ids(t == "<" + text + ">" + text) == own);
        CHECK(both.ids(t.in({"<" + text + ">" + text})) == own);
        CHECK(both.ids(t.contains("<" + text + ">")) == own);
        CHECK(both.ids(path<std::string>(text, text) == text) == own);
        CHECK(both.ids(path<std::string>(text, text).starts_with(text)) == own);
        CHECK(both.ids(path<std::map<std::string, json>>(text).contains_key(text)) == own);
        CHECK(both.ids(path<std::map<std::string, std::string>>(text).contains_value(text)) == own);
        CHECK(both.ids(path<std::vector<std::string>>(text, "list").contains(text)) == own);
        CHECK(both.ids(path<std::vector<std::string>>(text, "list").any(gs::element<std::string>.contains(text))) ==
              own);
        CHECK(both.ids(gs::id_field == text) == json::array({text}));
        both.gives([&](auto& storage) { return storage.query().where(t > text).order_by(t).ids(); });
    }
    both.write("odd", {{"a'\"$1\\", 1}, {"b", 2}});
    CHECK(both.gives([](auto& storage) {
        return storage.query().where(gs::id_field == "odd").template select<OddSummary>().front().value.value;
    }) == json{{"a'\"$1\\", 1}});
}

TEST_CASE("a literal that the type of the field cannot hold, or JSON, is refused") {
    Things both;
    const std::string no_fit = "a number that the field's type cannot hold";
    const auto each = [&](const auto& field, const auto value, const std::string& message) {
        CHECK(both.refusal([&] { return field == value; }) == message);
        CHECK(both.refusal([&] { return value >= field; }) == message);
        CHECK(both.refusal([&] { return field.between(value, 1); }) == message);
        CHECK(both.refusal([&] { return field.between(1, value); }) == message);
        CHECK(both.refusal([&] { return field.in(std::vector{value, value}); }) == message);
    };
    each(path<std::int8_t>("n"), 300, no_fit);
    each(path<std::int8_t>("n"), -129, no_fit);
    each(path<std::int8_t>("n"), three_hundred, no_fit);
    each(path<std::int8_t>("n"), json(300), no_fit);
    each(path<std::int8_t>("n"), json("1"), no_fit);
    each(path<unsigned>("n"), -1, no_fit);
    each(path<std::uint64_t>("n"), -1LL, no_fit);
    each(path<std::int64_t>("n"), std::uint64_t{1} << 63U, no_fit);
    each(path<std::int64_t>("n"), 9223372036854775808.0, no_fit);
    each(path<std::uint64_t>("n"), 18446744073709551616.0, no_fit);
    each(path<int>("n"), 0.5, no_fit);
    each(path<int>("n"), not_a_number, no_fit);
    each(path<int>("n"), infinity, no_fit);
    each(path<float>("n"), 1e39, no_fit);
    each(path<float>("n"), -1e39, no_fit);
    each(path<double>("n"), not_a_number, "JSON has no NaN and no infinity");
    each(path<double>("n"), -infinity, "JSON has no NaN and no infinity");
    each(path<float>("n"), infinity, "JSON has no NaN and no infinity");
    const std::vector<double> some{1, not_a_number};
    CHECK(both.refusal([&] { return path<double>("n").in(some); }) == "JSON has no NaN and no infinity");
    CHECK(both.refusal([&] { return path<std::vector<double>>("n").contains(not_a_number); }) ==
          "JSON has no NaN and no infinity");
    CHECK(both.refusal([&] { return path<std::vector<std::int8_t>>("n").contains(300); }) == no_fit);
    CHECK(both.refusal([&] { return path<std::map<std::string, float>>("n").contains_value(1e39); }) == no_fit);
    CHECK(both.refusal([&] { return gs::element<int> == 0.5; }) == no_fit);

    const std::string no_time = "a time outside of the years 1 to 9999";
    const auto seen = path<gs::Timestamp>("at");
    CHECK(both.refusal([&] { return seen < gs::Timestamp{gs::Timestamp{}.time().max()}; }) == no_time);
    CHECK(both.refusal([&] { return seen < std::chrono::sys_seconds::max(); }) == no_time);
    CHECK(both.refusal([&] { return seen.in({std::chrono::sys_days::min()}); }) == no_time);
    CHECK(both.refusal([&] { return path<std::chrono::sys_seconds>("at") == std::chrono::sys_seconds::max(); }) ==
          no_time);

    const auto text = path<std::string>("t");
    const auto texts = [&](const std::string& value, const std::string& message) {
        CHECK(both.refusal([&] { return text == value; }) == message);
        CHECK(both.refusal([&] { return value < text; }) == message);
        CHECK(both.refusal([&] { return text.in({"a"s, value}); }) == message);
        CHECK(both.refusal([&] { return text.starts_with(value); }) == message);
        CHECK(both.refusal([&] { return text.contains(value); }) == message);
        CHECK(both.refusal([&] { return gs::id_field == value; }) == message);
        CHECK(both.refusal([&] { return path<std::map<std::string, json>>("m").contains_key(value); }) == message);
        CHECK(both.refusal([&] { return path<std::map<std::string, std::string>>("m").contains_value(value); }) ==
              message);
        CHECK(both.refusal([&] { return path<std::vector<std::string>>("l").contains(value); }) == message);
    };
    texts("a\0b"s, "jsonb cannot hold U+0000");
    texts("\0"s, "jsonb cannot hold U+0000");
    texts("a\xFF", "not valid UTF-8");
    texts("\xC0\x80", "not valid UTF-8");
    texts("\xED\xA0\x80", "not valid UTF-8");
    texts("\xF4\x90\x80\x80", "not valid UTF-8");
    texts(std::string(20U << 20U, 'x'), "the JSON text is longer than the limit of 16777216 bytes");
}

TEST_CASE("ids that no server could hold are refused by every operation") {
    Things both;
    const auto refused = [&](const std::string& id, const std::string& why) {
        const auto told = [&](const std::string& operation, const auto& call) {
            const std::string place = operation.ends_with("many") ? " things: document 2: " : " things: ";
            CHECK(both.refuses<InvalidInput>(call) == operation + place + why);
        };
        told("find", [&](auto& storage) { return storage.find(id); });
        told("read", [&](auto& storage) { return storage.read(id); });
        told("contains", [&](auto& storage) { return storage.contains(id); });
        told("remove", [&](auto& storage) { return storage.remove(id); });
        told("write", [&](auto& storage) { return storage.write(id, json::object()).text(); });
        told("insert", [&](auto& storage) { return storage.insert(id, json::object()).text(); });
        told("patch", [&](auto& storage) { return storage.patch(id, path<int>("n").set(1)).text(); });
        told("read_many", [&](auto& storage) { return storage.read_many({"a", id}).size(); });
        told("remove_many", [&](auto& storage) { return storage.remove_many({"a", id}); });
    };
    refused("a\0b"s, "an id must not contain NUL");
    refused("a\xFF", "an id must be valid UTF-8");
}
