// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_PAGES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_PAGES_HPP

#include <gridone/storage/core/broken_documents.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/query/detail/operations/query_totals.hpp>
#include <gridone/storage/query/detail/page_position.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/page.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a query gives part by part. `Self` has `spec()`.
template <class Self, class M, class Hooks>
class QueryPages : public QueryTotals<Self, M, Hooks> {
public:
    /// The first page: as many documents as `limit` says, and where the next begins. A page costs what is on it, however
    /// far it is, where an index serves filter and order. Documents that come and go between two pages do no harm: what
    /// stays, and stays in its place, is seen once.
    /// @throws UsageError         the query has no limit.
    /// @throws InvalidInputError  its limit is 0: an empty page with nothing behind it would look like the end.
    /// @note   SELECT id, data, version … WHERE … ORDER BY … LIMIT …
    [[nodiscard]] Page<M> page() const { return documents(nullptr, false); }
    [[nodiscard]] Page<M> page(WithTotal /*with_total*/) const { return documents(nullptr, true); }

    /// The page that begins behind a cursor, of the same filter and order.
    /// @throws InvalidInputError  the cursor is of another query.
    /// @throws UsageError         the query has an offset, or no limit.
    /// @note   … UNION ALL …, a branch for each field of the order
    [[nodiscard]] Page<M> page(const Cursor& from) const { return documents(&from, false); }
    [[nodiscard]] Page<M> page(const Cursor& from, WithTotal /*with_total*/) const { return documents(&from, true); }

    /// The one or the other, as a caller that may have a cursor asks.
    [[nodiscard]] Page<M> page(const std::optional<Cursor>& from) const { return from ? page(*from) : page(); }
    [[nodiscard]] Page<M> page(const std::optional<Cursor>& from, WithTotal total) const {
        return from ? page(*from, total) : page(total);
    }
    template <class... From>
    void page(const From&...) const = delete;  // gridone::storage: a Cursor: *page.next, or Cursor::from_text(text)

    /// Calls `f(const Document<M>&)` for each document, in order. Takes constant memory, and holds nothing between its
    /// chunks: `f` may use the storage, also to change it. A transaction of `Isolation::repeatable_read` goes through one
    /// moment. If `f` gives a bool, `false` ends it.
    /// @throws UsageError   the query has an offset.
    /// @throws DecodeError  one is no M; `f` has had those before it.
    /// @note   as `page`, a hundred documents at a time
    /// @param on_broken  is called with the `DecodeError` of what is no M, in place of the end: `skip_broken`
    template <std::invocable<const Document<M>&> F>
    void for_each(F&& f) const {
        for_each(f, throw_broken);
    }
    template <std::invocable<const Document<M>&> F, BrokenDocumentHandler OnBroken>
    void for_each(F&& f, OnBroken&& on_broken) const {
        if (asked().offset != 0) throw UsageError{this->at("query.for_each").because("for_each has no offset")};
        constexpr std::size_t chunk = 100;
        QuerySpec spec = asked();
        for (std::size_t left = asked().limit.value_or(std::size_t(-1)); left > 0;) {
            const CallSite site = this->at("query.for_each");
            spec.limit = std::min(chunk, left);
            std::vector<StoredRow> rows = this->texts().query(site, spec);
            left -= rows.size();
            const bool is_last = rows.size() < *spec.limit;
            if (!is_last)
                spec = from_position(spec, located(site, [&] { return position_behind(asked(), rows.back()); }));
            for (StoredRow& row : rows) {
                const auto document = this->document(site, std::move(row), on_broken);
                if (document && !this->visit(f, *document)) return;
            }
            if (is_last) return;
        }
    }
    template <class F>
    void for_each(F&&) const = delete;  // gridone::storage: a function that takes (const Document<M>&)

protected:
    /// A page of the query whose items are what `made(StoredRow)` gives.
    /// @param keys  of each document nothing else is fetched; those of the order are among them
    template <class Item, class Made>
    [[nodiscard]] Page<Item> paged(const CallSite& site, std::optional<std::vector<std::string>> keys,
                                   const Cursor* from, bool with_total, Made&& made) const {
        if (!asked().limit) throw UsageError{site.because("a page needs a limit")};
        if (*asked().limit == 0) throw InvalidInputError{site.because("a page needs a limit of at least 1")};
        if (from != nullptr && asked().offset != 0) throw UsageError{site.because("a cursor and an offset")};
        QuerySpec spec = asked();
        if (from != nullptr) spec = located(site, [&] { return from_position(spec, from->position()); });
        spec.limit = *asked().limit + (*asked().limit == std::size_t(-1) ? 0 : 1);
        spec.only_keys = std::move(keys);
        Page<Item> page;
        std::vector<StoredRow> rows;
        if (with_total) {
            CountedRows counted = this->texts().query_counted(site, spec);
            rows = std::move(counted.rows);
            page.total = counted.total;
        } else {
            rows = this->texts().query(site, spec);
        }
        if (rows.size() > *asked().limit) {
            rows.pop_back();
            page.next = located(site, [&] { return Cursor{position_behind(asked(), rows.back())}; });
        }
        for (StoredRow& row : rows) page.items.push_back(made(std::move(row)));
        return page;
    }

private:
    [[nodiscard]] const QuerySpec& asked() const noexcept { return this->self().spec(); }

    [[nodiscard]] Page<M> documents(const Cursor* from, bool with_total) const {
        const CallSite site = this->at("query.page");
        return paged<M>(site, std::nullopt, from, with_total,
                        [&](StoredRow row) { return this->document(site, std::move(row)); });
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
