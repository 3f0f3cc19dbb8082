// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ERROR_NAME_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_ERROR_NAME_HPP

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// What an event says about an error: never its text. Takes no memory, so that it cannot fail on top.
class ErrorName {
public:
    ErrorName() = default;

    explicit ErrorName(const Failure& failure) noexcept : kind_{name_of(failure.kind)} { keep(failure.sqlstate); }

    /// Of the exception that is being handled.
    [[nodiscard]] static ErrorName of_current() noexcept {
        ErrorName name;
        name.kind_ = "_OTHER";
        try {
            throw;
        } catch (const Failure& failure) {
            name = ErrorName{failure};
        } catch (const StorageError& error) {
            if (dynamic_cast<const TimeoutError*>(&error) != nullptr) name.kind_ = "timeout";
            if (dynamic_cast<const CancelledError*>(&error) != nullptr) name.kind_ = "cancelled";
            name.keep(error.sqlstate());
        } catch (...) {
            return name;
        }
        return name;
    }

    [[nodiscard]] std::string_view sqlstate() const noexcept { return {sqlstate_.data(), length_}; }
    [[nodiscard]] std::string_view type() const noexcept { return length_ == 0 ? kind_ : sqlstate(); }

private:
    [[nodiscard]] static std::string_view name_of(Failure::Kind kind) noexcept {
        switch (kind) {
            case Failure::Kind::cannot_connect:
                return "connection_failed";
            case Failure::Kind::lost:
                return "connection_lost";
            case Failure::Kind::deadline:
                return "timeout";
            case Failure::Kind::stopped:
                return "cancelled";
            case Failure::Kind::server_error:
            case Failure::Kind::out_of_memory:
            case Failure::Kind::too_large:
            case Failure::Kind::reply_too_large:
            case Failure::Kind::bad_reply:
            case Failure::Kind::forked:
                break;
        }
        return "_OTHER";
    }

    void keep(std::string_view sqlstate) noexcept {
        length_ = std::min(sqlstate.size(), sqlstate_.size());
        std::copy_n(sqlstate.begin(), length_, sqlstate_.begin());
    }

    std::string_view kind_ = {};  // of static storage
    std::array<char, 5> sqlstate_{};
    std::size_t length_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
