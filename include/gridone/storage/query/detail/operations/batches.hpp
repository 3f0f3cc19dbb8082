// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BATCHES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_BATCHES_HPP

#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/query/detail/operations/batch_input.hpp>
#include <gridone/storage/query/detail/operations/upgrading.hpp>
#include <gridone/storage/query/load_options.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The operations that write or remove several documents. Each is all or nothing, whatever its size; documents are
/// locked by id in byte order, so two of them never wait for each other, but where a load says otherwise. A braced list
/// will do as well as a map, a vector of pairs or of `Document<M>`s.
template <class Self, class M, class Hooks>
class Batches : public Upgrading<Self, M, Hooks> {
    using Pairs = std::initializer_list<std::pair<std::string_view, M>>;

public:
    /// Stores the documents, whether or not there were some with these ids; gives their versions, in their order. Of two
    /// with one id the later one is stored.
    /// @throws InvalidInputError    one of them cannot be stored; the message has its place, the error its id. Nothing
    ///                              was sent.
    /// @throws ConstraintError, WriteSuppressedError, OutcomeUnknownError  as `write`, for all of them.
    /// @throws SchemaError          the table or a trigger stores a document under another id than it was given.
    /// @note   INSERT … SELECT FROM unnest(…) ON CONFLICT (id) DO UPDATE: one statement up to 8 MiB, several in one
    ///         transaction above; repeated where a unique constraint refused it for the same documents, as `write`
    template <DocumentRange<M> Documents = Pairs>
    std::vector<Version> write_many(const Documents& documents) {
        const CallSite site = this->at_once("write_many");
        const IdBatch batch{site, ids_of(documents)};
        return in_order_asked(batch, this->texts().put_many(site, encoded_batch(site, batch, documents, last)));
    }

    /// The same of a range that is walked once and held nowhere, so that it may be of any length: a view that reads a
    /// file, a generator. Gives how many documents there were. Takes constant memory, on a server; all or nothing.
    /// Fastest where the documents are new and come in byte order of their ids.
    ///
    /// The range is walked, and its documents serialized, while a connection is held: neither may use this database's
    /// storages (`UsageError`). Nothing is run again: where the server rolls it back for a concurrent transaction, that
    /// is a `TransientError`; the body of a transaction, which is, should walk a range that can be walked again. The
    /// whole call has the deadline of one, 30 s if no other was set.
    /// @throws WriteSuppressedError  the server stored fewer than it was given; nothing was stored. It names no id.
    /// @throws TransientError  as said; also where two loads have some ids in common, new ones, of which the one brings
    ///                         the first 64 KiB in order and others not, and the server ended the deadlock.
    /// @note   BEGIN; SAVEPOINT …; COPY … FROM STDIN; RELEASE …, for every 4 MiB; COMMIT. The rest of it, from where an id
    ///         is taken, comes again or is not in order: CREATE TEMPORARY TABLE …; COPY … FROM STDIN; INSERT … SELECT …
    ///         ORDER BY id ON CONFLICT (id) DO UPDATE. So is all of it where the table has
    ///         `insert_only` fields, and to roles whom row-level security applies to.
    template <DocumentStream<M> Documents>
    std::size_t write_many(Documents&& documents, const LoadOptions& options = {}) {
        return put_streamed(documents, options);
    }
    /// The same of what can be walked again: no versions, and more quickly than with them.
    template <DocumentRange<M> Documents>
    std::size_t write_many(const Documents& documents, const LoadOptions& options) {
        return put_streamed(documents, options);
    }
    template <NoDocuments<M> Other>
    void write_many(Other&&) = delete;  // gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}

    /// Stores new documents; gives their versions, in their order. Otherwise as `write_many`.
    /// @throws AlreadyExistsError  an id is taken, or there twice in the batch; nothing was stored. `id()` tells which.
    /// @note   INSERT … SELECT FROM unnest(…) WHERE NOT EXISTS (…); a second statement where it is refused
    template <DocumentRange<M> Documents = Pairs>
    std::vector<Version> insert_many(const Documents& documents) {
        CallSite site = this->at_once("insert_many");
        const IdBatch batch{site, ids_of(documents)};
        std::vector<NewText> texts = encoded_batch(site, batch, documents, first);
        for (std::size_t at = 0; at < batch.ids().size(); ++at) {
            if (batch.places_at(at).size() > 1)
                refuse_taken(site, batch, batch.ids()[at], "the batch has this id twice");
        }
        Inserted inserted = this->texts().insert_many(site, texts);
        if (inserted.taken) refuse_taken(site, batch, *inserted.taken, "a document with this id is already there");
        return in_order_asked(batch, std::move(inserted.versions));
    }

    /// The same of a range that is walked once, as `write_many` of one: the fastest way to bring many documents in. Gives
    /// how many there were.
    /// @throws AlreadyExistsError  an id is taken, or there twice in the range; `id()` tells which.
    /// @throws WriteSuppressedError  as `write_many` of a range.
    /// @throws ConstraintError     the message begins with the document's place in the range, "document 321: …", where the
    ///                             server names the line of its COPY.
    /// @throws TransientError      another call inserts the same ids in another order, and the server ended the deadlock.
    /// @note   BEGIN; COPY … FROM STDIN; COMMIT. PostgreSQL refuses it to roles whom row-level security applies to (its
    ///         page on COPY), which is a `SchemaError`; theirs are `write_many`, and `insert_many` with versions.
    template <DocumentStream<M> Documents>
    std::size_t insert_many(Documents&& documents, const LoadOptions& options = {}) {
        return insert_streamed(documents, options);
    }
    /// The same of what can be walked again: no versions, and more quickly than with them.
    template <DocumentRange<M> Documents>
    std::size_t insert_many(const Documents& documents, const LoadOptions& options) {
        return insert_streamed(documents, options);
    }
    template <NoDocuments<M> Other>
    void insert_many(Other&&) = delete;  // gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}

