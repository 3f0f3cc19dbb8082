// SPDX-License-Identifier: MIT

#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/field.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

using namespace gridone::storage;

namespace field_test {

enum class Mode { off, heat };
struct Base {
    int inherited;
};
struct Inner {
    std::string host;
};
struct Model : Base {
    Inner inner;
    std::optional<Inner> maybe_inner;
    const double fixed = 0;
    static constexpr int none_of_a_model = 0;
};
struct Other {
    int number;
};

// A field takes the model from its first member and the type from its last.
static_assert(std::same_as<decltype(field<&Model::inner>), const Field<Model, Inner>>);
static_assert(std::same_as<decltype(field<&Model::inner, &Inner::host>), const Field<Model, std::string>>);
static_assert(std::same_as<decltype(field<&Model::maybe_inner, &Inner::host>), const Field<Model, std::string>>);
static_assert(std::same_as<decltype(field<&Model::inherited>), const Field<Base, int>>);
static_assert(std::same_as<decltype(field<&Model::fixed>), const Field<Model, double>>);
static_assert(std::same_as<decltype(path<int>("a")), Path<int>>);
static_assert(std::same_as<decltype(id_field), const IdField>);

// A field can be a constant, a copy and a template argument's member.
constexpr auto host = field<&Model::inner, &Inner::host>;
static_assert(host.keys().size() == 2 && host.keys()[0] == "inner" && host.keys()[1] == "host");
static_assert(std::is_trivially_copyable_v<decltype(host)>);
static_assert(std::is_trivially_destructible_v<decltype(host)>);

// Changes of a base and of paths are changes of the model; others are not.
static_assert(std::convertible_to<Change<Base>, Change<Model>>);
static_assert(std::convertible_to<Change<AnyModel>, Change<Model>>);
static_assert(!std::constructible_from<Change<Base>, Change<Model>>);
static_assert(!std::constructible_from<Change<Model>, Change<Other>>);
static_assert(!std::constructible_from<Change<AnyModel>, Change<Model>>);

template <class T, class V>
concept CanSet = requires(const Field<Model, T> field, V&& value) {
    { field.set(std::forward<V>(value)) } -> std::same_as<Change<Model>>;
};
template <class T, class V>
concept CanSetByPath = requires(const Path<T> field, V&& value) {
    { field.set(std::forward<V>(value)) } -> std::same_as<Change<AnyModel>>;
};
template <class T, class V>
concept CanIncrement = requires(const Field<Model, T> field, V&& by) { field.increment(by); };
template <class T, class V>
concept CanAppend = requires(const Field<Model, T> field, V&& element) {
    field.append(std::forward<V>(element));
    field.remove_value(std::forward<V>(element));
};
template <class T, class V>
concept CanNeither = !requires(const Field<Model, T> field, V&& element) { field.append(element); } &&
                     !requires(const Field<Model, T> field, V&& element) { field.remove_value(element); };

static_assert(CanSet<std::string, const char (&)[2]>);
static_assert(CanSet<std::string, const char*>);
static_assert(CanSet<std::string, std::string_view>);
static_assert(CanSet<std::optional<std::string>, std::string_view>);
static_assert(!CanSet<std::string, std::nullptr_t>);
static_assert(!CanSet<std::string, int>);
static_assert(!CanSet<std::string, std::nullopt_t>);
static_assert(!CanSet<std::string, std::optional<std::string>>);
static_assert(CanSet<int, long>);
static_assert(CanSet<double, int>);
static_assert(!CanSet<int, const char*>);
static_assert(!CanSet<int, std::nullopt_t>);
static_assert(CanSet<std::optional<int>, std::nullopt_t>);
static_assert(CanSet<std::optional<int>, const std::optional<int>&>);
static_assert(CanSet<std::optional<int>, std::optional<short>>);
static_assert(CanSet<bool, bool&>);
static_assert(!CanSet<bool, const char*>);
static_assert(!CanSet<bool, int>);
static_assert(CanSet<Mode, Mode>);
static_assert(!CanSet<Mode, int>);
static_assert(CanSet<std::vector<int>, const std::vector<int>&>);
static_assert(!CanSet<std::vector<int>, std::vector<long>>);
static_assert(CanSet<nlohmann::json, int>);
static_assert(CanSet<nlohmann::json, std::nullptr_t>);
static_assert(CanSetByPath<int, std::nullopt_t>);
static_assert(CanSetByPath<std::string, std::nullopt_t>);
static_assert(CanSetByPath<nlohmann::json, nlohmann::json>);
static_assert(!CanSetByPath<int, const char*>);

static_assert(CanIncrement<int, int>);
static_assert(CanIncrement<std::optional<float>, double>);
static_assert(CanIncrement<nlohmann::json, int>);
static_assert(!CanIncrement<bool, int>);
static_assert(!CanIncrement<int, bool>);
static_assert(!CanIncrement<std::string, int>);
static_assert(!CanIncrement<Mode, int>);
static_assert(!CanIncrement<int, const char*>);
static_assert(!CanIncrement<int, std::nullopt_t>);

static_assert(CanAppend<std::vector<std::string>, const char*>);
static_assert(CanAppend<std::deque<int>, int>);
static_assert(CanAppend<std::list<int>, int>);
static_assert(CanAppend<std::set<int>, int>);
static_assert(CanAppend<std::unordered_set<std::string>, std::string>);
static_assert(CanAppend<std::optional<std::vector<int>>, int>);
static_assert(CanAppend<std::vector<std::optional<int>>, std::nullopt_t>);
static_assert(CanAppend<nlohmann::json, int>);
static_assert(CanNeither<std::vector<int>, const char*>);
static_assert(CanNeither<std::vector<int>, std::nullopt_t>);
static_assert(CanNeither<std::string, char>);
static_assert(CanNeither<std::array<int, 3>, int>);
static_assert(CanNeither<std::map<std::string, int>, int>);
static_assert(CanNeither<std::filesystem::path, std::filesystem::path>);
static_assert(CanNeither<int, int>);
static_assert(CanNeither<Inner, Inner>);

}  // namespace field_test
