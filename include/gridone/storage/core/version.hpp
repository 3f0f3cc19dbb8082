// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_VERSION_HPP
#define GRIDONE_STORAGE_CORE_VERSION_HPP

#include <gridone/storage/core/errors.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace gridone::storage::inline v0 {

/// Which content of a document somebody has seen. Versions compare for equality only.
///
/// A hash of the stored content (of revision and content, where the table has a revision column): the same for every
/// reader of one database, whoever wrote it. Writing an equal document does not change it, without a revision column.
/// The versions of the twin in memory are others than the server's.
class Version {
public:
    explicit constexpr Version(std::int64_t number) noexcept : number_{number} {}

    /// For headers and forms that carry a version to somebody and back: an ETag.
    [[nodiscard]] std::string text() const { return std::to_string(number_); }

    /// The way back. @throws InvalidInputError  it is no text of a version.
    [[nodiscard]] static Version from_text(std::string_view text) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) {
            throw InvalidInputError{"the text of a version is a whole number"};
        }
        return Version{number};
    }

    friend constexpr bool operator==(Version, Version) noexcept = default;

private:
    std::int64_t number_;
};

/// The condition of a write: `storage.replace(id, m, if_version(v))`.
struct IfVersion {
    Version seen;
};

/// Only if the document is still of this version.
[[nodiscard]] constexpr IfVersion if_version(Version seen) noexcept {
    return {seen};
}

/// The document is there in another version than the caller has seen. Nothing was changed.
class VersionConflictError : public ConflictError {
public:
    VersionConflictError(ErrorInfo info, Version stored) : ConflictError{std::move(info)}, stored_{stored} {}

    /// The version that the document had when the write was refused.
    [[nodiscard]] Version stored() const noexcept { return stored_; }

private:
    Version stored_;
};

}  // namespace gridone::storage::inline v0

#endif
