// SPDX-License-Identifier: MIT

#ifndef GRIDONE_EXAMPLES_WORLD_PROGRESS_HPP
#define GRIDONE_EXAMPLES_WORLD_PROGRESS_HPP

#include <atomic>
#include <cstddef>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <unistd.h>

namespace world {

/// A bar below the lines that are printed. Only a terminal gets the bar; a file gets the lines. Any number of threads
/// may use it.
class Progress {
public:
    explicit Progress(std::size_t total) : total_{total} {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        if (terminal_) std::cout << "\r\033[K" << std::flush;
    }

    void advance() {
        const std::size_t done = ++done_;
        if (terminal_ && done * steps / total_ != (done - 1) * steps / total_) draw();
    }

    void line(std::string_view text) {
        const std::lock_guard lock{mutex_};
        std::cout << (terminal_ ? "\r\033[K" : "") << text << '\n' << std::flush;
    }

private:
    static constexpr std::size_t steps = 200;
    static constexpr std::size_t width = 50;

    void draw() {
        const std::lock_guard lock{mutex_};
        const std::size_t done = done_;
        const std::size_t full = done * width / total_;
        std::cout << "\r[" << std::string(full, '#') << std::string(width - full, '.') << "] " << done << " of "
                  << total_ << std::flush;
    }

    const bool terminal_ = ::isatty(STDOUT_FILENO) == 1;
    const std::size_t total_;
    std::atomic<std::size_t> done_ = 0;
    std::mutex mutex_;
};

}  // namespace world

#endif
