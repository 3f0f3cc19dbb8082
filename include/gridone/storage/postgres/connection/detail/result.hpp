// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_RESULT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_RESULT_HPP

#include <libpq-fe.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gridone::storage::inline v0::detail {

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

    [[nodiscard]] int columns() const noexcept { return PQnfields(result_.get()); }

    /// An integer as text; 0 for anything else.
    [[nodiscard]] std::int64_t number(std::size_t row, int column) const noexcept {
        const std::string_view digits = text(row, column);
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

    /// The command tag: "INSERT 0 1", "COMMIT" …
    [[nodiscard]] std::string_view command() const noexcept { return PQcmdStatus(result_.get()); }

    /// The rows that an INSERT, UPDATE or DELETE touched.
    [[nodiscard]] std::size_t affected() const noexcept {
        const std::string_view digits = PQcmdTuples(result_.get());
        std::size_t count = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), count);
        return count;
    }

    /// A field of an error report, PG_DIAG_…; empty if the server did not send it.
    [[nodiscard]] std::string_view error_field(int code) const noexcept {
        const char* field = PQresultErrorField(result_.get(), code);
        return field == nullptr ? std::string_view{} : std::string_view{field};
    }

    explicit operator bool() const noexcept { return result_ != nullptr; }

private:
    struct Clear {
        void operator()(PGresult* result) const noexcept { PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
