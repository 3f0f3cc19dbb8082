// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_LOAD_OPTIONS_HPP
#define GRIDONE_STORAGE_QUERY_LOAD_OPTIONS_HPP

#include <cstddef>
#include <functional>

namespace gridone::storage::inline v0 {

/// How documents are stored that are read one after another. New members are added at the end.
struct LoadOptions {
    /// Is told how many documents were sent: now and then, about once a mebibyte, and in the end, before they are
    /// stored. What it throws ends the call, and nothing is stored.
    std::function<void(std::size_t)> progress = {};
};

namespace detail {

/// Tells about progress.
class Progress {
public:
    explicit Progress(const LoadOptions& options) : tell_{options.progress} {}

    void sent(std::size_t bytes) {
        ++documents_;
        bytes_ += bytes;
        if (bytes_ < step || !tell_) return;
        bytes_ = 0;
        tell_(documents_);
    }
    void finish() const {
        if (tell_) tell_(documents_);
    }
    [[nodiscard]] std::size_t documents() const noexcept { return documents_; }

private:
    static constexpr std::size_t step = std::size_t{1} << 20U;

    const std::function<void(std::size_t)>& tell_;
    std::size_t documents_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
