// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_CHANGES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_CHANGES_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/operations/query_summaries.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/filter.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What changes the documents of a query where they are. `Self` has `spec()`.
template <class Self, class M, class Hooks>
class QueryChanges : public QuerySummaries<Self, M, Hooks> {
public:
    /// Removes the documents, and tells how many they were.
    /// @throws ConstraintError      another document refers to one of them; nothing was removed.
    /// @throws WriteSuppressedError  one of them is still there; nothing was removed.
    /// @throws OutcomeUnknownError  the reply was lost.
    /// @note   DELETE … WHERE id IN (SELECT … FOR UPDATE)
    std::size_t remove() const {
        return this->texts().query_remove(this->at_once("query.remove"), this->self().spec());
    }

    /// Patches each of the documents, all or none, and tells how many they were. Otherwise as `patch` of the storage; a
    /// change that does not fit one document refuses them all, with the document's id.
    /// @note   UPDATE … WHERE id IN (SELECT … FOR UPDATE)
    template <std::convertible_to<Change<M>>... Changes>
        requires(sizeof...(Changes) > 0)
    std::size_t patch(const Changes&... changes) const {
        return patched(this->at_once("query.patch"), {Change<M>{changes}...}).size();
    }
    template <class... Other>
    void patch(const Other&...) const = delete;  // gridone::storage: changes of the model: field.set(value)

    /// The same, and gives the documents as they are then, by id.
    /// @throws DecodeError  one of them is no M; `outcome()` tells that they are patched for all that.
    template <std::convertible_to<Change<M>>... Changes>
        requires(sizeof...(Changes) > 0)
    std::vector<Document<M>> patch_documents(const Changes&... changes) const {
        const CallSite site = this->at_once("query.patch_documents");
        std::vector<Document<M>> documents;
        std::vector<StoredRow> rows = patched(site, {Change<M>{changes}...});
        try {
            for (StoredRow& row : rows) documents.push_back(this->document(site, std::move(row)));
        } catch (DecodeError& error) {
            if (site.transaction == nullptr) ErrorAccess::set_outcome(error, Outcome::applied);
            throw;
        }
        return documents;
    }
    template <class... Other>
    void patch_documents(const Other&...) const = delete;  // gridone::storage: changes of the model: field.set(value)

private:
    std::vector<StoredRow> patched(const CallSite& site, const std::vector<Change<M>>& changes) const {
        std::vector<FieldChange> specs;
        for (const Change<M>& change : changes) specs.push_back(change.spec());
        located(site, [&] {
            check_changes(specs, this->self().table().limits());
            this->self().table().check_patch(specs);
        });
        if constexpr (HasDocumentVersions<M>) {
            return patched_as_current(site, specs);
        } else {
            return this->texts().query_patch(site, this->self().spec(), specs);
        }
    }

    /// What is of an older version has other fields: it is made current first. What is of none that M has is refused.
    std::vector<StoredRow> patched_as_current(const CallSite& site, const std::vector<FieldChange>& changes) const {
        const QuerySpec& asked = this->self().spec();
        std::vector<StoredRow> patched;
        const auto patch = [&](CallSite at) {
            QuerySpec others = asked;
            // Under a limit it is to be seen which they are.
            if (!asked.limit && asked.offset == 0) others.where = this->other_versions(Filter<M>{asked.where}).node();
            // What somebody else changed meanwhile is looked at again.
            bool was_older = true;
            for (int attempt = 0; was_older; ++attempt) {
                was_older = false;
                for (const StoredRow& row : this->texts().query(at, others)) {
                    at.id = row.id;
                    if (auto text = this->upgraded(at, row.text)) {
                        if (attempt == this->most_upgrades) this->refuse_old(at);
                        was_older = true;
                        (void)this->texts().reshape_if(at, *std::move(text), row.version);
                    }
                }
                at.id = {};
            }
            patched = this->texts().query_patch(at, asked, changes);
        };
        if (site.transaction != nullptr) {
            patch(site);
        } else {
            this->texts().transaction(site, {.isolation = Isolation::repeatable_read}, [&](Transaction& tx) {
                const auto state = TransactionAccess::state(tx);
                CallSite at = site;
                at.transaction = state.get();
                patch(at);
            });
        }
        return patched;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
