// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BOUND_QUERY_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BOUND_QUERY_HPP

#include <gridone/storage/core/broken_documents.hpp>
#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/operations/query_changes.hpp>
#include <gridone/storage/query/detail/page_position.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/query_steps.hpp>
#include <gridone/storage/query/explain_options.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A query of a storage, under the limits and in the transaction of what it was made from. Refers to the storage, which
/// must outlive it. Its steps give another; its other operations ask, each with one statement unless they say otherwise.
template <class Storage, class M, class Hooks>
class BoundQuery : public QueryChanges<BoundQuery<Storage, M, Hooks>, M, Hooks>,
                   public QuerySteps<BoundQuery<Storage, M, Hooks>, M> {
public:
    /// For `query`, which is how users come to one.
    BoundQuery(const Storage& storage, const CallLimits& limits, QuerySpec spec)
        : storage_{&storage}, limits_{limits}, spec_{std::move(spec)} {
        if (asks_for_timestamps(*spec_.where) || asks_for_timestamps(spec_.order))
            this->expect_times(this->at("query"));
    }

    // A move copies: what was moved from stays usable.
    BoundQuery(const BoundQuery&) = default;
    BoundQuery& operator=(const BoundQuery&) = default;
    ~BoundQuery() = default;

    [[nodiscard]] const QuerySpec& spec() const noexcept { return spec_; }
    [[nodiscard]] BoundQuery with(QuerySpec spec) const { return {*storage_, limits_, std::move(spec)}; }
    [[nodiscard]] const auto& table() const noexcept { return storage_->table(); }

    /// The documents.
    /// @throws DecodeError  one of them is no M: its id and place; no document is returned.
    /// @throws UsageError   without a limit, and there are more than the table's `max_rows`.
    /// @note   SELECT id, data, version … WHERE … ORDER BY … LIMIT … OFFSET …
    [[nodiscard]] std::vector<Document<M>> all() const { return all(throw_broken); }

    /// The same, of what is an M: `all(skip_broken)`, `all(collect_broken(errors))`.
    template <BrokenDocumentHandler OnBroken>
    [[nodiscard]] std::vector<Document<M>> all(OnBroken&& on_broken) const {
        const CallSite site = this->at("query.all");
        std::vector<Document<M>> documents;
        for (StoredRow& row : rows(site)) {
            auto document = this->document(site, std::move(row), on_broken);
            if (document) documents.push_back(*std::move(document));
        }
        return documents;
    }

    /// The values of `all`.
    [[nodiscard]] std::vector<M> read_all() const { return read_all(throw_broken); }
    template <BrokenDocumentHandler OnBroken>
    [[nodiscard]] std::vector<M> read_all(OnBroken&& on_broken) const {
        CallSite site = this->at("query.read_all");
        std::vector<M> values;
        for (const StoredRow& row : rows(site)) {
            site.id = row.id;
            std::optional<M> value = this->decoded(site, row.text, on_broken, row.parsed.get());
            if (value) values.push_back(*std::move(value));
        }
        return values;
    }

    /// The first document, if there is one. Otherwise as `all`.
    [[nodiscard]] std::optional<Document<M>> first() const {
        const CallSite site = this->at("query.first");
        std::vector<StoredRow> found = at_most(site, 1);
        if (found.empty()) return std::nullopt;
        return this->document(site, std::move(found.front()));
    }

    /// The value of `first`.
    [[nodiscard]] std::optional<M> find() const {
        CallSite site = this->at("query.find");
        const std::vector<StoredRow> found = at_most(site, 1);
        if (found.empty()) return std::nullopt;
        site.id = found.front().id;
        return std::optional<M>{std::in_place, this->decoded(site, found.front().text)};
    }

    /// The one document. Otherwise as `all`.
    /// @throws NotFoundError  there is none.
    /// @throws ConflictError  there are several: how many. Asked with a second statement.
    [[nodiscard]] Document<M> one() const {
        const CallSite site = this->at("query.one");
        return this->document(site, only(site));
    }

    /// The value of `one`.
    [[nodiscard]] M read() const {
        CallSite site = this->at("query.read");
        const StoredRow row = only(site);
        site.id = row.id;
        return this->decoded(site, row.text);
    }

    /// The ids of `all`, any number.
    /// @note   SELECT id … WHERE … ORDER BY … LIMIT … OFFSET …
    [[nodiscard]] std::vector<std::string> ids() const { return this->texts().query_ids(this->at("query.ids"), spec_); }

    /// How the server goes about `all`, in its own words (EXPLAIN): whether an index serves the query, and at what cost.
    /// For people to read; the text changes with the server's version. `index_for` tells which index would serve it.
    /// @throws InvalidInputError  the cursor is of another query.
    /// @note   EXPLAIN SELECT …; where it runs, EXPLAIN (ANALYZE, BUFFERS) SELECT …
    [[nodiscard]] std::string explain(const ExplainOptions& options = {}) const {
        const CallSite site = this->at("query.explain");
        QuerySpec spec = spec_;
        if (options.from) spec = located(site, [&] { return from_position(spec, options.from->position()); });
        return this->texts().query_plan(site, spec, options.run);
    }

private:
    friend struct StorageAccess;

    decltype(auto) store() const { return StorageAccess::store(*storage_); }
    decltype(auto) hooks() const { return StorageAccess::hooks(*storage_); }
    const CallLimits& limits() const noexcept { return limits_; }

    [[nodiscard]] std::vector<StoredRow> rows(const CallSite& site) const { return this->guarded(site, spec_); }

    [[nodiscard]] std::vector<StoredRow> at_most(const CallSite& site, std::size_t documents) const {
        QuerySpec spec = spec_;
        spec.limit = std::min(spec.limit.value_or(documents), documents);
        return this->texts().query(site, spec);
    }

    [[nodiscard]] StoredRow only(const CallSite& site) const {
        std::vector<StoredRow> found = at_most(site, 2);
        if (found.empty()) throw NotFoundError{site.because("no document meets the query")};
        if (found.size() > 1) {
            const std::size_t all = spec_.given_of(this->texts().query_count(site, *spec_.where));
            throw ConflictError{site.because(std::to_string(all) + " documents meet the query, of which one may")};
        }
        return std::move(found.front());
    }

    const Storage* storage_;
    CallLimits limits_;
    QuerySpec spec_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
