// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_UPGRADING_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_UPGRADING_HPP

#include <gridone/storage/core/broken_documents.hpp>
#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/query/detail/operations/changing.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>
#include <gridone/storage/query/upgrade_options.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Of models whose documents have versions.
template <class Self, class M, class Hooks>
class Upgrading : public Changing<Self, M, Hooks> {
public:
    /// Stores every document of an older version as one of the current, and tells how many they were. What somebody else
    /// writes meanwhile is left alone. Ended before its end, it goes on with the rest when it is called again.
    /// @param on_broken  is called with the `DecodeError` of what is no M, in place of the end: `skip_broken`
    /// @throws DecodeError  one is no M; those before its batch are stored.
    /// @throws ConstraintError, WriteSuppressedError, OutcomeUnknownError  as `write`; of its batch nothing is stored.
    /// @throws InvalidInputError  a batch of no documents
    /// @note   SELECT … WHERE <version> IS NULL OR <version> < $1 ORDER BY id LIMIT …; then BEGIN; UPDATE … WHERE id = $1
    ///         AND <version> = …, once for each; COMMIT
    std::size_t upgrade_all(const UpgradeOptions& options = {})
        requires(HasDocumentVersions<M> && !Self::is_in_transaction)
    {
        return upgrade_all(options, throw_broken);
    }
    template <BrokenDocumentHandler OnBroken>
    std::size_t upgrade_all(const UpgradeOptions& options, OnBroken&& on_broken)
        requires(HasDocumentVersions<M> && !Self::is_in_transaction)
    {
        const CallSite site = this->at("upgrade_all");
        if (options.batch == 0) throw InvalidInputError{site.because("a batch of no documents")};
        std::size_t stored = 0;
        for (std::optional<std::string> after;;) {
            const Filter<M> rest = after ? Filter<M>{id_field > *after} : Filter<M>{};
            const QuerySpec spec{.where = this->older_versions(rest).node(),
                                 .order = {Order<M>{id_field}.key()},
                                 .limit = options.batch};
            std::vector<StoredRow> rows = this->texts().query(site, spec);
            if (rows.empty()) return stored;
            after = rows.back().id;
            stored += upgrade(site, rows, on_broken);
            if (options.on_progress) options.on_progress(stored);
            pause_for(site, options.pause);
            expect_time_left(site);
        }
    }

private:
    /// Until the pause, the time of the call or a stop ends it.
    static void pause_for(const CallSite& site, std::chrono::milliseconds pause) {
        if (pause <= std::chrono::milliseconds{0}) return;
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock{mutex};
        stopped.wait_until(lock, site.stop == nullptr ? std::stop_token{} : *site.stop,
                           std::min(deadline_after(pause), site.deadline), [] { return false; });
    }

    template <class OnBroken>
    std::size_t upgrade(const CallSite& site, const std::vector<StoredRow>& rows, OnBroken& on_broken) {
        std::vector<std::string> texts;
        std::vector<const StoredRow*> kept;
        for (const StoredRow& row : rows) {
            CallSite at = site;
            at.id = row.id;
            try {
                if (std::optional<std::string> text = this->upgraded(at, row.text)) {
                    texts.push_back(*std::move(text));
                    kept.push_back(&row);
                }
            } catch (const DecodeError& broken) {
                std::invoke(on_broken, broken);
            }
        }
        std::size_t stored = 0;
        if (kept.empty()) return stored;
        this->texts().transaction(site, {}, [&](Transaction& tx) {
            stored = 0;  // it may run again
            CallSite at = site;
            const auto state = TransactionAccess::state(tx);
            at.transaction = state.get();
            for (std::size_t i = 0; i < kept.size(); ++i) {
                at.id = kept[i]->id;
                if (this->texts().reshape_if(at, texts[i], kept[i]->version).written_if_done()) ++stored;
            }
        });
        return stored;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
