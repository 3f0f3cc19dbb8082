// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_SECRET_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_SECRET_HPP

#include <gridone/storage/core/errors.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A text that leaves nothing of itself in memory.
class Secret {
public:
    /// @throws InvalidInputError  it contains NUL; nothing of it is quoted.
    explicit Secret(std::string&& text) : text_{std::move(text)} {
        wipe(text);  // a short one was copied
        if (text_.find('\0') == std::string::npos) return;
        wipe(text_);
        throw InvalidInputError{"the password contains NUL"};
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&&) = delete;
    Secret& operator=(Secret&&) = delete;
    ~Secret() { wipe(text_); }

    [[nodiscard]] const char* c_str() const noexcept { return text_.c_str(); }

private:
    static void wipe(std::string& text) noexcept {
        text.resize(text.capacity());  // never allocates; what a longer text has left there goes too
        volatile char* const bytes = text.data();
        for (std::size_t at = 0; at < text.size(); ++at) bytes[at] = 0;
    }

    std::string text_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
