// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SEEN_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SEEN_HPP

#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace differential {

/// What a body throws of its own. No std::exception, as user code may do.
struct Stop {};

/// What calls gave, line by line, so that it can be compared with what they gave elsewhere: values as canonical text,
/// versions by the order in which they were first seen, errors by type and by what they tell.
class Seen {
public:
    /// Runs one call; what it throws ends here.
    template <class F>
    void operator()(F&& f) {
        try {
            pass(f);
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it is a line by now
        } catch (const Stop&) {            // NOLINT(bugprone-empty-catch)
        }
    }

    /// Runs one call; what it throws goes on.
    template <class F>
    void pass(F&& f) {
        try {
            if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
                f();
                line("done");
            } else {
                line(text(f()));
            }
        } catch (const gridone::storage::StorageError& error) {
            line(text(error));
            throw;
        } catch (const std::exception& error) {
            line(std::string{bug} + typeid(error).name() + " " + error.what());
            throw;
        } catch (const Stop&) {
            line("stopped");
            throw;
        }
    }

    void line(std::string text) { lines_.push_back(std::move(text)); }

    /// The version that was seen last, and the one that was first seen as the k-th; of none, one that nobody has.
    [[nodiscard]] gridone::storage::Version newest() const { return newest_; }
    [[nodiscard]] gridone::storage::Version version(std::size_t k) const {
        return versions_.empty() ? newest_ : versions_[k % versions_.size()];
    }

    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

    /// How the line of an error begins that no case should lead to: a bug, whoever has it.
    static constexpr std::string_view bug = "BUG: ";

    std::string text(bool value) { return value ? "true" : "false"; }
    std::string text(std::size_t value) { return std::to_string(value); }
    std::string text(std::int64_t value) { return std::to_string(value); }
    std::string text(double value) { return gridone::storage::canonical_json(nlohmann::json(value)); }
    std::string text(gridone::storage::Version version) {
        newest_ = version;
        auto found = std::ranges::find(versions_, version);
        if (found == versions_.end()) found = versions_.insert(found, version);
        return "version " + std::to_string(found - versions_.begin());
    }
    // A template, for a json could be made of anything.
    template <std::same_as<nlohmann::json> Json>
    std::string text(const Json& value) {
        return gridone::storage::canonical_json(value);
    }
    template <std::same_as<nlohmann::json> Json>
    std::string text(const std::optional<Json>& value) {
        return value ? text(*value) : "none";
    }
    template <class M>
    std::string text(const gridone::storage::Document<M>& document) {
        return quoted(document.id) + ": " + text(nlohmann::json(document.value)) + ", " + text(document.version);
    }
    template <class M>
    std::string text(const std::optional<gridone::storage::Document<M>>& document) {
        return document ? text(*document) : "none";
    }
    /// A value of a field.
    template <class V>
    std::string text(const std::optional<V>& value) {
        return value ? gridone::storage::canonical_json(nlohmann::json(*value)) : "none";
    }
    template <class V>
    std::string text(const std::pair<std::optional<V>, std::size_t>& counted) {
        return text(counted.first) + " x " + text(counted.second);
    }
    std::string text(const gridone::storage::InsertedOrFound<nlohmann::json>& result) {
        return (result.inserted ? "inserted " : "found ") + text(result.document);
    }
    template <class T>
    std::string text(const std::vector<T>& values) {
        std::string all = "[";
        for (const T& value : values) {
            if (all.size() > 1) all += "; ";
            if constexpr (std::same_as<T, std::string>) {
                all += quoted(value);
            } else {
                all += text(value);
            }
        }
        return all + "]";
    }

private:
    static std::string quoted(const std::string& id) {
        return nlohmann::json(id).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    }

    std::string text(const gridone::storage::StorageError& error) {
        using namespace gridone::storage;
        std::string all = name(error) + " of " + error.operation() + " " + error.table();
        if (!error.id().empty()) all += ", id " + quoted(error.id());
        const auto pointer = [&](const auto* placed) {
            if (placed != nullptr && !placed->pointer().empty()) all += ", at " + quoted(placed->pointer());
        };
        pointer(dynamic_cast<const InvalidInputError*>(&error));
        pointer(dynamic_cast<const DecodeError*>(&error));
        if (const auto* rule = dynamic_cast<const ConstraintError*>(&error)) all += ", rule " + rule->constraint();
        if (typeid(error) == typeid(ConflictError)) all += std::string{", "} + error.what();  // tells how many
        if (const auto* conflict = dynamic_cast<const VersionConflictError*>(&error)) {
            all += ", " + text(conflict->stored());
        }
        return all + ", outcome " + std::to_string(static_cast<int>(error.outcome())) + ", retry " +
               std::to_string(static_cast<int>(error.retry()));
    }

    static std::string name(const gridone::storage::StorageError& error) {
        using namespace gridone::storage;
        std::string found = std::string{bug} + typeid(error).name() + " " + error.what() + " " + error.details();
        const auto is = [&]<class Error>(const Error*, std::string_view its_name) {
            if (typeid(error) == typeid(Error)) found = its_name;
        };
        is(static_cast<const NotFoundError*>(nullptr), "NotFoundError");
        is(static_cast<const ConflictError*>(nullptr), "ConflictError");
        is(static_cast<const AlreadyExistsError*>(nullptr), "AlreadyExistsError");
        is(static_cast<const VersionConflictError*>(nullptr), "VersionConflictError");
        is(static_cast<const ConstraintError*>(nullptr), "ConstraintError");
        is(static_cast<const InvalidInputError*>(nullptr), "InvalidInputError");
        is(static_cast<const DecodeError*>(nullptr), "DecodeError");
        is(static_cast<const UsageError*>(nullptr), "UsageError");
        return found;
    }

    std::vector<std::string> lines_;
    std::vector<gridone::storage::Version> versions_;
    gridone::storage::Version newest_{0};
};

}  // namespace differential

#endif
