// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_TEXT_STORE_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_TEXT_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

template <class S>
concept LooksUpTexts = requires(const S& store, const CallSite& site, std::span<const std::string_view> ids,
                                std::optional<std::string> after, std::size_t max_rows) {
    store.find(site);  // nothing, or what converts to a string_view
    { store.find_document(site) } -> std::same_as<std::optional<StoredText>>;
    { store.lock(site) } -> std::same_as<std::optional<StoredText>>;  // in a transaction, and until its end
    { store.contains(site) } -> std::same_as<bool>;
    store.find_many(site, ids);  // a range of (id, text), of the ids that are there, in any order
    store.rows(site, max_rows);  // a range of (id, text) by id; of more than max_rows, max_rows + 1
    { store.rows_after(site, after) } -> std::same_as<std::vector<StoredRow>>;  // a chunk; empty at the end
    { store.ids(site) } -> std::same_as<std::vector<std::string>>;
    { store.count(site) } -> std::same_as<std::size_t>;
};

template <class S>
concept WritesTexts = requires(const S& store, const CallSite& site, const std::string& text, Version seen,
                               std::span<const FieldChange> changes, const UniqueRule& rule) {
    { store.put(site, text) } -> std::same_as<Version>;
    { store.insert(site, text) } -> std::same_as<std::optional<Version>>;   // nothing: the id is taken
    { store.replace(site, text) } -> std::same_as<std::optional<Version>>;  // nothing: there is none
    { store.replace_if(site, text, seen) } -> std::same_as<Guarded>;
    // The same of a text that has already kept what only an insert sets, whose keys another version may have renamed.
    { store.reshape_if(site, text, seen) } -> std::same_as<Guarded>;
    { store.remove(site) } -> std::same_as<bool>;
    { store.remove_if(site, seen) } -> std::same_as<Guarded>;
    { store.insert_or_find(site, text) } -> std::same_as<Settled>;
    // By a unique rule of one field; nothing: another document has the id.
    { store.upsert_by(site, rule, text) } -> std::same_as<std::optional<Settled>>;
    { store.patch(site, changes) } -> std::same_as<std::optional<Version>>;  // nothing: there is none
    // Changes of what is stored in this version. @throws InvalidInputError  they do not fit
    { store.change_if(site, changes, seen) } -> std::same_as<Guarded>;
};

/// What queries ask. `query` gives them in the spec's order; `query_patch` the changed documents by id, all or none.
template <class S>
concept QueriesTexts = requires(const S& store, const CallSite& site, const QuerySpec& spec, const FilterNode& filter,
                                std::span<const FieldChange> changes, const FieldPlace& field) {
    { store.query(site, spec) } -> std::same_as<std::vector<StoredRow>>;
    { store.query_counted(site, spec) } -> std::same_as<CountedRows>;
    { store.query_ids(site, spec) } -> std::same_as<std::vector<std::string>>;
    { store.query_count(site, filter) } -> std::same_as<std::size_t>;
    { store.query_exists(site, filter) } -> std::same_as<bool>;
    // The JSON of the values of a field, each once and in order, null last, and how often it is there.
    { store.query_groups(site, filter, field) } -> std::same_as<std::vector<ValueCount>>;
    { store.query_sum(site, filter, field) } -> std::same_as<SumOfValues>;
    { store.query_plan(site, spec, bool{}) } -> std::same_as<std::string>;  // how it is run; true: and run it
    { store.query_remove(site, spec) } -> std::same_as<std::size_t>;
    { store.query_patch(site, spec, changes) } -> std::same_as<std::vector<StoredRow>>;
};

/// Batches are sorted by id, each id once, and all or nothing.
template <class S>
concept WritesBatches = requires(const S& store, const CallSite& site, const std::vector<NewText>& batch,
                                 std::span<const std::string_view> ids, const NextText& next) {
    { store.put_many(site, batch) } -> std::same_as<std::vector<Version>>;
    // In any order, the last of each id; each is valid until the next is asked for, and nothing comes after the last.
    store.put_stream(site, next);
    // New ones in any order; gives the first id that was taken, whereupon nothing is stored.
    { store.insert_stream(site, next) } -> std::same_as<std::optional<std::string>>;
    { store.insert_many(site, batch) } -> std::same_as<Inserted>;
    { store.insert_missing(site, batch) } -> std::same_as<std::vector<std::string>>;
    { store.remove_many(site, ids) } -> std::same_as<std::size_t>;
    { store.clear(site) } -> std::same_as<std::size_t>;
};

/// What a backend provides for the operations: JSON texts by id in one table, canonical where it wrote them. The id is
/// `site.id`; a call is in the transaction `site.transaction`, or on its own.
template <class S>
concept TextStore = LooksUpTexts<S> && QueriesTexts<S> && WritesTexts<S> && WritesBatches<S> &&
                    requires(const S& store, const CallSite& site, const TransactionOptions& options,
                             const std::function<void(Transaction&)>& body) {
                        { store.deadline() } -> std::same_as<Deadline>;  // of a call that begins now
                        store.transaction(site, options, body);
                    };

}  // namespace gridone::storage::inline v0::detail

#endif
