// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_EXPECTATIONS_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_EXPECTATIONS_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/testing/conformance_document.hpp>
#include <gridone/storage/testing/conformance_failure.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::testing::detail {

/// Any JSON value as ASCII, so that texts which look alike do not in a failure; cut where it gets long.
inline std::string shown(const nlohmann::json& value) {
    constexpr std::size_t most = 400;
    std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > most) text = text.substr(0, most) + "… (" + std::to_string(text.size()) + " characters)";
    return text;
}
inline std::string shown(const std::string& text) {
    return shown(nlohmann::json(text));
}

inline void expect(bool holds, const std::string& otherwise) {
    if (!holds) throw ConformanceFailure{otherwise};
}

/// Names the members that differ.
inline void expect_equal(const ConformanceDocument& actual, const ConformanceDocument& expected,
                         const std::string& where) {
    if (actual == expected) return;
    const auto got = nlohmann::json(actual);
    const auto wanted = nlohmann::json(expected);
    std::string message = where + " gives a document that differs";
    for (const auto& [member, value] : wanted.items()) {
        if (got.at(member) != value) message += "; " + member + ": " + shown(got.at(member)) + ", not " + shown(value);
    }
    throw ConformanceFailure{message};
}

inline void expect_equal(const std::vector<ConformanceDocument>& actual,
                         const std::vector<ConformanceDocument>& expected, const std::string& where) {
    expect(actual.size() == expected.size(), where + " gives " + std::to_string(actual.size()) +
                                                 " documents where there are " + std::to_string(expected.size()));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        expect_equal(actual[i], expected[i], where + " at position " + std::to_string(i));
    }
}

inline void expect_equal(const std::vector<std::string>& actual, const std::vector<std::string>& expected,
                         const std::string& where) {
    for (std::size_t i = 0; i < actual.size() && i < expected.size(); ++i) {
        expect(actual[i] == expected[i], where + " gives " + shown(actual[i]) + " at position " + std::to_string(i) +
                                             ", where " + shown(expected[i]) + " belongs");
    }
    expect(actual.size() == expected.size(), where + " gives " + std::to_string(actual.size()) +
                                                 " ids where there are " + std::to_string(expected.size()));
}

template <class Error, class Call>
void expect_error(std::string_view name, const std::string& action, Call call) {
    try {
        call();
    } catch (const Error&) {
        return;
    } catch (const std::exception& error) {
        std::throw_with_nested(
            ConformanceFailure{action + " throws another error than " + std::string{name} + ": " + error.what()});
    }
    throw ConformanceFailure{action + " does not throw " + std::string{name}};
}

template <class Call>
void expect_not_found(const std::string& action, Call call) {
    expect_error<NotFoundError>("NotFoundError", action, call);
}
template <class Call>
void expect_already_exists(const std::string& action, Call call) {
    expect_error<AlreadyExistsError>("AlreadyExistsError", action, call);
}
template <class Call>
void expect_invalid_input(const std::string& action, Call call) {
    expect_error<InvalidInputError>("InvalidInputError", action, call);
}

template <class Call>
VersionConflictError expect_version_conflict(const std::string& action, Call call) {
    try {
        call();
    } catch (const VersionConflictError& error) {
        return error;
    } catch (const std::exception& error) {
        std::throw_with_nested(
            ConformanceFailure{action + " throws another error than VersionConflictError: " + error.what()});
    }
    throw ConformanceFailure{action + " does not throw VersionConflictError"};
}

/// The storage holds exactly these ids and refuses none of its listing operations.
template <class Backend>
void expect_ids(Backend& storage, const std::vector<std::string>& ids, const std::string& when) {
    expect_equal(storage.list_all(), ids, "list_all " + when);
    expect(storage.read_all().size() == ids.size(),
           "read_all " + when + " does not give as many documents as list_all");
}

}  // namespace gridone::storage::inline v0::testing::detail

#endif
