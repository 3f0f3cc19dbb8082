// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_UNIT_MEMORY_SHOP_HPP
#define GRIDONE_STORAGE_TESTS_UNIT_MEMORY_SHOP_HPP

#include "widget.hpp"
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>

#include <future>
#include <optional>
#include <stdexcept>

/// Two tables of one database.
struct Shop {
    gridone::storage::MemoryDatabase database;
    gridone::storage::MemoryStorageBackend<Widget> widgets{database, "widgets"};
    gridone::storage::MemoryStorageBackend<Widget> orders{database, "orders"};

    Shop() {
        widgets.write("a", {"bolt", 1});
        widgets.write("b", {"nut", 1});
    }
};

/// A transaction of another thread, from when this is made until `end`. It has written widget "a" and order "1".
class OpenTransaction {
public:
    explicit OpenTransaction(Shop& shop, gridone::storage::TransactionOptions options = {}) {
        done_ = std::async(std::launch::async, [this, &shop, options] {
            shop.database.transaction(options, [&](gridone::storage::Transaction& tx) {
                shop.widgets.in(tx).write("a", {"uncommitted", 7});
                shop.orders.in(tx).insert("1", {"uncommitted", 7});
                begun_.set_value();
                end_.get_future().wait();
            });
        });
        begun_.get_future().wait();
    }
    OpenTransaction(const OpenTransaction&) = delete;
    OpenTransaction& operator=(const OpenTransaction&) = delete;
    ~OpenTransaction() {
        if (done_.valid()) end_.set_value();  // the future waits for its thread
    }

    /// Commits. Throws what the transaction threw.
    void end() {
        end_.set_value();
        done_.get();
    }

private:
    std::promise<void> begun_;
    std::promise<void> end_;
    std::future<void> done_;
};

/// The error that the call is expected to throw.
template <class Error>
Error thrown_by(auto&& call) {
    std::optional<Error> error;
    try {
        call();
    } catch (const Error& thrown) {
        error = thrown;
    }
    if (!error) throw std::logic_error{"the call did not throw"};
    return *error;
}

#endif
