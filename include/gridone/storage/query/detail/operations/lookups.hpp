// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_LOOKUPS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_LOOKUPS_HPP

#include <gridone/storage/core/broken_documents.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/query/detail/operations/batch_input.hpp>
#include <gridone/storage/query/detail/operations/storage_parts.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The operations that change nothing.
template <class Self, class M, class Hooks>
class Lookups : public StorageParts<Self, M, Hooks> {
public:
    using model_type = M;

    /// The document.
    /// @throws NotFoundError  there is none with this id.
    /// @throws DecodeError    what is stored is no M; id and, where known, pointer tell the place. It stays as it is.
    /// @note   SELECT data … WHERE id = $1
    [[nodiscard]] M read(std::string_view id) const {
        const CallSite site = this->at_stored("read", id);
        std::optional<M> found = look_up(site);
        if (!found) throw NotFoundError{site.because({})};
        return *std::move(found);
    }
    template <class Other>
        requires(!std::convertible_to<Other, std::string_view>)
    void read(Other&&) const = delete;  // gridone::storage: an id; for a filter: query().where(filter)

    /// The document, or nothing if there is none with this id. Otherwise as `read`.
    [[nodiscard]] std::optional<M> find(std::string_view id) const { return look_up(this->at_stored("find", id)); }
    template <class Other>
        requires(!std::convertible_to<Other, std::string_view>)
    void find(Other&&) const = delete;  // gridone::storage: an id; for a filter: query().where(filter)

    /// The document with its version and, where the table keeps them, its times. Otherwise as `read`.
    [[nodiscard]] Document<M> read_document(std::string_view id) const {
        const CallSite site = this->at_stored("read_document", id);
        std::optional<StoredText> found = this->texts().find_document(site);
        if (!found) throw NotFoundError{site.because({})};
        return this->document(site, {std::string{id}, std::move(found->text), found->version, found->timestamps});
    }
    template <class Other>
        requires(!std::convertible_to<Other, std::string_view>)
    void read_document(Other&&) const = delete;  // gridone::storage: an id

    /// The document, locked until the transaction ends: nobody else changes or removes it. Otherwise as `read`.
    /// Only of `storage.in(tx)`; a transaction that only reads cannot lock (`UsageError`).
    /// @throws WriteSuppressedError  a row-level security policy shows the document and does not let the role lock it.
    /// @note   SELECT … WHERE id = $1 FOR UPDATE
    [[nodiscard]] M read_for_update(std::string_view id) const
        requires(Self::is_in_transaction)
    {
        const CallSite site = this->at_stored("read_for_update", id);
        const std::optional<StoredText> found = locked(site);
        if (!found) throw NotFoundError{site.because({})};
        return this->decoded(site, found->text);
    }

    /// Whether there is a document with this id; it is not read.
    [[nodiscard]] bool contains(std::string_view id) const {
        return this->texts().contains(this->at_stored("contains", id));
    }
    template <class Other>
        requires(!std::convertible_to<Other, std::string_view>)
    void contains(Other&&) const = delete;  // gridone::storage: an id; for a filter: query().where(filter).exists()

    /// The documents with these ids, in the order of the ids: nothing where there is none. Any number of ids, each as
    /// often as you like; also `read_many({"a", "b"})`.
    /// @throws DecodeError  one of them is no M: its id; no document is returned.
    /// @note   SELECT … WHERE id = ANY ($1), once for every 8 MiB of ids
    template <IdRange Ids = std::initializer_list<std::string_view>>
    [[nodiscard]] std::vector<std::optional<M>> read_many(const Ids& ids) const {
        CallSite site = this->at("read_many");
        const IdBatch batch{site, ids};
        std::vector<std::optional<M>> found(batch.asked());
        for (const auto& [id, text] : this->texts().find_many(site, batch.ids())) {
            site.id = id;
            for (const std::size_t place : batch.places(id)) found[place].emplace(this->decoded(site, text));
        }
        return found;
    }
    template <class Ids>
    void read_many(const Ids&) const = delete;  // gridone::storage: a range of ids: read_many({"a", "b"})

    /// All documents, by id in byte order. Holds the whole table in memory.
    /// @throws DecodeError  one of them is no M: its id and place; no document is returned.
    /// @throws UsageError   there are more than the table's `max_rows`; `for_each` has no limit.
    /// @note   SELECT id, data … ORDER BY id COLLATE "C" LIMIT …
    [[nodiscard]] std::vector<M> read_all() const { return read_all(throw_broken); }

    /// The same, of what is an M: `read_all(skip_broken)`, `read_all(collect_broken(errors))`.
    template <BrokenDocumentHandler OnBroken>
    [[nodiscard]] std::vector<M> read_all(OnBroken&& on_broken) const {
        CallSite site = this->at("read_all");
        const std::size_t max_rows = self().table().max_rows();
        const auto rows = this->texts().rows(site, max_rows);
        if (rows.size() > max_rows) {
            throw UsageError{site.because("there are more documents than max_rows = " + std::to_string(max_rows) +
                                          " of the table's description; for_each goes through any number")};
        }
        std::vector<M> values;
        values.reserve(rows.size());
        for (const auto& [id, text] : rows) {
            site.id = id;
            if (std::optional<M> value = this->decoded(site, text, on_broken)) values.push_back(*std::move(value));
        }
        return values;
    }

    /// Calls `f(const Document<M>&)` for every document, in no promised order. Takes constant memory, and holds nothing
    /// between its chunks: `f` may use the storage, also to change it. What is written or removed meanwhile is seen or
    /// not; what stays is seen once. A transaction of `Isolation::repeatable_read` goes through one moment. If `f` gives a
    /// bool, `false` ends it.
    /// @throws DecodeError  one is no M; `f` has had those before it.
    /// @note   SELECT … WHERE id > $1 ORDER BY id LIMIT …: a thousand documents or a mebibyte at a time
    /// @param on_broken  is called with the `DecodeError` of what is no M, in place of the end: `skip_broken`
    template <std::invocable<const Document<M>&> F>
    void for_each(F&& f) const {
        for_each(f, throw_broken);
    }
    template <std::invocable<const Document<M>&> F, BrokenDocumentHandler OnBroken>
    void for_each(F&& f, OnBroken&& on_broken) const {
        for (std::optional<std::string> after;;) {
            const CallSite site = this->at("for_each");
            std::vector<StoredRow> rows = this->texts().rows_after(site, after);
            if (rows.empty()) return;
            after = rows.back().id;
            for (StoredRow& row : rows) {
                const auto document = this->document(site, std::move(row), on_broken);
                if (document && !this->visit(f, *document)) return;
            }
        }
    }
    template <class F>
    void for_each(F&&) const = delete;  // gridone::storage: a function that takes (const Document<M>&)

    /// All ids, in byte order.
    /// @note   SELECT id … ORDER BY id COLLATE "C"
    [[nodiscard]] std::vector<std::string> list_all() const { return this->texts().ids(this->at("list_all")); }

    /// How many documents there are. Costs a scan of the table.
    [[nodiscard]] std::size_t count() const { return this->texts().count(this->at("count")); }

protected:
    using StorageParts<Self, M, Hooks>::self;

    /// @throws UsageError  the transaction only reads.
    std::optional<StoredText> locked(const CallSite& site) const {
        site.transaction->check_writable(site);
        return this->texts().lock(site);
    }

    std::optional<M> look_up(const CallSite& site) const {
        const auto text = this->texts().find(site);
        if (!text) return std::nullopt;
        // In place, for a model may be nlohmann::json itself, which converts to an optional of itself as well.
        return std::optional<M>{std::in_place, this->decoded(site, *text)};
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
