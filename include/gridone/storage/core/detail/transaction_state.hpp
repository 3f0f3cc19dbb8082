// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_TRANSACTION_STATE_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_TRANSACTION_STATE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pqxx {
class connection;
}

namespace gridone::storage::inline v0::detail {

/// One run of a transaction's body: who may use it, whether it can still be committed, and what its backend does for
/// it. Used by the thread that runs the body.
class TransactionState {
public:
    /// @param database  what storages of the same database have in common: an address
    TransactionState(const void* database, Deadline deadline, bool read_only)
        : database_{database}, deadline_{deadline}, read_only_{read_only} {}
    TransactionState(const TransactionState&) = delete;
    TransactionState& operator=(const TransactionState&) = delete;
    TransactionState(TransactionState&&) = delete;
    TransactionState& operator=(TransactionState&&) = delete;
    virtual ~TransactionState() = default;

    [[nodiscard]] Deadline deadline() const noexcept { return deadline_; }

    /// @param part  the part (`nested`) that the call was made in; 0 for the whole transaction
    /// @throws UsageError  another thread calls, the transaction or that part has ended, or an earlier error aborted it.
    void check(const CallSite& site, std::uint64_t part = 0) const {
        if (owner_ != std::this_thread::get_id()) {
            throw UsageError{site.because("the transaction belongs to the thread that runs its body")};
        }
        if (ended_) throw UsageError{site.because("the transaction has ended")};
        if (part != 0 && std::ranges::find(parts_, part) == parts_.end()) {
            throw UsageError{site.because("the inner transaction has ended; use a view of the transaction around it")};
        }
        if (is_doomed()) throw doomed(site);
    }

    /// @throws UsageError  a storage of another database.
    void check_database(const CallSite& site, const void* database) const {
        if (database == database_) return;
        throw UsageError{site.because("the transaction is one of another database")};
    }

    /// @throws UsageError  a write in a transaction that only reads.
    void check_writable(const CallSite& site) const {
        if (read_only_) throw UsageError{site.because("the transaction is read-only")};
    }

    /// Runs one call of the body. An error after which nothing can be committed is remembered.
    template <class F>
    decltype(auto) guarded(F&& f) {
        try {
            return f();
        } catch (const StorageError& error) {
            if (!leaves_intact(error) || is_broken()) doom(error.what());
            throw;
        }
    }

    /// Runs `f` as a part that has its own savepoint: what `f` did is undone if it throws.
    template <class F>
    void nested(const CallSite& site, F&& f) {
        check(site);
        const std::size_t commits = on_commit_.size();
        parts_.reserve(parts_.size() + 1);
        const int level = static_cast<int>(parts_.size()) + 1;
        guarded([&] { set_savepoint(site, level); });
        parts_.push_back(++last_part_);
        try {
            f();
            check_committable(site);
        } catch (...) {
            parts_.pop_back();
            on_commit_.resize(commits);
            if (roll_back_to(level)) first_error_.clear();
            throw;
        }
        parts_.pop_back();
        guarded([&] { release(site, level); });
    }

    /// The innermost part that runs now; 0 outside of all parts.
    [[nodiscard]] std::uint64_t current_part() const noexcept { return parts_.empty() ? 0 : parts_.back(); }

    /// The body has returned. @throws UsageError  it went on after an error that it did not let through.
    void check_committable(const CallSite& site) const {
        if (is_doomed()) throw doomed(site);
    }

    void on_commit(std::function<void()> f) { on_commit_.push_back(std::move(f)); }

    /// Nothing can be done with it from here on. @returns what is to run if it was committed
    std::vector<std::function<void()>> end() noexcept {
        ended_ = true;
        return std::exchange(on_commit_, {});
    }

    /// The session of the transaction, for plain libpqxx. @throws UsageError  the backend has none.
    [[nodiscard]] virtual pqxx::connection& connection(const CallSite& site) = 0;

protected:
    /// How many parts the body is in.
    [[nodiscard]] int depth() const noexcept { return static_cast<int>(parts_.size()); }
    [[nodiscard]] bool is_doomed() const noexcept { return !first_error_.empty(); }
    void doom(const char* first_error) {
        if (!is_doomed()) first_error_ = first_error;
    }

private:
    virtual void set_savepoint(const CallSite& site, int level) = 0;
    virtual void release(const CallSite& site, int level) = 0;
    [[nodiscard]] virtual bool roll_back_to(int level) noexcept = 0;

    /// Whether the database has given it up.
    [[nodiscard]] virtual bool is_broken() const noexcept = 0;

    /// Errors that tell something about a document, and nothing against the transaction.
    [[nodiscard]] static bool leaves_intact(const StorageError& error) noexcept {
        const auto is = [&]<class Error>(const Error*) { return dynamic_cast<const Error*>(&error) != nullptr; };
        return is(static_cast<const NotFoundError*>(nullptr)) || is(static_cast<const AlreadyExistsError*>(nullptr)) ||
               is(static_cast<const VersionConflictError*>(nullptr)) ||
               is(static_cast<const InvalidInputError*>(nullptr)) || is(static_cast<const DecodeError*>(nullptr)) ||
               is(static_cast<const UsageError*>(nullptr));
    }

    [[nodiscard]] UsageError doomed(const CallSite& site) const {
        return UsageError{site.because("the transaction cannot be committed since an earlier error: " + first_error_)};
    }

    const void* database_;
    Deadline deadline_;
    bool read_only_;
    std::thread::id owner_ = std::this_thread::get_id();
    bool ended_ = false;
    std::vector<std::uint64_t> parts_;  // those that run now, the innermost last
    std::uint64_t last_part_ = 0;
    std::string first_error_;
    std::vector<std::function<void()>> on_commit_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
