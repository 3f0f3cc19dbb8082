// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_RESULT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_RESULT_HPP

#include <gridone/storage/core/errors.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace gridone::storage::inline v0::detail {

/// The server answered with something else than what was asked for.
[[nodiscard]] inline InternalError bad_reply() {
    return InternalError{ErrorInfo{.reason = "the server's reply does not fit the statement"}};
}

/// The rows of one statement. Views into it live as long as it does.
class Result {
public:
    Result() = default;
    explicit Result(PGresult* result) noexcept : result_{result} {}

    [[nodiscard]] ExecStatusType status() const noexcept { return PQresultStatus(result_.get()); }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(PQntuples(result_.get())); }
    [[nodiscard]] bool is_null(std::size_t row, int column) const noexcept {
        return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
    }
    [[nodiscard]] std::string_view text(std::size_t row, int column) const noexcept {
        const int at = static_cast<int>(row);
        return {PQgetvalue(result_.get(), at, column),
                static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
    }

    /// A boolean. @throws InternalError
    [[nodiscard]] bool flag(std::size_t row, int column) const {
        const std::string_view letter = text(row, column);
        return expected(letter == "t" || letter == "f" ? std::optional{letter == "t"} : std::nullopt);
    }

    [[nodiscard]] int columns() const noexcept { return PQnfields(result_.get()); }

    /// An integer as text; nothing for anything else, such as NULL or a row that is not there.
    [[nodiscard]] std::optional<std::int64_t> if_number(std::size_t row, int column) const noexcept {
        return parsed<std::int64_t>(text(row, column));
    }

    /// The same where nothing else can be meant. @throws InternalError
    [[nodiscard]] std::int64_t number(std::size_t row, int column) const { return expected(if_number(row, column)); }

    /// How many there are of something. @throws InternalError
    [[nodiscard]] std::size_t count(std::size_t row, int column) const {
        return expected(parsed<std::size_t>(text(row, column)));
    }

    /// A value that is not NULL. @throws InternalError
    [[nodiscard]] std::string_view value(std::size_t row, int column) const {
        return expected(row < size() && !is_null(row, column) ? std::optional{text(row, column)} : std::nullopt);
    }

    /// The command tag: "INSERT 0 1", "COMMIT" …
    [[nodiscard]] std::string_view command() const noexcept { return PQcmdStatus(result_.get()); }

    /// The rows that an INSERT, UPDATE or DELETE touched; nothing for other commands.
    [[nodiscard]] std::optional<std::size_t> if_affected() const noexcept {
        return parsed<std::size_t>(PQcmdTuples(result_.get()));
    }

    /// The same where the command has such a number. @throws InternalError
    [[nodiscard]] std::size_t touched() const { return expected(if_affected()); }

    /// The rows that a DELETE removed. @throws InternalError  it was none
    [[nodiscard]] std::size_t removed() const {
        return expected(command().starts_with("DELETE ") ? if_affected() : std::nullopt);
    }

    /// A field of an error report, PG_DIAG_…; empty if the server did not send it.
    [[nodiscard]] std::string_view error_field(int code) const noexcept {
        const char* field = PQresultErrorField(result_.get(), code);
        return field == nullptr ? std::string_view{} : std::string_view{field};
    }

    explicit operator bool() const noexcept { return result_ != nullptr; }

private:
    template <class Number>
    [[nodiscard]] static std::optional<Number> parsed(std::string_view digits) noexcept {
        Number value = 0;
        const char* const begin = digits.data();
        const char* const end = begin + digits.size();
        const auto [behind, error] = std::from_chars(begin, end, value);
        return error == std::errc{} && behind == end ? std::optional{value} : std::nullopt;
    }

    template <class Value>
    [[nodiscard]] static Value expected(const std::optional<Value>& value) {
        if (value) return *value;
        throw bad_reply();
    }

    struct Clear {
        void operator()(PGresult* result) const noexcept { PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
