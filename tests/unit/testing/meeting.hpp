// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_UNIT_TESTING_MEETING_HPP
#define GRIDONE_STORAGE_TESTS_UNIT_TESTING_MEETING_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

/// Makes two threads be at the same point once, so that what can go wrong between them does. Afterwards, or after a
/// deadline, nobody waits any more.
class Meeting {
public:
    /// Returns when a second thread has arrived.
    void arrive() {
        std::unique_lock lock{mutex_};
        if (++arrived_ >= 2) end();
        wait(lock);
    }

    /// Returns when a thread has come by meanwhile.
    void wait_for_visitor() {
        std::unique_lock lock{mutex_};
        awaited_ = true;
        wait(lock);
    }

    void arrive_as_visitor() {
        const std::lock_guard lock{mutex_};
        if (awaited_) end();
    }

private:
    void end() {
        over_ = true;
        changed_.notify_all();
    }
    void wait(std::unique_lock<std::mutex>& lock) {
        changed_.wait_for(lock, std::chrono::seconds{5}, [&] { return over_; });
        over_ = true;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t arrived_ = 0;
    bool awaited_ = false;
    bool over_ = false;
};

#endif
