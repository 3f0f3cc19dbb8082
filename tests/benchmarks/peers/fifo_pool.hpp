// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_FIFO_POOL_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_FIFO_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Connections that are lent in order of arrival, straight from one caller to the next.
template <class Connection>
class FifoPool {
public:
    FifoPool(std::size_t size, const std::string& url) {
        for (std::size_t i = 0; i < size; ++i) {
            connections_.push_back(std::make_unique<Connection>(url));
            free_.push_back(connections_.back().get());
        }
    }

    template <class F>
    decltype(auto) with(F&& f) {
        const Loan loan{*this, take()};
        return f(*loan.connection);
    }

private:
    struct Waiter {
        std::condition_variable woken;
        Connection* connection = nullptr;
    };
    struct Loan {
        FifoPool& pool;
        Connection* connection;
        Loan(FifoPool& from, Connection* lent) : pool{from}, connection{lent} {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        Loan(Loan&&) = delete;
        Loan& operator=(Loan&&) = delete;
        ~Loan() { pool.give_back(connection); }
    };

    Connection* take() {
        std::unique_lock lock{mutex_};
        if (!free_.empty()) {
            Connection* const last = free_.back();
            free_.pop_back();
            return last;
        }
        Waiter me;
        waiting_.push_back(&me);
        me.woken.wait(lock, [&] { return me.connection != nullptr; });
        return me.connection;
    }

    void give_back(Connection* connection) {
        const std::lock_guard lock{mutex_};
        if (waiting_.empty()) {
            free_.push_back(connection);
            return;
        }
        Waiter& next = *waiting_.front();
        waiting_.pop_front();
        next.connection = connection;
        next.woken.notify_one();
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> free_;
    std::deque<Waiter*> waiting_;
};

}  // namespace benchmarks

#endif