    /// Stores those of the documents whose ids are free; gives the ids that it stored, in byte order. What is in the
    /// way of the others, by id or by a unique rule, stays as it is. Of two with one id the earlier one is stored.
    /// Otherwise as `write_many`; a document that has nothing in its way and is not stored is a `WriteSuppressedError`.
    /// @note   INSERT … SELECT FROM unnest(…) ON CONFLICT DO NOTHING
    template <DocumentRange<M> Documents = Pairs>
    std::vector<std::string> insert_missing(const Documents& documents) {
        const CallSite site = this->at_once("insert_missing");
        const IdBatch batch{site, ids_of(documents)};
        return this->texts().insert_missing(site, encoded_batch(site, batch, documents, first));
    }
    template <NoDocuments<M> Other>
    void insert_missing(Other&&) = delete;  // gridone::storage: a range of ids with values: {{"a", a}, {"b", b}}

    /// Removes the documents; tells how many there were.
    /// @throws ConstraintError      other documents refer to one of them; nothing was removed.
    /// @throws WriteSuppressedError  one of them is still there; nothing was removed.
    /// @throws OutcomeUnknownError  sent, but no verdict came.
    /// @note   DELETE … WHERE id IN (SELECT … ORDER BY id FOR UPDATE), once for every 8 MiB of ids
    template <IdRange Ids = std::initializer_list<std::string_view>>
    std::size_t remove_many(const Ids& ids) {
        const CallSite site = this->at_once("remove_many");
        const IdBatch batch{site, ids};
        return this->texts().remove_many(site, batch.ids());
    }
    template <class Other>
    void remove_many(const Other&) = delete;  // gridone::storage: a range of ids: remove_many({"a", "b"})

    /// Removes all documents; gives their number.
    /// @throws WriteSuppressedError  one of them is still there; nothing was removed.
    /// @note   DELETE, so that triggers and foreign keys see each row; a second statement where it removes nothing
    std::size_t clear() { return this->texts().clear(this->at_once("clear")); }

private:
    template <class Documents>
    std::size_t put_streamed(Documents& documents, const LoadOptions& options) {
        return streamed("write_many", documents, options,
                        [this](const CallSite& site, const NextText& next) { this->texts().put_stream(site, next); });
    }

    template <class Documents>
    std::size_t insert_streamed(Documents& documents, const LoadOptions& options) {
        return streamed("insert_many", documents, options, [this](CallSite site, const NextText& next) {
            const std::optional<std::string> taken = this->texts().insert_stream(site, next);
            if (!taken) return;
            site.id = *taken;
            throw AlreadyExistsError{site.because("a document with this id is already there")};
        });
    }

    /// Walks the range once. @param store  takes the site and what gives the documents one after another
    template <class Documents, class Store>
    std::size_t streamed(std::string_view operation, Documents& documents, const LoadOptions& options, Store&& store) {
        CallSite site = this->at_once(operation);
        Progress progress{options};
        auto element = std::ranges::begin(documents);
        bool is_first = true;
        std::string id;
        store(site, [&]() -> std::optional<NewText> {
            if (!std::exchange(is_first, false)) ++element;
            expect_time_left(site);
            if (element == std::ranges::end(documents)) {
                progress.finish();
                return std::nullopt;
            }
            const auto& document = *element;
            id = id_of(document);
            CallSite at = site;
            at.id = id;
            at.position = ++site.position;
            NewText text{id, this->encoded(at, value_of<M>(document))};
            progress.sent(id.size() + text.text.size());
            return text;
        });
        return progress.documents();
    }

    template <class Documents>
    static std::vector<std::string_view> ids_of(const Documents& documents) {
        std::vector<std::string_view> ids;
        for (const auto& element : documents) ids.push_back(id_of(element));
        return ids;
    }

    enum WhichOfOneId { first, last };

    /// The texts in the order of the batch's ids. All documents are checked, in the caller's order.
    template <class Documents>
    std::vector<NewText> encoded_batch(CallSite site, const IdBatch& batch, const Documents& documents,
                                       WhichOfOneId which) const {
        std::vector<std::string> texts;
        texts.reserve(batch.asked());
        for (const auto& element : documents) {
            site.id = id_of(element);
            site.position = texts.size() + 1;
            texts.push_back(this->encoded(site, value_of<M>(element)));
        }
        std::vector<NewText> sorted;
        sorted.reserve(batch.ids().size());
        for (std::size_t at = 0; at < batch.ids().size(); ++at) {
            const auto places = batch.places_at(at);
            const std::size_t place = which == first ? places.front() : places.back();
            sorted.push_back({batch.ids()[at], std::move(texts[place])});
        }
        return sorted;
    }

    static std::vector<Version> in_order_asked(const IdBatch& batch, std::vector<Version> by_id) {
        std::vector<Version> versions(batch.asked(), Version{0});
        for (std::size_t at = 0; at < by_id.size(); ++at) {
            for (const std::size_t place : batch.places_at(at)) versions[place] = by_id[at];
        }
        return versions;
    }

    /// @param id  as the store gives it, which may spell it in another way
    [[noreturn]] static void refuse_taken(CallSite site, const IdBatch& batch, std::string_view id,
                                          std::string reason) {
        site.id = id;
        const auto places = batch.places(id);
        site.position = places.empty() ? 0 : places.back() + 1;
        throw AlreadyExistsError{site.because(std::move(reason))};
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
