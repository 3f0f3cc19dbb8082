// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_DOCUMENT_OPERATIONS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_DOCUMENT_OPERATIONS_HPP

#include <gridone/storage/core/detail/body_result.hpp>
#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/query/detail/operations/batches.hpp>
#include <gridone/storage/query/detail/operations/bound_query.hpp>
#include <gridone/storage/query/detail/operations/storage_parts.hpp>
#include <gridone/storage/query/query.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

template <class Storage, class M, class Hooks, bool InTransaction>
class DocumentsView;

/// The operations of every storage: those of `operations/`, under limits (`within`), in a transaction (`in`).
///
/// Every operation but the constructor may be called from any number of threads at the same time, and each throws,
/// besides what it names, `InvalidInputError` for an id that is no valid UTF-8 or contains NUL (before anything is
/// sent) and what its store throws for a server that cannot be reached or does not do its part.
template <class Self, class M, class Hooks, bool InTransaction = false>
class DocumentOperations : public Batches<Self, M, Hooks> {
public:
    /// The same operations, each of which ends after that time: waiting, connecting, running and running again included.
    /// `storage.within(200ms).read(id)`; in place of the pool's `operation_timeout`. Steps add up: the earliest end
    /// counts. The view refers to the storage, which must outlive it.
    ///
    /// A call that is late throws `AcquireTimeoutError` or `DeadlineExceededError`, nothing applied; a write that had
    /// been sent by then, `OutcomeUnknownError`. What the server is still doing for it, it ends within a second.
    template <class Rep, class Period>
    [[nodiscard]] auto within(std::chrono::duration<Rep, Period> duration) const {
        using Seconds = std::chrono::duration<long double>;  // which no duration overflows
        constexpr Seconds as_good_as_ever = std::chrono::hours{24 * 365};
        CallLimits limits = own_limits();
        if (duration < duration.zero()) {
            limits.duration = std::chrono::nanoseconds::zero();
        } else if (Seconds{duration} < as_good_as_ever) {
            limits.duration = std::min(limits.duration, std::chrono::ceil<std::chrono::nanoseconds>(duration));
        } else {
            limits.duration = std::min<std::chrono::nanoseconds>(limits.duration, std::chrono::hours{24 * 365});
        }
        return view<InTransaction>(std::move(limits));
    }

    /// The same operations, of which none goes on after that moment: one deadline for several calls.
    [[nodiscard]] auto within(std::chrono::steady_clock::time_point deadline) const {
        CallLimits limits = own_limits();
        limits.deadline = std::min({limits.deadline, deadline, latest_deadline});
        return view<InTransaction>(std::move(limits));
    }

    /// The same operations, which end when a stop is requested: with `CancelledError`, nothing applied; a write that had
    /// been sent by then, with `OutcomeUnknownError`. The later token counts where there are two.
    [[nodiscard]] auto within(std::stop_token stop) const {
        CallLimits limits = own_limits();
        limits.stop = std::move(stop);
        return view<InTransaction>(std::move(limits));
    }

    /// The same operations, and `read_for_update`, as parts of the transaction. The view refers to the storage.
    [[nodiscard]] auto in(const Transaction& transaction) const
        requires(!InTransaction)
    {
        CallLimits limits = own_limits();
        limits.transaction = TransactionAccess::state(transaction);
        limits.part = TransactionAccess::part(transaction);
        return view<true>(std::move(limits));
    }

    /// Runs `f(Transaction&)` in one transaction and gives what it gives: `storage.in(tx)`, and `other.in(tx)` for other
    /// storages of the same database, have the operations. All of them take effect, or none if `f` throws.
    ///
    /// Runs `f` again where the server rolled the transaction back for a concurrent one (40001, 40P01), or the schema has
    /// changed under it (0A000), until the deadline. `f` holds a connection while it runs; calls in it that bypass `tx`
    /// are `UsageError`s.
    /// @throws OutcomeUnknownError  the reply to the commit was lost, and it could not be found out what became of it.
    /// @throws UsageError           `f` went on after an error that dooms the transaction. Nothing was applied.
    /// @throws TransientError, ConstraintError (of a deferred constraint), ConnectionError  nothing was applied.
    /// @note   BEGIN … COMMIT: two round trips more than what `f` does
    template <class F>
        requires(!InTransaction)
    auto transaction(const TransactionOptions& options, F&& f) {
        return body_result<Transaction>(
            f, [&](auto&& body) { this->texts().transaction(this->at("transaction"), options, body); });
    }
    template <class F>
        requires(!InTransaction)
    auto transaction(F&& f) {
        return transaction(TransactionOptions{}, std::forward<F>(f));
    }

    /// The documents that the query is about, here: `storage.query(warm).all()`.
    [[nodiscard]] auto query(const Query<M>& query) const { return bound(query.spec()); }

    template <class Q>
        requires(!std::convertible_to<const Q&, Query<M>>)
    void query(const Q&) const = delete;  // gridone::storage: a query of the model, or query().where(filter)

    /// All documents, to be narrowed: `storage.query().where(device::site == "lyon").all()`.
    [[nodiscard]] auto query() const { return bound({}); }

    static constexpr bool is_in_transaction = InTransaction;

private:
    CallLimits own_limits() const {
        if constexpr (IsView<Self>) {
            return StorageAccess::limits(this->self());
        } else {
            return {};
        }
    }

    /// The storage, or that of the view.
    const auto& whole_storage() const {
        if constexpr (IsView<Self>) {
            return StorageAccess::storage(this->self());
        } else {
            return this->self();
        }
    }

    template <bool InIt>
    auto view(CallLimits limits) const {
        using Storage = std::remove_cvref_t<decltype(whole_storage())>;
        return DocumentsView<Storage, M, Hooks, InIt>{whole_storage(), std::move(limits)};
    }

    auto bound(QuerySpec spec) const {
        using Storage = std::remove_cvref_t<decltype(whole_storage())>;
        return BoundQuery<Storage, M, Hooks>{whole_storage(), own_limits(), std::move(spec)};
    }
};

/// A storage whose calls have limits or are in a transaction. Refers to the storage.
template <class Storage, class M, class Hooks, bool InTransaction>
class DocumentsView
    : public DocumentOperations<DocumentsView<Storage, M, Hooks, InTransaction>, M, Hooks, InTransaction> {
public:
    /// For the operations; `within` and `in` are how users come to a view.
    DocumentsView(const Storage& storage, const CallLimits& limits) : storage_{&storage}, limits_{limits} {}

    [[nodiscard]] const auto& table() const noexcept { return storage_->table(); }

private:
    friend struct StorageAccess;

    const Storage& storage() const noexcept { return *storage_; }
    const CallLimits& limits() const noexcept { return limits_; }
    decltype(auto) store() const { return StorageAccess::store(*storage_); }
    decltype(auto) hooks() const { return StorageAccess::hooks(*storage_); }

    const Storage* storage_;
    CallLimits limits_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
