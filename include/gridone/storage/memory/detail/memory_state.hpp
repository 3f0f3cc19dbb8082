// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STATE_HPP
#define GRIDONE_STORAGE_MEMORY_DETAIL_MEMORY_STATE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a database and the storages made with it share. One at a time writes: an operation on its own, or a transaction
/// from its begin to its end. It keeps its changes to itself until it commits them, all at once, so everybody else reads
/// what is committed, and does not wait for the transaction.
class MemoryState {
public:
    /// The right to write, from when it is had until the end of the scope.
    class Turn {
    public:
        /// @throws DeadlineExceededError, CancelledError, PoolClosedError  others had it for too long
        ///         @throws UsageError  this thread has it already
        Turn(MemoryState& state, const CallSite& site) : state_{state} { state_.begin_turn(site); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Turn(Turn&&) = delete;
        Turn& operator=(Turn&&) = delete;
        ~Turn() { state_.end_turn(); }

    private:
        MemoryState& state_;
    };

    /// The table of this description, which is made if there is none.
    /// @throws UsageError  it is there with another description.
    MemoryTable& table(const TableNames& names, const TableRules& rules) {
        const std::lock_guard lock{mutex_};
        MemoryTable& table = tables_[key_of(names)];
        if (!table.rules) table.describe(rules);  // once: who writes reads them without the lock
        if (*table.rules != rules) refuse_other_description(names);
        return table;
    }

    /// The table that a reference names, be it described or not.
    MemoryTable& parent(const Reference& reference) {
        const std::lock_guard lock{mutex_};
        return tables_[key_of(reference.parent)];
    }

    /// A reference of another table, or of the same, and its place among the rules of that table.
    struct Referrer {
        MemoryTable* table;
        const Reference* reference;
        std::size_t position;
    };

    /// Those that name this table.
    [[nodiscard]] std::vector<Referrer> referrers_to(const MemoryTable& parent) {
        const std::lock_guard lock{mutex_};
        std::vector<Referrer> found;
        for (auto& [key, table] : tables_) {
            if (!table.rules) continue;
            for (std::size_t position = 0; position < table.rules->references.size(); ++position) {
                const Reference& reference = table.rules->references[position];
                const auto named = tables_.find(key_of(reference.parent));
                if (named != tables_.end() && &named->second == &parent)
                    found.push_back({&table, &reference, position});
            }
        }
        return found;
    }

    /// Gives what `f` gives; nobody commits while it runs. @throws PoolClosedError, UsageError
    template <class F>
    auto read(const CallSite& site, F&& f) const {
        const std::lock_guard lock{mutex_};
        expect_open(site);
        return f();
    }

    /// Returns what `f` returns; pre: it is the caller's turn.
    template <class F>
    auto read_in_turn(F&& f) const {
        const std::lock_guard lock{mutex_};
        return f();
    }

    /// Pre: it is the caller's turn.
    void commit(MemoryChanges& changes) noexcept {
        const std::lock_guard lock{mutex_};
        changes.merge();
    }

    void close() noexcept {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        turn_ended_.notify_all();
    }

    /// Of a call that begins now and has none of its own.
    [[nodiscard]] static Deadline deadline() { return deadline_after(std::chrono::seconds{30}); }

    /// @throws DeadlineExceededError, CancelledError  nothing was applied
    static void expect_time_left(const CallSite& site, const std::string& when) {
        const auto late = [&](const std::string& what) {
            ErrorInfo info = site.because(what + " " + when);
            info.retry = Retry::caller_decides;
            return info;
        };
        if (stop_of(site).stop_requested()) throw CancelledError{late("the caller stopped it")};
        if (site.deadline <= Clock::now()) throw DeadlineExceededError{late("the deadline passed")};
    }

private:
    static std::stop_token stop_of(const CallSite& site) {
        return site.stop == nullptr ? std::stop_token{} : *site.stop;
    }

    void begin_turn(CallSite site) {
        if (site.deadline == Deadline::max()) site.deadline = deadline();
        std::unique_lock lock{mutex_};
        expect_open(site);
        expect_time_left(site, "before it began");
        const auto is_over = [&] { return closed_ || writer_ == std::thread::id{}; };
        while (!turn_ended_.wait_until(lock, stop_of(site), site.deadline, is_over)) {
            expect_time_left(site, "while another call or transaction was writing");
        }
        expect_open(site);
        writer_ = std::this_thread::get_id();
    }

    void end_turn() noexcept {
        const std::lock_guard lock{mutex_};
        writer_ = {};
        turn_ended_.notify_one();
    }

    void expect_open(const CallSite& site) const {
        if (closed_) throw PoolClosedError{site.because("the database is closed")};
        if (writer_ == std::this_thread::get_id()) {
            throw UsageError{
                site.because("this thread already runs a transaction of this database; a call that is not in(tx) could "
                             "wait for it")};
        }
    }

    using TableKey = std::pair<std::string, std::string>;
    static TableKey key_of(const TableNames& names) { return {names.schema_name, names.table_name}; }

    mutable std::mutex mutex_;  // not a shared one: with readers that never pause, glibc's starves the writers
    std::condition_variable_any turn_ended_;
    std::thread::id writer_{};  // who changes the tables, at the end of his turn
    bool closed_ = false;
    std::map<TableKey, MemoryTable> tables_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
